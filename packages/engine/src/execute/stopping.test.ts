import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe } from "vitest"
import { makeLocks } from "../state/lease.ts"
import { memoryJournal } from "../state/memory.ts"
import { fakeDriver, losableLocks, makeFakeEngine } from "../testing/index.ts"
import { makeDeployments } from "./makeDeployments.ts"
import { bed, shop, target, wait } from "./run.fixture.ts"

describe("stopping a run", () => {
  const slow = { delay: () => "10 seconds" as const }

  it.effect("by cancellation finishes what is in flight, records it, and the next run continues", () =>
    Effect.gen(function* () {
      const { deployments, engine, locks, tags, onEvent, events, journal } = bed(slow)
      const cancel = yield* Deferred.make<void>()
      const working = wait("OperationStarted", "container:db:1/CreateContainer")
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          deployments.run(shop, {
            cancel: Deferred.await(cancel),
            onEvent: (event) => {
              onEvent(event)
              working.onEvent(event)
            },
          }),
        ),
      )
      yield* TestClock.adjust("10 seconds")
      yield* working.seen
      yield* Deferred.succeed(cancel, undefined)
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(fiber)
      assert.deepInclude(error, { _tag: "Cancelled", deployment: "shop@local", total: 10 })
      assert.include(engine.calls, "CreateContainer shop-db-1")
      assert.notInclude(engine.calls, "StartContainer shop-db-1")
      assert.strictEqual(tags().at(-1), "RunEnded")
      const done = events.filter(({ _tag }) => _tag === "OperationSucceeded").length
      assert.deepInclude(error, { done })
      assert.strictEqual((yield* deployments.history("shop"))[0]?.revision.status, "cancelled")
      assert.deepStrictEqual(yield* locks, [])
      assert.isUndefined(yield* journal.openRun("shop@local"))
      const next = yield* Effect.forkChild(deployments.run(shop))
      for (let i = 0; i < 12; i++) yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(next)).status, "succeeded")
    }),
  )

  it.effect("while it prepares leaves nothing", () =>
    Effect.gen(function* () {
      const { deployments, as, locks } = bed()
      const preparing = yield* Deferred.make<void>()
      const cancel = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          as("ann@laptop", {
            prepare: () => Effect.andThen(Deferred.succeed(preparing, undefined), Effect.never),
          }).run(shop, { cancel: Deferred.await(cancel) }),
        ),
      )
      yield* Deferred.await(preparing)
      yield* Deferred.succeed(cancel, undefined)
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "Cancelled", done: 0 })
      assert.deepStrictEqual(yield* deployments.history("shop"), [])
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect("by its deadline does the same, with another error", () =>
    Effect.gen(function* () {
      const { deployments, locks } = bed({ engine: { health: () => "starting" } })
      const working = wait("OperationStarted", "service:db/WaitReady")
      const fiber = yield* Effect.forkChild(Effect.flip(deployments.run(shop, { ...working, deadline: 30 })))
      yield* working.seen
      yield* TestClock.adjust("30 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "DeadlineExceeded", seconds: 30 })
      assert.strictEqual((yield* deployments.history("shop"))[0]?.revision.status, "failed")
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect("by interrupting its fiber records it as cancelled and gives the lock back", () =>
    Effect.gen(function* () {
      const { deployments, locks, journal, engine } = bed(slow)
      const working = wait("OperationStarted", "container:db:1/CreateContainer")
      const fiber = yield* Effect.forkChild(deployments.run(shop, working))
      yield* TestClock.adjust("10 seconds")
      yield* working.seen
      const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(interruption)
      assert.include(engine.calls, "CreateContainer shop-db-1")
      assert.strictEqual((yield* deployments.history("shop"))[0]?.revision.status, "cancelled")
      assert.isUndefined(yield* journal.openRun("shop@local"))
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect("because somebody took its lock sends nothing more", () =>
    Effect.gen(function* () {
      const engine = makeFakeEngine()
      const { locks, lose } = losableLocks(makeLocks(engine.records, { target: "local" }), "bob@ci")
      const deployments = makeDeployments({
        driver: fakeDriver(engine),
        target,
        journal: memoryJournal(),
        locks,
        owner: { name: "ann@laptop", bootId: "", pid: 1, started: "1" },
      })
      const events: Array<string> = []
      const error = yield* Effect.flip(
        deployments.run(shop, {
          concurrency: 1,
          onEvent: (event) => {
            events.push(event._tag)
            if (event._tag === "OperationSucceeded") Effect.runSync(lose)
          },
        }),
      )
      assert.deepInclude(error, { _tag: "LockLost", owner: "bob@ci" })
      assert.deepStrictEqual(engine.calls, ["CreateNetwork shop_default"])
      assert.strictEqual(events.filter((tag) => tag === "OperationSkipped").length, 9)
    }),
  )

  it.effect("because its lock was lost sends nothing more and leaves history to the new holder", () =>
    Effect.gen(function* () {
      const { deployments, engine, locks } = bed(slow)
      const working = wait("OperationStarted", "container:db:1/CreateContainer")
      const fiber = yield* Effect.forkChild(Effect.flip(deployments.run(shop, working)))
      yield* TestClock.adjust("10 seconds")
      yield* working.seen
      for (const { name } of yield* locks) yield* engine.records.remove(name)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "LockLost")
      const sent = engine.calls.length
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(engine.calls.length, sent)
      assert.isBelow(engine.calls.filter((call) => call.startsWith("Start")).length, 3)
      assert.deepStrictEqual(yield* deployments.history("shop"), [])
    }),
  )
})
