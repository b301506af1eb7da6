/**
 * `npm run build && npm run fleet -w benchmarks [-- --targets 1000]`: one process deploys to many simulated targets. Told: wall time over the ideal
 * (the time of one target alone, times the targets, over the places), the memory of the process with the simulated engines in it,
 * and what one stalled target costs the others. Fails when a promise is missed.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { availableParallelism, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { fanOut, type FleetResult } from "@windflow/engine/execute"
import type { WindFlowError } from "@windflow/engine/model"
import { defineStack, WindFlow, state } from "@windflow/sdk/effect"
import { Effect } from "effect"
import { image } from "./engineOrders.ts"
import { startSeparateEngines } from "./separateEngines.ts"
import { median } from "./statistics.ts"

const { values } = parseArgs({
  options: {
    targets: { type: "string", default: "1000" },
    places: { type: "string", default: "32" },
    /** Milliseconds of a call that looks, and of one that changes something. */
    read: { type: "string", default: "60" },
    write: { type: "string", default: "250" },
  },
})
const [count, places] = [Number(values.targets), Number(values.places)]
const alone = 10
/** Of a target, seconds; more than any that answers needs. */
const deadline = 60
const promises = { overIdeal: 1.2, mebibytes: 300, delay: 1.1 } as const

await using engines = await startSeparateEngines({ read: Number(values.read), write: Number(values.write) })
const directory = mkdtempSync(join(tmpdir(), "windflow-fleet-"))
const stack = defineStack("fleet", { services: { web: { image, pull_policy: "never", command: ["serve"] } } })

type Results = ReadonlyArray<FleetResult<number, unknown, WindFlowError>>
const seconds = (since: number) => (performance.now() - since) / 1000

/** Deploys to `targets`: seconds until all are through, and until the last one that succeeds is. */
const deploy = (targets: ReadonlyArray<number>, concurrency: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const flow = yield* WindFlow.open({ config: false, env: {}, state: state.memory(), stateDirectory: directory })
      const start = performance.now()
      let answered = 0
      const results: Results = yield* fanOut(
        targets,
        (n) => engines.url(n),
        (n) => flow.up(stack, { target: engines.url(n), until: "started" }),
        {
          concurrency,
          deadline,
          onSettled: ({ outcome }) =>
            Effect.sync(() => {
              if (outcome._tag === "Succeeded") answered = seconds(start)
            }),
        },
      )
      return { results, wall: seconds(start), answered }
    }),
  )

/** A benchmark of failures would look fast. */
const mustSucceed = (results: Results) => {
  const failed = results.flatMap(({ outcome }) => (outcome._tag === "Failed" ? [outcome.error] : []))[0]
  return failed === undefined ? Effect.void : Effect.fail(failed)
}
const failures = (results: Results) => results.filter(({ outcome }) => outcome._tag !== "Succeeded")
const numbers = Array.from({ length: count }, (_, n) => n)

const program = Effect.gen(function* () {
  const single = yield* deploy(numbers.slice(0, alone), 1)
  yield* mustSucceed(single.results)
  const one = median(single.results.map(({ took }) => took / 1000))
  const ideal = (one * count) / places
  yield* Effect.promise(engines.reset)
  const before = process.cpuUsage()
  const all = yield* deploy(numbers, places)
  const { user, system } = process.cpuUsage(before)
  yield* mustSucceed(all.results)
  const calls = yield* Effect.promise(engines.reset)
  yield* Effect.promise(() => engines.stall(3))
  const withStall = yield* deploy(numbers, places)
  const mebibytes = process.resourceUsage().maxRSS / 1024
  return {
    cores: availableParallelism(),
    load: loadavg(),
    targets: count,
    places,
    oneAlone: one,
    ideal,
    wall: all.wall,
    overIdeal: all.wall / ideal,
    cpuSeconds: (user + system) / 1e6,
    mebibytes,
    calls,
    stalled: {
      failed: failures(withStall.results).map(({ target }) => target),
      othersThrough: withStall.answered,
      delay: withStall.answered / all.answered,
    },
  }
})

try {
  const report = await Effect.runPromise(program)
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  const kept =
    report.stalled.failed.join() === "3" &&
    report.overIdeal <= promises.overIdeal &&
    report.mebibytes <= promises.mebibytes &&
    report.stalled.delay <= promises.delay
  if (!kept) process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
