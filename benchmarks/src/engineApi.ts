/**
 * The Engine API by hand, over node:http and the local socket: the yardstick for what the engine allows, and the broom between
 * rounds. On purpose without any of WindFlow's code.
 */
import { Agent, request } from "node:http"

export interface EngineApi {
  readonly call: (method: string, path: string, body?: unknown) => Promise<unknown>
  /** Builds an image from a Dockerfile without a context. */
  readonly build: (tag: string, dockerfile: string) => Promise<void>
  readonly close: () => void
}

/** The path of a local engine's socket. */
export const socketOf = (host: string): string => {
  if (!host.startsWith("unix://")) throw new Error(`the benchmarks need a local engine (unix://…), not ${host}`)
  return host.slice("unix://".length)
}

/** A tar archive that holds one small text file. */
const tarOf = (name: string, text: string): Buffer => {
  const header = Buffer.alloc(512)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`
  header.write(name, 0)
  header.write(octal(0o644, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(Buffer.byteLength(text), 12), 124)
  header.write(octal(0, 12), 136)
  header.write("        0", 148)
  header.write("ustar\x0000", 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  const content = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512)
  content.write(text)
  return Buffer.concat([header, content, Buffer.alloc(1024)])
}

export const openEngine = (host: string): EngineApi => {
  const socketPath = socketOf(host)
  const agent = new Agent({ keepAlive: true })
  const send = (method: string, path: string, type: string, body: Buffer | undefined): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "Content-Type": type, "Content-Length": body.length }
      const sent = request({ socketPath, agent, method, path: `/v1.44${path}`, headers }, (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", reject)
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString()
          if ((response.statusCode ?? 500) < 400) resolve(text)
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`))
        })
      })
      sent.on("error", reject)
      sent.end(body)
    })
  return {
    call: async (method, path, body) => {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      const text = await send(method, path, "application/json", payload)
      return text === "" ? undefined : JSON.parse(text)
    },
    build: async (tag, dockerfile) => {
      const text = await send(
        "POST",
        `/build?t=${encodeURIComponent(tag)}&q=1`,
        "application/x-tar",
        tarOf("Dockerfile", dockerfile),
      )
      if (text.includes('"error"')) throw new Error(text)
    },
    close: () => agent.destroy(),
  }
}

/** Runs `work` for all items, `width` at a time. */
export const inParallel = async <A>(
  items: ReadonlyArray<A>,
  width: number,
  work: (item: A) => Promise<unknown>,
): Promise<void> => {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

const filterOf = (project: string): string =>
  encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }))

interface Listed {
  readonly Id?: string
  readonly Name?: string
  readonly RepoTags?: ReadonlyArray<string> | null
}

/** Objects of an engine's list, as far as we read them. */
const listOf = (value: unknown): ReadonlyArray<Listed> => (Array.isArray(value) ? value : [])

/** Removes everything of a project: containers, networks, and WindFlow's history of it with the images it keeps. */
export const sweep = async (engine: EngineApi, project: string): Promise<void> => {
  const filters = filterOf(project)
  const containers = listOf(await engine.call("GET", `/containers/json?all=1&filters=${filters}`))
  await inParallel(containers, 8, ({ Id }) => engine.call("DELETE", `/containers/${Id}?force=1&v=1`))
  for (const { Id } of listOf(await engine.call("GET", `/networks?filters=${filters}`)))
    await engine.call("DELETE", `/networks/${Id}`)
  const volumes = await engine.call("GET", "/volumes")
  const names = typeof volumes === "object" && volumes !== null && "Volumes" in volumes ? listOf(volumes.Volumes) : []
  for (const { Name = "" } of names)
    if (/^windflow\.(revision|lock)\./.test(Name) && Name.split(".")[2] === project)
      await engine.call("DELETE", `/volumes/${Name}?force=1`)
  const tags = listOf(await engine.call("GET", "/images/json")).flatMap(({ RepoTags }) => RepoTags ?? [])
  await inParallel(
    tags.filter((tag) => tag.startsWith(`windflow/${project}/`)),
    8,
    (tag) => engine.call("DELETE", `/images/${tag}`),
  )
}

/** How many containers of a project run. */
export const running = async (engine: EngineApi, project: string): Promise<number> =>
  listOf(await engine.call("GET", `/containers/json?filters=${filterOf(project)}`)).length
