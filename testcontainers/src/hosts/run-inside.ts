// A command inside a container that runs, to its end.
import { PassThrough } from "node:stream"
import type { Docker } from "../docker.ts"

export interface Ran {
  readonly exitCode: number
  /** Of both streams, as they came. */
  readonly output: string
}

export const runInside = async (
  engine: Docker,
  container: ReturnType<Docker["getContainer"]>,
  argv: ReadonlyArray<string>,
): Promise<Ran> => {
  const exec = await container.exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true })
  const stream = await exec.start({})
  const chunks: Array<Buffer> = []
  const output = new PassThrough().on("data", (chunk: Buffer) => chunks.push(chunk))
  engine.modem.demuxStream(stream, output, output)
  await new Promise((resolve, reject) => stream.once("end", resolve).once("error", reject))
  const { ExitCode } = await exec.inspect()
  return { exitCode: ExitCode ?? -1, output: Buffer.concat(chunks).toString("utf8") }
}
