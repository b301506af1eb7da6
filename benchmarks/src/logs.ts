/** Reading a container's log: the Engine API as it is, WindFlow as a library and as a command; and beside a follower that has stopped reading. */
import { request } from "node:http"
import { tmpdir } from "node:os"
import type { EngineApi } from "./engineApi.ts"
import { socketOf } from "./engineApi.ts"
import type { InProcess } from "./inProcess.ts"
import { measureHere, measureProcess } from "./measure.ts"
import type { Contestant, Scenario } from "./Scenario.ts"

export interface LogBed {
  readonly engine: EngineApi
  readonly host: string
  readonly prefix: string
  readonly busybox: string
  readonly inProcess: InProcess
  /** The command, when it is built. */
  readonly windflow: readonly [string, ...string[]] | undefined
  readonly rounds: number | undefined
  readonly megabytes: number
}

/** With its end 120 bytes, as applications write them. */
const text =
  "GET /catalogue/items/4711?page=3 200 18ms request=5f0c1f3e user=ada agent=Mozilla/5.0 bytes=18233 cache=miss region=eu"
const line = `${text}${"x".repeat(119 - text.length)}`

/** Bytes of the whole answer, read as fast as Node does: no frame is looked at. */
const readRaw = (host: string, container: string, timestamps: boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    const path = `/v1.44/containers/${container}/logs?stdout=1&stderr=1${timestamps ? "&timestamps=1" : ""}`
    const sent = request({ socketPath: socketOf(host), path }, (answer) => {
      let bytes = 0
      answer.on("data", (chunk: Buffer) => (bytes += chunk.length))
      answer.on("error", reject)
      answer.on("end", () => resolve(bytes))
    })
    sent.on("error", reject)
    sent.end()
  })

/** A project whose one container has written its log and sleeps. */
const written = async (bed: LogBed, project: string) => {
  const lines = Math.floor((bed.megabytes * 1_000_000) / (line.length + 1))
  const container = `${project}-web-1`
  await bed.engine.call("DELETE", `/containers/${container}?force=1`).catch(() => undefined)
  await bed.engine.call("POST", `/containers/create?name=${container}`, {
    Image: bed.busybox,
    Cmd: ["sh", "-c", `yes "$LINE" | head -n ${lines}; exec tail -f /dev/null`],
    Env: [`LINE=${line}`],
    StopSignal: "SIGKILL",
    Labels: {
      "com.docker.compose.project": project,
      "com.docker.compose.service": "web",
      "com.docker.compose.container-number": "1",
      "com.docker.compose.oneoff": "False",
    },
    HostConfig: { LogConfig: { Type: "json-file", Config: {} } },
  })
  await bed.engine.call("POST", `/containers/${container}/start`)
  const all = lines * (line.length + 1 + 8)
  const started = Date.now()
  // The engine writes behind the container: it is ready when all of it can be read.
  while ((await readRaw(bed.host, container, false)) < all)
    if (Date.now() - started > 600_000) throw new Error(`${container} did not write its log within ten minutes`)
  const remove = async () => void (await bed.engine.call("DELETE", `/containers/${container}?force=1`))
  return { container, lines, remove }
}

const expectLines = (name: string, found: number, wanted: number): void => {
  if (found !== wanted) throw new Error(`${name} read ${found} of ${wanted} lines`)
}

/** ≥ 0.8 of the raw throughput is ≤ 1.25 of its time. */
const promise = 1 / 0.8

export const logsScenario = async (bed: LogBed): Promise<Scenario> => {
  const project = `${bed.prefix}-logs`
  const { container, lines, remove } = await written(bed, project)
  const { windflow } = bed
  const raw: Contestant = { name: "raw", measure: () => measureHere(() => readRaw(bed.host, container, true)) }
  const inside: Contestant = {
    name: "windflow in-process",
    measure: () =>
      measureHere(async () => expectLines("windflow in-process", await bed.inProcess.countLog(project), lines)),
  }
  const command: ReadonlyArray<Contestant> =
    windflow === undefined
      ? []
      : [
          {
            name: "windflow",
            measure: () =>
              measureProcess({
                argv: [...windflow, "-p", project, "logs"],
                directory: tmpdir(),
                environment: { DOCKER_HOST: bed.host },
                output: "discarded",
              }),
          },
        ]
  return {
    name: "logs",
    title: `${bed.megabytes} MB of log lines, against reading the Engine API raw`,
    rounds: bed.rounds ?? 5,
    contestants: [raw, inside, ...command],
    comparisons: [
      { of: "windflow in-process", against: "raw", atMost: promise },
      { of: "windflow", against: "raw", atMost: promise },
    ],
    missing: windflow === undefined ? ["windflow: it is not built (npm run build)"] : [],
    close: remove,
  }
}

export const stalledScenario = async (bed: LogBed): Promise<Scenario> => {
  const project = `${bed.prefix}-stalled`
  const { lines, remove } = await written(bed, project)
  const read = async (name: string) => expectLines(name, await bed.inProcess.countLog(project), lines)
  let stalled: { readonly leave: () => Promise<void> } | undefined
  const leave = async () => {
    await stalled?.leave()
    stalled = undefined
  }
  const memory = { before: 0, most: 0 }
  return {
    name: "logs-stalled",
    title: `${bed.megabytes} MB of log lines, beside a follower that has stopped reading`,
    rounds: bed.rounds ?? 5,
    contestants: [
      { name: "alone", before: leave, measure: () => measureHere(() => read("alone")) },
      {
        name: "beside a stalled one",
        before: async () => {
          await leave()
          stalled = await bed.inProcess.stallOnLog(project)
          memory.before = process.memoryUsage.rss()
        },
        measure: () => measureHere(() => read("beside a stalled one")),
        check: async () => {
          memory.most = Math.max(memory.most, process.memoryUsage.rss() - memory.before)
          // What a stalled follower has not taken must stay with the engine.
          if (memory.most > bed.megabytes * 1_000_000)
            throw new Error(`a stalled follower cost ${Math.round(memory.most / 1e6)} MB of memory`)
        },
      },
    ],
    comparisons: [{ of: "beside a stalled one", against: "alone", atMost: 1.05 }],
    missing: [],
    close: async () => {
      await leave()
      await remove()
    },
  }
}
