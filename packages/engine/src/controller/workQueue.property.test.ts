/** Random scripts of hints, slow runs, failures and delays: the laws of the queue hold in any order of them. */
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { afterAll } from "vitest"
import { makeWorkQueue } from "./workQueue.ts"

const Step = Schema.Struct({
  key: Schema.Literals(["a", "b", "c"]),
  /** Milliseconds before the hint. */
  pass: Schema.Literals([0, 0, 0, 1, 3, 20, 200]),
})
const Answer = Schema.Struct({
  takes: Schema.Literals([0, 0, 2, 10, 100]),
  ends: Schema.Literals(["done", "done", "fails", "again"]),
})

let runs = 0
let whileRunning = 0

it.effect.prop(
  "no key is with two workers, no more keys run than workers, and every hint is followed by a run that began later",
  [
    Schema.Array(Step).check(Schema.isMinLength(5), Schema.isMaxLength(40)),
    Schema.Array(Answer).check(Schema.isMaxLength(40)),
    Schema.Literals([1, 2, 3]),
  ],
  ([script, answers, concurrency]) =>
    Effect.gen(function* () {
      const running = new Set<string>()
      const unanswered = new Set<string>()
      let turn = 0
      const queue = yield* makeWorkQueue<string>({
        concurrency,
        reconcile: (key) =>
          Effect.gen(function* () {
            const answer = answers[turn++]
            assert.isFalse(running.has(key), `${key} is with two workers`)
            running.add(key)
            runs++
            assert.isAtMost(running.size, concurrency)
            unanswered.delete(key)
            yield* Effect.sleep(answer?.takes ?? 1)
            running.delete(key)
            if (answer?.ends === "fails") return yield* Effect.fail("down")
            return answer?.ends === "again" ? { requeueAfter: Duration.millis(7) } : undefined
          }),
      })
      for (const { key, pass } of script) {
        if (pass > 0) yield* TestClock.adjust(pass)
        else yield* Effect.yieldNow
        if (running.has(key)) whileRunning++
        unanswered.add(key)
        yield* queue.add(key)
      }
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([...unanswered], [])
      assert.strictEqual(running.size, 0)
      // Nothing is left behind: the queue is idle.
      const before = runs
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(runs, before)
      yield* queue.drain
    }).pipe(Effect.scoped),
  { arbitrary: { runs: Number(process.env["WINDFLOW_PROPERTY_RUNS"] ?? 200) }, timeout: 60_000 },
)

// Without this the property could hold because nothing ever ran, or nothing came at the wrong moment.
afterAll(() => {
  assert.isAbove(runs, 500)
  assert.isAbove(whileRunning, 50)
})
