/** The scenarios, from what is there: contestants that are not built yet are named as missing. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bareLoop, type Command } from "./contestants.ts"
import { type EngineApi, running, sweep } from "./engineApi.ts"
import type { InProcess } from "./inProcess.ts"
import { measureHere, measureProcess, type Sample } from "./measure.ts"
import type { Comparison, Contestant, Scenario } from "./Scenario.ts"
import { manyServices } from "./stacks.ts"

export interface Bed {
  readonly engine: EngineApi
  readonly host: string
  /** Begins the name of everything that is made on the engine. */
  readonly prefix: string
  readonly commands: ReadonlyArray<Command>
  readonly missing: ReadonlyArray<string>
  readonly busybox: string
  readonly rounds: number | undefined
  /** WindFlow as a library. */
  readonly inProcess: InProcess
}

const count = 50

const invoke = (bed: Bed, command: Command, argv: ReadonlyArray<string>, directory: string): Promise<Sample> =>
  measureProcess({
    argv: [...command.program, ...argv],
    directory,
    environment: { ...command.environment, DOCKER_HOST: bed.host },
  })

const workspace = (files: Readonly<Record<string, string>>) => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-bench-"))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

const expectRunning = async (bed: Bed, project: string): Promise<void> => {
  const found = await running(bed.engine, project)
  if (found !== count) throw new Error(`${project}: ${found} of ${count} containers run`)
}

/** `up -d` of 50 services from nothing. */
export const upScenario = (bed: Bed): Scenario => {
  const project = (name: string) => `${bed.prefix}-up-${name}`
  const imageOf = () => bed.busybox
  const files = workspace(
    Object.fromEntries(bed.commands.map(({ name }) => [`${name}.yaml`, manyServices(project(name), count, imageOf)])),
  )
  const around = (name: string): Pick<Contestant, "before" | "check"> => ({
    before: async () => {
      for (const each of ["loop", ...bed.commands.map((command) => command.name)])
        await sweep(bed.engine, project(each))
    },
    check: () => expectRunning(bed, project(name)),
  })
  return {
    name: "up",
    title: `up -d of ${count} busybox services, from nothing`,
    rounds: bed.rounds ?? 7,
    contestants: [
      {
        name: "loop",
        measure: () => measureHere(() => bareLoop(bed.engine, project("loop"), imageOf, count)),
        ...around("loop"),
      },
      ...bed.commands.map((command) => ({
        name: command.name,
        measure: () => invoke(bed, command, command.up(`${command.name}.yaml`), files.directory),
        ...around(command.name),
      })),
    ],
    comparisons: [
      { of: "windflow", against: "loop", atMost: 1.05 },
      { of: "windflow", against: "compose", atMost: 1 },
      { of: "compose", against: "loop" },
    ],
    missing: bed.missing,
    close: async () => {
      for (const name of ["loop", ...bed.commands.map((command) => command.name)])
        await sweep(bed.engine, project(name))
      files.remove()
    },
  }
}

const noopComparisons: ReadonlyArray<Comparison> = [
  { of: "windflow", against: "compose", atMost: 1.3 },
  { of: "windflow in-process", against: "compose", atMost: 0.3 },
]

/** `up -d` of a stack that is up already; each contestant has a stack of its own. */
export const noopScenario = async (bed: Bed, images: "one" | "distinct"): Promise<Scenario> => {
  const project = (name: string) => `${bed.prefix}-noop-${images}-${name}`
  const tag = (n: number) => `${bed.prefix}-image:${n}`
  const numbers = Array.from({ length: count }, (_, n) => n)
  if (images === "distinct")
    for (const n of numbers) await bed.engine.build(tag(n), `FROM ${bed.busybox}\nLABEL number=${n}\n`)
  const imageOf = (n: number) => (images === "one" ? bed.busybox : tag(n))
  const inside = "inside"
  const names = [...bed.commands.map(({ name }) => name), inside]
  const files = workspace(
    Object.fromEntries(names.map((name) => [`${name}.yaml`, manyServices(project(name), count, imageOf)])),
  )
  const contestants: ReadonlyArray<Contestant> = [
    ...bed.commands.map((command) => ({
      name: command.name,
      measure: () => invoke(bed, command, command.up(`${command.name}.yaml`), files.directory),
      check: () => expectRunning(bed, project(command.name)),
    })),
    {
      name: "windflow in-process",
      measure: () => measureHere(() => bed.inProcess.up(join(files.directory, `${inside}.yaml`))),
      check: () => expectRunning(bed, project(inside)),
    },
  ]
  return {
    name: `noop-${images}`,
    title: `up -d of ${count} services that are up, ${images === "one" ? "one image" : `${count} images`}`,
    rounds: bed.rounds ?? 20,
    contestants,
    comparisons: noopComparisons,
    missing: bed.missing,
    close: async () => {
      for (const name of names) await sweep(bed.engine, project(name))
      if (images === "distinct")
        for (const n of numbers) await bed.engine.call("DELETE", `/images/${encodeURIComponent(tag(n))}?force=1`)
      files.remove()
    },
  }
}

/** What a command costs that does nothing: its start. */
export const versionScenario = (bed: Bed): Scenario => ({
  name: "version",
  title: "version, against a Node that does nothing",
  rounds: bed.rounds ?? 25,
  contestants: [
    {
      name: "node -e 0",
      measure: () => measureProcess({ argv: [process.execPath, "-e", "0"], directory: tmpdir(), environment: {} }),
    },
    ...bed.commands.map((command) => ({
      name: command.name,
      measure: () => invoke(bed, command, command.version, tmpdir()),
    })),
  ],
  comparisons: [
    { of: "windflow", against: "node -e 0", atMost: 1.5 },
    { of: "windflow", against: "compose" },
  ],
  missing: bed.missing,
})

/** Loading, merging and checking a file without asking an engine. */
export const configScenario = (bed: Bed): Scenario => {
  const files = workspace({ "compose.yaml": manyServices(`${bed.prefix}-config`, count, () => bed.busybox) })
  return {
    name: "config",
    title: `config -q of ${count} services`,
    rounds: bed.rounds ?? 20,
    contestants: bed.commands.map((command) => ({
      name: command.name,
      measure: () => invoke(bed, command, command.config("compose.yaml"), files.directory),
    })),
    comparisons: [{ of: "windflow", against: "compose" }],
    missing: bed.missing,
    close: async () => files.remove(),
  }
}
