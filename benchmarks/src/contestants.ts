/** Who is measured: Docker Compose, WindFlow's command, and a bare loop over the Engine API. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { composeReference } from "@windflow/testcontainers"
import { type EngineApi, inParallel } from "./engineApi.ts"

/** A command that deploys Compose files. */
export interface Command {
  readonly name: "compose" | "windflow"
  readonly program: readonly [string, ...string[]]
  /** Beside this process's own. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Arguments that bring a file's stack up and do not wait for health. */
  readonly up: (file: string) => ReadonlyArray<string>
  readonly config: (file: string) => ReadonlyArray<string>
  readonly version: ReadonlyArray<string>
}

/** Compose 5.5.0: WINDFLOW_COMPOSE_REFERENCE, else built by the fixtures. */
export const composeCommand = async (): Promise<Command> => {
  const given = process.env["WINDFLOW_COMPOSE_REFERENCE"]
  const built = given === undefined || given === "" ? await composeReference() : { binary: given }
  if (!("binary" in built)) throw new Error(`there is no Docker Compose to compare with: ${built.unavailable}`)
  return {
    name: "compose",
    program: [built.binary],
    environment: {},
    up: (file) => ["-f", file, "up", "-d"],
    config: (file) => ["-f", file, "config", "-q"],
    version: ["version"],
  }
}

const windflowPackage = join(import.meta.dirname, "..", "..", "packages", "cli")

/**
 * The built command as it is installed, undefined before `npm run build`. Its first start would have the snapshot made beside what
 * is measured; it is made here, for a cache of the benchmarks' own.
 */
export const windflowCommand = (cache: string): Command | undefined => {
  const launcher = join(windflowPackage, "bin", "windflow")
  const prepare = join(windflowPackage, "dist", "bundle", "prepare.js")
  if (!existsSync(prepare)) return undefined
  const start = join(cache, "windflow", "start", launcher.replaceAll("/", "%"))
  // The `node` of the path must be this one; and a runner of CI would get no snapshot.
  const PATH = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`
  const environment = { XDG_CACHE_HOME: cache, PATH, CI: undefined, NODE_OPTIONS: undefined }
  spawnSync(process.execPath, [prepare, start, launcher], { stdio: "inherit", env: { ...process.env, ...environment } })
  if (!existsSync(`${start}.blob`)) console.error("windflow: no snapshot could be made, it starts plain")
  return {
    name: "windflow",
    program: [launcher],
    environment,
    up: (file) => ["-f", file, "up", "-d"],
    config: (file) => ["-f", file, "config", "-q"],
    version: ["--version"],
  }
}

/** The least a deployment of `count` services needs: a network, then create and start of each container, 8 at a time. */
export const bareLoop = async (
  engine: EngineApi,
  project: string,
  imageOf: (n: number) => string,
  count: number,
): Promise<void> => {
  const labels = { "com.docker.compose.project": project }
  const network = `${project}_default`
  await engine.call("POST", "/networks/create", { Name: network, Driver: "bridge", Labels: labels })
  const numbers = Array.from({ length: count }, (_, n) => n)
  await inParallel(numbers, 8, async (n) => {
    const name = `${project}-s${n}-1`
    await engine.call("POST", `/containers/create?name=${name}`, {
      Image: imageOf(n),
      Cmd: ["tail", "-f", "/dev/null"],
      Env: [`NUMBER=${n}`],
      StopSignal: "SIGKILL",
      Labels: labels,
      HostConfig: { NetworkMode: network },
      NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [`s${n}`] } } },
    })
    await engine.call("POST", `/containers/${name}/start`)
  })
}
