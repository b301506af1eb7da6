// Finds the Docker engine that tests and the demo use, or starts (on Debian and Ubuntu as root: installs) one.
// Boundary: Node's own modules only, because it runs before anything is installed.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { request as httpRequest, type RequestOptions } from "node:http"
import { request as httpsRequest } from "node:https"
import { homedir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

/** An engine that answered. */
export interface Engine {
  /** As in `DOCKER_HOST`. */
  readonly host: string
  readonly version: string
  /** Where it was named: the environment, a Docker context, or a well-known socket. */
  readonly foundBy: string
  readonly started: boolean
}

/** A place where an engine may be, and who said so. */
export interface Candidate {
  readonly host: string
  readonly foundBy: string
}

const defaultSocket = "unix:///var/run/docker.sock"

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not an engine's answer, not a Docker client's file
  }
}

const readJson = (file: string): unknown => (existsSync(file) ? parsed(readFileSync(file, "utf8")) : undefined)

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((v, key) => (typeof v === "object" && v !== null ? Reflect.get(v, key) : undefined), value)

const contextHost = (name: string, config: string): string | undefined => {
  const id = createHash("sha256").update(name).digest("hex")
  const host = at(readJson(join(config, "contexts", "meta", id, "meta.json")), "Endpoints", "docker", "Host")
  return typeof host === "string" ? host : undefined
}

/** Where to look, in the Docker client's own order. An explicit choice is the only candidate. */
export const candidates = (env: NodeJS.ProcessEnv, home: string): ReadonlyArray<Candidate> => {
  if (env["DOCKER_HOST"]) return [{ host: env["DOCKER_HOST"], foundBy: "DOCKER_HOST" }]
  const config = env["DOCKER_CONFIG"] ?? join(home, ".docker")
  const current = env["DOCKER_CONTEXT"] ?? at(readJson(join(config, "config.json")), "currentContext")
  if (typeof current === "string" && current !== "" && current !== "default") {
    const host = contextHost(current, config)
    if (host !== undefined) return [{ host, foundBy: `context ${current}` }]
  }
  const rootless = env["XDG_RUNTIME_DIR"] ? [`unix://${env["XDG_RUNTIME_DIR"]}/docker.sock`] : []
  return [defaultSocket, ...rootless, `unix://${home}/.docker/run/docker.sock`].map((host) => ({
    host,
    foundBy: "socket",
  }))
}

const address = (host: string, env: NodeJS.ProcessEnv): (RequestOptions & { readonly tls: boolean }) | undefined => {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length), tls: false }
  if (!host.startsWith("tcp://") && !host.startsWith("http://") && !host.startsWith("https://")) return undefined
  const url = new URL(host.replace(/^tcp:/, "http:"))
  const tls = env["DOCKER_TLS_VERIFY"] !== undefined && env["DOCKER_TLS_VERIFY"] !== ""
  const certs = env["DOCKER_CERT_PATH"] ?? join(homedir(), ".docker")
  const read = (name: string) => readFileSync(join(certs, name))
  return {
    host: url.hostname,
    port: url.port || (tls ? 2376 : 2375),
    tls,
    ...(tls ? { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") } : {}),
  }
}

/** Asks the engine at `host` for its version; undefined when nothing answers. */
const versionOf = (host: string, env: NodeJS.ProcessEnv): Promise<string | undefined> => {
  if (host.startsWith("ssh://")) {
    const asked = spawnSync("docker", ["version", "--format", "{{.Server.Version}}"], {
      encoding: "utf8",
      timeout: 15_000,
    })
    return Promise.resolve(asked.status === 0 ? asked.stdout.trim() : undefined)
  }
  const to = address(host, env)
  if (to === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const { tls, ...options } = to
    const request = (tls ? httpsRequest : httpRequest)({ ...options, path: "/version", timeout: 5000 }, (response) => {
      let body = ""
      response.setEncoding("utf8").on("data", (text: string) => (body += text))
      response.on("end", () => {
        const version = at(parsed(body), "Version")
        resolve(typeof version === "string" ? version : undefined)
      })
    })
    request.on("timeout", () => request.destroy())
    request.on("error", () => resolve(undefined))
    request.end()
  })
}

/** The engine that answers at one of the candidates, or undefined. */
export const findEngine = async (env: NodeJS.ProcessEnv = process.env): Promise<Engine | undefined> => {
  for (const { host, foundBy } of candidates(env, homedir())) {
    const version = await versionOf(host, env)
    if (version !== undefined) return { host, version, foundBy, started: false }
  }
  return undefined
}

/** No engine, and none could be started; the message says what to do. */
export class NoEngine extends Error {
  override readonly name = "NoEngine"
}

const installHint =
  "Install Docker Engine or Docker Desktop (https://docs.docker.com/engine/install/), start it, and run this again."

const whyNotStarted = (env: NodeJS.ProcessEnv): string | undefined => {
  const [first] = candidates(env, homedir())
  if (first !== undefined && first.foundBy !== "socket")
    return `no Docker engine answers at ${first.host} (from ${first.foundBy}). Start it, or change that setting.`
  if (process.platform !== "linux") return `no Docker engine runs here. ${installHint}`
  if (process.getuid?.() !== 0)
    return existsSync("/var/run/docker.sock")
      ? "the Docker socket /var/run/docker.sock does not answer this user. Start the engine, or add the user to the group docker."
      : `no Docker engine runs here, and only root may install one. ${installHint}`
  return undefined
}

/** Finds an engine or starts one; `say` hears what takes time. Rejects with {@link NoEngine}. */
export const ensureEngine = async (say: (line: string) => void): Promise<Engine> => {
  const found = await findEngine()
  if (found !== undefined) return found
  const refusal = whyNotStarted(process.env)
  if (refusal !== undefined) throw new NoEngine(refusal)

  say("no Docker engine runs here: installing what is missing and starting it")
  const script = join(import.meta.dirname, "..", "engine", "start.sh")
  const ran = spawnSync("sh", [script], { stdio: ["ignore", 2, 2] })
  if (ran.status !== 0)
    throw new NoEngine(`the Docker engine could not be installed or started (see above). ${installHint}`)
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const engine = await findEngine()
    if (engine !== undefined) return { ...engine, started: true }
    await pause(200)
  }
  throw new NoEngine("the Docker engine was started and did not answer within 60 s: its log is /var/log/dockerd.log")
}
