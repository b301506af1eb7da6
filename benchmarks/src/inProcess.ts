/** WindFlow as a library in this process: what an embedder pays, without the start of a process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { compose, type SshOptions, WindFlow } from "@windflow/sdk"
import { measureHere } from "./measure.ts"
import type { Contestant, Scenario } from "./Scenario.ts"
import { richServices } from "./stacks.ts"

export interface InProcess extends AsyncDisposable {
  /** Loads a file and brings it up until everything is started. */
  readonly up: (file: string) => Promise<void>
  /** Loads a file and plans it; how many changes there are. */
  readonly plan: (file: string) => Promise<number>
  /** Lists a project's containers; how many there are. */
  readonly count: (project: string) => Promise<number>
  /** Reads a project's log to its end; how many lines it has. */
  readonly countLog: (project: string) => Promise<number>
  /** Follows a project's log, takes one line and no more until it is told to leave. */
  readonly stallOnLog: (project: string) => Promise<{ readonly leave: () => Promise<void> }>
}

export const openInProcess = async (host: string, ssh: SshOptions = {}): Promise<InProcess> => {
  const stateDirectory = mkdtempSync(join(tmpdir(), "windflow-bench-state-"))
  const windflow = await WindFlow.open({ config: false, env: { DOCKER_HOST: host }, stateDirectory, ssh })
  const load = (file: string) => compose(file, { directory: dirname(file) })
  return {
    up: async (file) => void (await windflow.up(await load(file), { until: "started" })),
    plan: async (file) => (await windflow.plan(await load(file))).changes,
    count: async (project) => (await windflow.ps({ project })).length,
    countLog: async (project) => {
      let lines = 0
      for await (const line of windflow.logs(project)) if ("text" in line) lines++
      return lines
    },
    stallOnLog: async (project) => {
      const leaving = new AbortController()
      const iterator = windflow.logs(project, { follow: true, signal: leaving.signal })[Symbol.asyncIterator]()
      await iterator.next()
      return {
        leave: async () => {
          leaving.abort()
          await iterator.return?.()
        },
      }
    },
    [Symbol.asyncDispose]: async () => {
      await windflow[Symbol.asyncDispose]()
      rmSync(stateDirectory, { recursive: true, force: true })
    },
  }
}

/** From YAML to plan for stacks of 100 and 1,000 services that are not there yet. */
export const planScenario = (inProcess: InProcess, image: string, prefix: string, rounds = 15): Scenario => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-bench-"))
  const contestant = (count: number): Contestant => {
    const file = join(directory, `${count}.yaml`)
    writeFileSync(file, richServices(`${prefix}-plan-${count}`, count, image))
    return {
      name: `${count} services`,
      measure: () =>
        measureHere(async () => {
          const changes = await inProcess.plan(file)
          if (changes < count) throw new Error(`the plan of ${count} services has ${changes} changes`)
        }),
    }
  }
  return {
    name: "plan",
    title: "from YAML to plan, in-process, nothing of it on the engine yet",
    rounds,
    contestants: [contestant(100), contestant(1000)],
    comparisons: [{ of: "1000 services", against: "100 services", atMost: 12 }],
    limits: { "1000 services": 0.25 },
    missing: [],
    close: async () => rmSync(directory, { recursive: true, force: true }),
  }
}
