/**
 * How long loading takes: files of 100 and 1,000 services, read, joined, resolved and checked. It prints and judges nothing:
 * `node --expose-gc --conditions=@windflow/source benchmarks/src/loader.ts`.
 *
 * - First load: the first in a fresh process, median of several processes; the modules are loaded, nothing is compiled yet.
 * - Warm load and growth: both sizes after the same warming, in turns (one large file, ten small ones), garbage collected before
 *   each turn where --expose-gc allows it. So neither size has the better code or pays for the other's garbage. CPU time stands
 *   beside the clock's, which other work on the machine lengthens.
 * - As a process, when WINDFLOW_COMPOSE_REFERENCE names Docker Compose: `config -q` of all on the same files, in turns.
 *   `packages/cli` must be built (`npm run bundle`) and `docker` be there.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { windflowCommand } from "./contestants.ts"
import { load } from "@windflow/engine/compose"
import { nodeCapability } from "@windflow/engine/compose-node"
import { Effect } from "effect"

/** A service as people write them: fourteen lines, both syntaxes, a variable, a dependency. */
const service = (i: number): string => `  service-${i}:
    image: registry.example.com/team/app-${i}:1.${i}
    environment:
      INDEX: "${i}"
      LOG_LEVEL: \${LOG_LEVEL:-info}
    ports:
      - "${10_000 + i}:8080"
    volumes:
      - data-${i % 10}:/var/lib/app
    networks: [front]
${i === 0 ? "" : `    depends_on:\n      service-${i - 1}: { condition: service_started }\n`}    healthcheck:
      test: ["CMD", "true"]
      interval: 10s
    restart: unless-stopped
    labels:
      app: service-${i}
`
const file = (count: number): string =>
  `services:\n${Array.from({ length: count }, (_, i) => service(i)).join("")}networks:\n  front: {}\nvolumes:\n${Array.from({ length: 10 }, (_, i) => `  data-${i}: {}\n`).join("")}`

interface Time {
  readonly wall: number
  /** User and system, all threads: compiler and collector too. */
  readonly cpu: number
}

const median = (numbers: ReadonlyArray<number>): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const medians = (times: ReadonlyArray<Time>): Time => ({
  wall: median(times.map(({ wall }) => wall)),
  cpu: median(times.map(({ cpu }) => cpu)),
})

const loaded = async (folder: string, count: number): Promise<void> => {
  const stack = await Effect.runPromise(
    load({ workingDirectory: folder, files: [join(folder, `${count}.yaml`)] }, nodeCapability()),
  )
  if (Object.keys(stack.model.services).length !== count) throw new Error("services are missing")
}

/** One load's share of `times` loads in a row. */
const measure = async (folder: string, count: number, times: number): Promise<Time> => {
  globalThis.gc?.()
  const before = process.cpuUsage()
  const start = performance.now()
  for (let i = 0; i < times; i++) await loaded(folder, count)
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  return { wall: wall / times, cpu: (user + system) / 1000 / times }
}

const WARMING = 20
const TURNS = 25
const PROCESSES = 10

const shown = ({ wall, cpu }: Time): string => `${wall.toFixed(1).padStart(7)} ms  ${cpu.toFixed(1).padStart(7)} ms CPU`

/** A process from start to end, its children's CPU time from the difference of what this process has waited for. */
const timed = (program: string, argv: ReadonlyArray<string>, folder: string): Time => {
  const report = join(folder, "time")
  // `times` of the shell tells what its children used, in the clock ticks of the kernel.
  const script = `"$@"; code=$?; times > "${report}"; exit $code`
  const start = performance.now()
  const { status } = spawnSync("sh", ["-c", script, "sh", program, ...argv], { cwd: folder, stdio: "ignore" })
  const wall = performance.now() - start
  if (status !== 0) throw new Error(`${program} ended with ${status}`)
  const children = readFileSync(report, "utf8").trim().split("\n").at(-1) ?? ""
  const cpu = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0)
  return { wall, cpu: cpu * 1000 }
}

/** Ours, `docker compose` as people start it (Docker's command and its plugin), and the plugin by itself; in turns. */
const processes = (reference: string, folder: string, count: number): void => {
  const command = windflowCommand(join(folder, "cache"))
  if (command === undefined) throw new Error("windflow is not built (npm run build)")
  const argv = ["-f", join(folder, `${count}.yaml`), "config", "-q"]
  const plugins = join(folder, "docker/cli-plugins")
  mkdirSync(plugins, { recursive: true })
  rmSync(join(plugins, "docker-compose"), { force: true })
  symlinkSync(reference, join(plugins, "docker-compose"))
  const commands = [
    ["windflow", "env", ["-u", "CI", `XDG_CACHE_HOME=${join(folder, "cache")}`, ...command.program, ...argv]],
    ["docker compose", "env", [`DOCKER_CONFIG=${join(folder, "docker")}`, "docker", "compose", ...argv]],
    ["docker-compose alone", reference, argv],
  ] as const
  const times = commands.map((): Time[] => [])
  // The first turn fills caches, of the disk and of compiled code.
  for (let turn = -1; turn < PROCESSES; turn++)
    for (const [at, [, program, words]] of commands.entries()) {
      const time = timed(program, words, folder)
      if (turn >= 0) times[at]?.push(time)
    }
  const [ours = { wall: 0, cpu: 0 }, ...theirs] = times.map(medians)
  console.log(`config -q, ${String(count).padStart(4)} services, windflow        ${shown(ours)}`)
  for (const [at, time] of theirs.entries())
    console.log(
      `  ${(commands[at + 1]?.[0] ?? "").padEnd(38)}  ${shown(time)}: ours is ${(ours.wall / time.wall).toFixed(2)} times that, CPU ${(ours.cpu / time.cpu).toFixed(2)}`,
    )
}

const main = async (folder: string): Promise<void> => {
  for (const count of [1, 100, 1000]) writeFileSync(join(folder, `${count}.yaml`), file(count))
  const firsts = Array.from({ length: 7 }, (): Time => {
    const out = execFileSync(process.execPath, [...process.execArgv, import.meta.filename, "first", folder], {
      encoding: "utf8",
    })
    const [wall = 0, cpu = 0] = out.trim().split(" ").map(Number)
    return { wall, cpu }
  })
  for (let i = 0; i < WARMING; i++) {
    await measure(folder, 1000, 1)
    await measure(folder, 100, 10)
  }
  const thousands: Time[] = []
  const hundreds: Time[] = []
  for (let i = 0; i < TURNS; i++) {
    thousands.push(await measure(folder, 1000, 1))
    hundreds.push(await measure(folder, 100, 10))
  }
  const [thousand, hundred] = [medians(thousands), medians(hundreds)]
  if (globalThis.gc === undefined) console.log("without --expose-gc: one size may pay for the other's garbage")
  console.log(`1,000 services, first load of a process   ${shown(medians(firsts))}`)
  console.log(`1,000 services, warm                      ${shown(thousand)}`)
  console.log(`  100 services, warm                      ${shown(hundred)}`)
  console.log(
    `growth t(1000) / t(100)                   ${(thousand.wall / hundred.wall).toFixed(1)}, CPU ${(thousand.cpu / hundred.cpu).toFixed(1)}`,
  )
  const reference = process.env["WINDFLOW_COMPOSE_REFERENCE"]
  if (reference === undefined) console.log("WINDFLOW_COMPOSE_REFERENCE is not set: no comparison with Docker Compose")
  else for (const count of [1, 1000]) processes(reference, folder, count)
}

const [mode, given] = process.argv.slice(2)
if (mode === "first" && given !== undefined) {
  const { wall, cpu } = await measure(given, 1000, 1)
  console.log(`${wall} ${cpu}`)
} else {
  const folder = mkdtempSync(join(tmpdir(), "windflow-benchmark-"))
  try {
    await main(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
