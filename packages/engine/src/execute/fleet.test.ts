import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { describe } from "vitest"
import { EngineFailed, type WindFlowError } from "../model/errors/union.ts"
import { fanOut } from "./fleet.ts"

const names = (count: number) => Array.from({ length: count }, (_, n) => `host-${n}`)
const broken = (detail: string) => new EngineFailed({ call: "GET /", detail })
const tags = (results: ReadonlyArray<{ readonly outcome: { readonly _tag: string } }>) =>
  results.map(({ outcome }) => outcome._tag)
const self = (name: string) => name

describe("fanOut", () => {
  it.effect("works on so many at once and no more, and answers in the order it was asked", () =>
    Effect.gen(function* () {
      const working = yield* Ref.make(0)
      let most = 0
      const fiber = yield* Effect.forkChild(
        fanOut(
          names(10),
          self,
          (name) =>
            Effect.gen(function* () {
              most = Math.max(most, yield* Ref.updateAndGet(working, (n) => n + 1))
              yield* Effect.sleep(name === "host-0" ? "50 seconds" : "10 seconds")
              yield* Ref.update(working, (n) => n - 1)
              return name
            }),
          { concurrency: 4 },
        ),
      )
      yield* TestClock.adjust("1 hour")
      const results = yield* Fiber.join(fiber)
      assert.strictEqual(most, 4)
      assert.deepStrictEqual(
        results.map(({ outcome }) => (outcome._tag === "Succeeded" ? outcome.value : outcome._tag)),
        names(10),
      )
      assert.deepStrictEqual(results.map(({ took }) => took).slice(0, 2), [50_000, 10_000])
    }),
  )

  it.effect("a target that fails, one that throws and one that dies are their own results", () =>
    Effect.gen(function* () {
      const results = yield* fanOut(names(4), self, (name): Effect.Effect<string, WindFlowError> => {
        if (name === "host-0") return Effect.fail(broken("no"))
        if (name === "host-1") throw new Error("thrown")
        return name === "host-2" ? Effect.die(new Error("a defect")) : Effect.succeed(name)
      })
      assert.deepStrictEqual(tags(results), ["Failed", "Failed", "Failed", "Succeeded"])
      assert.deepStrictEqual(
        results.map(({ outcome }) => (outcome._tag === "Failed" ? outcome.error._tag : "")),
        ["EngineFailed", "Internal", "Internal", ""],
      )
    }),
  )

  it.effect("a stalled target ends at its deadline, and its place is used by the next", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        fanOut(names(3), self, (name) => (name === "host-0" ? Effect.never : Effect.sleep("1 second")), {
          concurrency: 1,
          deadline: 30,
        }),
      )
      yield* TestClock.adjust("32 seconds")
      const results = yield* Fiber.join(fiber)
      assert.deepStrictEqual(tags(results), ["Failed", "Succeeded", "Succeeded"])
      assert.deepStrictEqual(
        results.map(({ took }) => took),
        [30_000, 1000, 1000],
      )
    }),
  )

  it.effect("interrupting it interrupts every target", () =>
    Effect.gen(function* () {
      let ended = 0
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        fanOut(names(5), self, () =>
          Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Effect.sync(() => void ended++)),
          ),
        ),
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(ended, 5)
    }),
  )

  it.effect("after a failure nothing more is begun, and what is at work ends in its own time", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const fiber = yield* Effect.forkChild(
        fanOut(
          names(5),
          self,
          (name) =>
            Effect.gen(function* () {
              log.push(`begin ${name}`)
              if (name === "host-1") return yield* Effect.andThen(Effect.sleep("1 second"), Effect.fail(broken("no")))
              yield* Effect.sleep("5 seconds")
              log.push(`end ${name}`)
            }),
          { concurrency: 2, onFailure: "skip-rest" },
        ),
      )
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(tags(yield* Fiber.join(fiber)), ["Succeeded", "Failed", "Skipped", "Skipped", "Skipped"])
      assert.deepStrictEqual(log, ["begin host-0", "begin host-1", "end host-0"])
    }),
  )
})
