/** The work queue by example: what each answer of a reconcile leads to, on a clock of our own. */
import { assert, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe } from "vitest"
import { type Outcome, TerminalError } from "./contract.ts"
import { makeWorkQueue } from "./workQueue.ts"

interface Run {
  readonly key: string
  readonly attempt: number
  readonly at: number
}

/** A queue whose runs are noted before they answer. */
const noted = (answer: (run: Run) => Effect.Effect<Outcome, unknown>, concurrency: number = 1) =>
  Effect.gen(function* () {
    const runs: Array<Run> = []
    const queue = yield* makeWorkQueue<string>({
      concurrency,
      reconcile: (key, attempt) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) => {
          const run = { key, attempt, at }
          runs.push(run)
          return answer(run)
        }),
    })
    return { queue, runs }
  })

const settled = TestClock.adjust(0)
const after = (seconds: number) => ({ requeueAfter: Duration.seconds(seconds) })
const attempts = (runs: ReadonlyArray<Run>) => runs.map(({ attempt }) => attempt)

describe("a work queue", () => {
  it.effect("keeps equal keys once while they wait, whatever the order of their fields", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const queue = yield* makeWorkQueue<{ readonly a: number; readonly b: number }>({
        reconcile: (key) => Effect.sync(() => void seen.push(key)),
      })
      yield* queue.add({ a: 1, b: 2 })
      yield* queue.add({ b: 2, a: 1 })
      yield* queue.add({ a: 2, b: 1 })
      yield* settled
      assert.deepStrictEqual(seen, [
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ])
    }),
  )

  it.effect("runs a key once more that came, several times, while it ran", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { queue, runs } = yield* noted(() => Deferred.await(gate), 2)
      yield* queue.add("a")
      yield* settled
      yield* queue.add("a")
      yield* queue.add("a")
      yield* settled
      assert.strictEqual(runs.length, 1)
      yield* Deferred.succeed(gate, undefined)
      yield* settled
      assert.deepStrictEqual(attempts(runs), [1, 1])
    }),
  )

  it.effect("backs off further with each failure up to the bound, and begins anew after a success", () =>
    Effect.gen(function* () {
      let well = false
      const { queue, runs } = yield* noted(() => (well ? Effect.void : Effect.fail("down")))
      yield* queue.add("a")
      yield* TestClock.adjust("2 hours")
      const delays = runs.slice(1).map(({ at }, index) => at - runs[index]!.at)
      for (const [index, delay] of delays.entries()) {
        const base = 5 * 2 ** index
        assert.isAtLeast(delay, Math.min(1_000_000, Math.floor(base * 0.8)))
        assert.isAtMost(delay, Math.min(1_000_000, Math.ceil(base * 1.2)))
      }
      assert.isAbove(delays.filter((delay) => delay === 1_000_000).length, 1)
      assert.deepStrictEqual(
        attempts(runs),
        runs.map((_, index) => index + 1),
      )

      well = true
      yield* queue.add("a")
      yield* settled
      well = false
      const before = runs.length
      yield* queue.add("a")
      yield* TestClock.adjust("6 millis")
      assert.deepStrictEqual(attempts(runs.slice(before)), [1, 2])
    }),
  )

  it.effect("looks again after the time asked for; attempts count on until it is done, backoff does not", () =>
    Effect.gen(function* () {
      const { queue, runs } = yield* noted(({ attempt }) =>
        attempt === 2 ? Effect.fail("once") : Effect.succeed(attempt < 4 ? after(30) : undefined),
      )
      yield* queue.add("a")
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(attempts(runs), [1, 2, 3, 4])
      const [first, second, third, fourth] = runs.map(({ at }) => at)
      assert.deepStrictEqual([first, second], [0, 30_000])
      assert.isAtMost(third! - second!, 6)
      assert.strictEqual(fourth! - third!, 30_000)
    }),
  )

  it.effect("lets a hint come before a delay, which then has no say any more", () =>
    Effect.gen(function* () {
      const { queue, runs } = yield* noted(({ attempt }) => Effect.succeed(attempt === 1 ? after(60) : undefined))
      yield* queue.add("a")
      yield* TestClock.adjust("1 second")
      yield* queue.add("a")
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(
        runs.map(({ at }) => at),
        [0, 1000],
      )
    }),
  )

  it.effect("lets go of a key that failed for good until the next hint, and survives defects", () =>
    Effect.gen(function* () {
      const { queue, runs } = yield* noted(({ key }) =>
        key === "for good" ? Effect.fail(new TerminalError("no")) : Effect.die("bug"),
      )
      yield* queue.add("for good")
      yield* queue.add("bug")
      yield* settled
      yield* TestClock.adjust("20 millis")
      assert.isAbove(runs.filter(({ key }) => key === "bug").length, 1)
      yield* queue.add("for good")
      yield* settled
      assert.deepStrictEqual(attempts(runs.filter(({ key }) => key === "for good")), [1, 1])
    }),
  )

  it.effect("drains: takes nothing more, forgets delays and retries, finishes what is ready or runs", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { queue, runs } = yield* noted(({ key }) => {
        if (key === "delayed") return Effect.succeed(after(60))
        return key === "slow" ? Deferred.await(gate) : Effect.fail("down")
      })
      yield* queue.add("delayed")
      yield* settled
      yield* queue.add("slow")
      yield* queue.add("failing")
      yield* settled
      const drain = yield* Effect.forkChild(queue.drain)
      yield* settled
      yield* queue.add("late")
      yield* TestClock.adjust("1 hour")
      assert.isUndefined(drain.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(drain)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(
        runs.map(({ key }) => key),
        ["delayed", "slow", "failing"],
      )
    }),
  )
})
