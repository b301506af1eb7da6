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
import { countConnections, sshScenario } from "./ssh.ts"
import { openSshBed, type SshBed } from "./sshBed.ts"
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

let opened: Promise<SshBed> | undefined
/** Made by the first scenario that needs it. */
const ssh = () => (opened ??= openSshBed(engine, busybox))

const scenarios: Readonly<Record<string, () => Scenario | Promise<Scenario>>> = {
  version: () => versionScenario(bed),
  config: () => configScenario(bed),
  "noop-one": () => noopScenario(bed, "one"),
  "noop-distinct": () => noopScenario(bed, "distinct"),
  plan: () => planScenario(inProcess, busybox, bed.prefix, bed.rounds),
  up: () => upScenario(bed),
  logs: () => logsScenario(logBed),
  "logs-stalled": () => stalledScenario(logBed),
  "ssh-up-50": async () => sshScenario(bed, await ssh(), "up", 50),
  "ssh-noop-50": async () => sshScenario(bed, await ssh(), "noop", 50),
  "ssh-ps-50": async () => sshScenario(bed, await ssh(), "ps", 50),
  "ssh-up-10": async () => sshScenario(bed, await ssh(), "up", 10),
  "ssh-noop-10": async () => sshScenario(bed, await ssh(), "noop", 10),
  "ssh-ps-10": async () => sshScenario(bed, await ssh(), "ps", 10),
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

/** A name, or the beginning of several: `ssh`. */
const all = [...Object.keys(scenarios), "calls", "ssh-connections"]
/** The socket of the machine that is reached over SSH is seen through /proc, by root alone. */
const seesSockets = process.getuid?.() === 0
if (values.only === undefined && !seesSockets) say("the scenarios over SSH need root: not measured")
const chosen =
  values.only === undefined
    ? all.filter((name) => seesSockets || !name.startsWith("ssh-"))
    : values.only.split(",").flatMap((wanted) => {
        const found = all.includes(wanted) ? [wanted] : all.filter((name) => name.startsWith(`${wanted}-`))
        if (found.length === 0) throw new Error(`no scenario ${wanted}; there are ${all.join(", ")}`)
        return found
      })

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
if (chosen.includes("ssh-connections")) {
  const there = await ssh()
  const { privateKey: identity, knownHosts } = there.host
  calls["windflow in-process over SSH, 50 services up, up again and listed"] = await countConnections(bed, there, () =>
    openInProcess(there.url, { identity, knownHosts: [knownHosts] }),
  )
}
await (await opened)?.[Symbol.asyncDispose]()
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
