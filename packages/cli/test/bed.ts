/** For tests on a real engine: a three-service project in a directory of its own, the command as a process, what the engine holds. */
import { docker, forgetDeployment, session } from "@windflow/testcontainers"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { build } from "rolldown"
import { options, output } from "../rolldown.config.ts"

export interface Ran {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** As a user whom file modes bind: root, too, may then not open what has mode 000. */
  readonly boundByModes?: boolean
  /** Standard input: a text and its end, or open without a word; default: none. */
  readonly input?: string
  readonly openInput?: boolean
  /** Called with all of standard error so far. */
  readonly onErr?: (err: string, kill: (signal: NodeJS.Signals) => void) => void
}

const root = path.join(import.meta.dirname, "..")
/** The command as it is installed. */
export const entry = path.join(root, "bin/windflow.js")
const crashFolder = path.join(root, "dist/test")
/** The command that can die: `crashCli.ts`. */
export const crashEntry = path.join(crashFolder, "crash.js")

/** Bundles the command, and beside it the one that can die; once a test file. */
export const bundle = async (): Promise<void> => {
  await build({ ...options, cwd: root, output })
  await build({ ...options, cwd: root, input: { crash: "test/crashCli.ts" }, output: { ...output, dir: crashFolder } })
}

/** A directory, a project, and commands in it. */
export interface Bed {
  readonly project: string
  readonly directory: string
  /** What commands run with. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly write: (compose: string) => void
  /** The built command. */
  readonly windflow: (argv: ReadonlyArray<string>, options?: RunOptions) => Promise<Ran>
  /** The command that dies at a row of its journal: `before:3`. */
  readonly dying: (at: string, argv: ReadonlyArray<string>) => Promise<Ran>
  /** `name state`, sorted. */
  readonly containers: () => Promise<ReadonlyArray<string>>
  readonly ids: () => Promise<ReadonlyMap<string, string>>
  readonly networks: () => Promise<ReadonlyArray<string>>
  readonly volumes: () => Promise<ReadonlyArray<string>>
}

const start = (argv: ReadonlyArray<string>, cwd: string, env: NodeJS.ProcessEnv, options: RunOptions): Promise<Ran> =>
  new Promise((resolve, reject) => {
    // Root keeps its files (this Node may lie in a home only root can enter) but loses the right to overlook modes.
    const bound = options.boundByModes === true && process.getuid?.() === 0
    const lost = "-dac_override,-dac_read_search"
    const program = bound
      ? ["setpriv", "--bounding-set", lost, "--inh-caps", lost, process.execPath]
      : [process.execPath]
    const child = spawn(program[0]!, [...program.slice(1), ...argv], {
      cwd,
      env: { ...env, ...options.env },
      stdio: [options.input === undefined && options.openInput !== true ? "ignore" : "pipe", "pipe", "pipe"],
    })
    if (options.input !== undefined) child.stdin?.end(options.input)
    let [out, err] = ["", ""]
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text))
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      err += text
      options.onErr?.(err, (signal) => void child.kill(signal))
    })
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code, signal, out, err }))
  })

const beds = new Set<Bed>()

/** The reaper removes what it leaves should this process be killed. */
export const makeBed = async (name: string): Promise<Bed> => {
  const project = `windflow-test-cli-${name}`
  ;(await session()).addProject(project)
  const directory = mkdtempSync(path.join(tmpdir(), `${project}-`))
  const { DOCKER_HOST, PATH } = process.env
  const env = {
    PATH,
    HOME: directory,
    LANG: "C",
    WINDFLOW_STATE_DIR: path.join(directory, "state"),
    ...(DOCKER_HOST === undefined ? {} : { DOCKER_HOST }),
  }
  const filters = { label: [`com.docker.compose.project=${project}`] }
  const list = async () => (await docker()).listContainers({ all: true, filters })
  const bed: Bed = {
    project,
    directory,
    env,
    write: (compose) => writeFileSync(path.join(directory, "compose.yaml"), `name: ${project}\n${compose}`),
    windflow: (argv, options = {}) => start([entry, ...argv], directory, env, options),
    dying: (at, argv) => start([crashEntry, ...argv], directory, { ...env, WINDFLOW_TEST_CRASH_AT: at }, {}),
    containers: async () => (await list()).map(({ Names, State }) => `${Names[0]!.slice(1)} ${State}`).sort(),
    ids: async () => new Map((await list()).map(({ Names, Id }) => [Names[0]!.slice(1), Id])),
    networks: async () => (await (await docker()).listNetworks({ filters })).map(({ Name }) => Name),
    volumes: async () => (await (await docker()).listVolumes({ filters })).Volumes.map(({ Name }) => Name),
  }
  beds.add(bed)
  return bed
}

/** Removes everything that the beds of this file deployed, our own records included. */
export const clearBeds = async (): Promise<void> => {
  const engine = await docker()
  for (const bed of beds) {
    await bed.windflow(["-p", bed.project, "down", "-v", "-y", "-t", "0"])
    const { Volumes } = await engine.listVolumes()
    const ours = Volumes.filter(({ Name }) => Name.startsWith("windflow.") && Name.includes(bed.project))
    await Promise.all(ours.map(({ Name }) => engine.getVolume(Name).remove()))
    await forgetDeployment(bed.project)
    rmSync(bed.directory, { recursive: true, force: true })
  }
  beds.clear()
}

export interface ShopOptions {
  readonly api?: string
  readonly health?: string
  readonly port?: number
}

/** web → api → db with healthchecks; `api` is what the api sleeps, so that an edit is a number. */
export const shop = (image: string, { api = "1000", health = "true", port }: ShopOptions = {}): string => `
x-service: &service
  image: ${image}
  init: true
  stop_grace_period: 0s
  healthcheck: { test: ["CMD", "${health}"], interval: 200ms, start_period: 10s, start_interval: 100ms }
services:
  web:
    <<: *service
    command: ["sleep", "1000"]
    depends_on: { api: { condition: service_healthy } }${port === undefined ? "" : `\n    ports: ["127.0.0.1:${port}:80"]`}
  api:
    <<: *service
    command: ["sleep", "${api}"]
    depends_on: { db: { condition: service_healthy } }
  db:
    <<: *service
    command: ["sleep", "1000"]
    volumes: ["data:/data"]
volumes: { data: {} }
`
