// A throw-away image on the found engine, from a few files: what a test needs beside the base images.
import { text } from "node:stream/consumers"
import { pack } from "tar-stream"
import { docker } from "./docker.ts"

/** Builds `reference` from files by name, `Dockerfile` among them; rejects with the engine's words when it fails. */
export const buildImage = async (
  reference: string,
  files: Readonly<Record<string, string | Buffer>>,
  options: { readonly platform?: string } = {},
): Promise<void> => {
  const context = pack()
  for (const [name, content] of Object.entries(files)) context.entry({ name }, content)
  context.finalize()
  const answer = await text(await (await docker()).buildImage(context, { t: reference, version: "2", ...options }))
  const failed = answer.split("\n").find((line) => line.includes('"error"'))
  if (failed !== undefined) throw new Error(`${reference}: ${failed}`)
}
