/** `make bench [-- --only up,version --rounds 5]`: measures what is there, prints it and keeps it under benchmarks/results/. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { baseImages, ensureEngine } from "@windflow/testcontainers"
import { composeCommand, type Command, windflowCommand } from "./contestants.ts"
import { startProxy } from "./countingProxy.ts"
import { openEngine, sweep } from "./engineApi.ts"
import { openInProcess, planScenario } from "./inProcess.ts"
import { type LogBed, logsScenario, stalledScenario } from "./logs.ts"
import { run } from "./measure.ts"
import { machine, render, type Report } from "./report.ts"
import { type Outcome, runScenario, type Scenario } from "./Scenario.ts"
import { type Bed, configScenario, noopScenario, upScenario, versionScenario } from "./scenarios.ts"
import { manyServices } from "./stacks.ts"

const say = (text: string) => void process.stderr.write(`${text}\n`)

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string" },
    /** How much log the scenarios of logs read. */
    megabytes: { type: "string", default: "200" },
    /** Begins the names of what is made on the engine. */
    prefix: { type: "string", default: "windflow-bench" },
  },
})

const { host, version: engineVersion } = await ensureEngine(say)
const compose = await composeCommand()
const cache = mkdtempSync(join(tmpdir(), "windflow-bench-cache-"))
process.on("exit", () => rmSync(cache, { recursive: true, force: true }))
const windflow = windflowCommand(cache)
const engine = openEngine(host)
const { busybox } = await baseImages(["busybox"])
const inProcess = await openInProcess(host)

const bed: Bed = {
  engine,
  host,
  prefix: values.prefix,
  commands: windflow === undefined ? [compose] : [compose, windflow],
  missing: windflow === undefined ? ["windflow: it is not built (npm run build)"] : [],
  busybox,
  rounds: values.rounds === undefined ? undefined : Number(values.rounds),
  inProcess,
}

const logBed: LogBed = { ...bed, windflow: windflow?.program, megabytes: Number(values.megabytes) }

const scenarios: Readonly<Record<string, () => Scenario | Promise<Scenario>>> = {
  version: () => versionScenario(bed),
  config: () => configScenario(bed),
  "noop-one": () => noopScenario(bed, "one"),
  "noop-distinct": () => noopScenario(bed, "distinct"),
  plan: () => planScenario(inProcess, busybox, bed.prefix, bed.rounds),
  up: () => upScenario(bed),
  logs: () => logsScenario(logBed),
  "logs-stalled": () => stalledScenario(logBed),
}

/** What a no-op asks the engine. */
const countCalls = async (command: Command): Promise<ReadonlyArray<string>> => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-bench-"))
  const project = `${bed.prefix}-calls-${command.name}`
  const proxy = await startProxy(host, join(directory, "engine.sock"))
  try {
    writeFileSync(
      join(directory, "compose.yaml"),
      manyServices(project, 5, () => busybox),
    )
    const up = () =>
      run({
        argv: [...command.program, ...command.up("compose.yaml")],
        directory,
        environment: { ...command.environment, DOCKER_HOST: proxy.host },
      })
    await up()
    proxy.take()
    await up()
    return proxy.take()
  } finally {
    await proxy.close()
    await sweep(engine, project)
    rmSync(directory, { recursive: true, force: true })
  }
}

const chosen = values.only === undefined ? [...Object.keys(scenarios), "calls"] : values.only.split(",")
for (const name of chosen)
  if (name !== "calls" && !(name in scenarios))
    throw new Error(`no scenario ${name}; there are ${Object.keys(scenarios).join(", ")} and calls`)

const started = machine()
const outcomes: Array<Outcome> = []
for (const name of chosen) {
  const make = scenarios[name]
  if (make === undefined) continue
  const scenario = await make()
  try {
    outcomes.push(await runScenario(scenario, say))
  } finally {
    await scenario.close?.()
  }
}
const calls: Record<string, ReadonlyArray<string>> = {}
if (chosen.includes("calls"))
  for (const command of bed.commands) calls[`${command.name}, no-op of 5 services`] = await countCalls(command)
engine.close()
await inProcess[Symbol.asyncDispose]()

const report: Report = {
  at: new Date().toISOString(),
  machine: started,
  engine: engineVersion,
  compose: (await run({ argv: [...compose.program, "version"], directory: tmpdir(), environment: {} })).trim(),
  outcomes,
  calls,
}
const results = join(import.meta.dirname, "..", "results")
mkdirSync(results, { recursive: true })
const file = join(results, `${report.at.replaceAll(/[:.]/g, "-")}.json`)
writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`)
console.log(render(report))
say(`kept in ${file}`)
