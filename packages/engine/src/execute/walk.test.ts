import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { describe } from "vitest"
import type { EventBody } from "../model/Event.ts"
import { Cancelled, EngineFailed, LockLost, type WindFlowError } from "../model/errors/union.ts"
import type { Operation, Outputs } from "../plan/Operation.ts"
import { walk, type WalkSteps, type WalkStop } from "./walk.ts"

const op = (id: string, needs: ReadonlyArray<string> = [], over: Partial<Operation> = {}): Operation => ({
  id,
  verb: "Do",
  resource: id,
  group: "g",
  cause: "",
  needs,
  recovery: "observe",
  args: {},
  ...over,
})
const failure = new EngineFailed({ call: "x", detail: "no" })
const cancelled: WalkStop = {
  because: "the run was cancelled",
  error: new Cancelled({ deployment: "d", done: 0, total: 0 }),
}

/** A walk under a test's control: each execution waits until it is finished by name. */
const bed = (
  operations: ReadonlyArray<Operation>,
  options: { waits?: ReadonlyArray<string>; concurrency?: number; steps?: Partial<WalkSteps> } = {},
) => {
  const events: Array<string> = []
  const log: Array<string> = []
  const running = new Map<string, Deferred.Deferred<Outputs, WindFlowError>>()
  const changed = new Set<() => void>()
  let most = 0
  const note = (text: string) =>
    Effect.sync(() => {
      log.push(text)
      changed.forEach((wake) => wake())
    })
  const steps: WalkSteps = {
    intent: ({ id }) => note(`intent ${id}`),
    permitted: Effect.void,
    execute: ({ id }, inputs) =>
      Effect.gen(function* () {
        const answer = yield* Deferred.make<Outputs, WindFlowError>()
        running.set(id, answer)
        most = Math.max(most, running.size)
        yield* note(`execute ${id}${Object.keys(inputs).length === 0 ? "" : ` ${JSON.stringify(inputs)}`}`)
        return yield* Deferred.await(answer).pipe(Effect.ensuring(Effect.sync(() => void running.delete(id))))
      }),
    succeeded: ({ id }) => note(`succeeded ${id}`),
    failed: ({ id }, error) => note(`failed ${id} ${error._tag}`),
    ...options.steps,
  }
  const stop = Deferred.makeUnsafe<WalkStop>()
  const emit = (event: EventBody) => {
    if ("operation" in event)
      events.push(`${event._tag} ${event.operation}${"because" in event ? `: ${event.because}` : ""}`)
  }
  const runWith = (restore: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>) =>
    walk(
      {
        operations,
        waits: new Set(options.waits ?? []),
        concurrency: options.concurrency ?? 8,
        steps,
        emit,
        stop: Deferred.await(stop),
      },
      { restore, stop: cancelled },
    )
  const run = Effect.uninterruptibleMask(runWith)
  /** Until the log satisfies the test; the test's own deadline bounds it. */
  const until = (test: () => boolean) =>
    Effect.callback<void>((resume) => {
      const look = () => {
        if (!test()) return
        changed.delete(look)
        resume(Effect.void)
      }
      changed.add(look)
      look()
    })
  const started = (...ids: ReadonlyArray<string>) => until(() => ids.every((id) => running.has(id)))
  const finish = (id: string, outputs: Outputs = {}) =>
    Effect.andThen(
      started(id),
      Effect.suspend(() => Deferred.succeed(running.get(id)!, outputs)),
    )
  const fail = (id: string) =>
    Effect.andThen(
      started(id),
      Effect.suspend(() => Deferred.fail(running.get(id)!, failure)),
    )
  return { run, runWith, events, log, running, started, finish, fail, until, stop, most: () => most }
}

/** Lets every fiber run that can, so that what must not happen would have happened. */
const quiet = Effect.forEach(Array.from({ length: 50 }), () => Effect.yieldNow, { discard: true })

describe("a walk", () => {
  it.effect("hands outputs to those who need them", () =>
    Effect.gen(function* () {
      const walked = bed([op("a"), op("b", ["a"], { inputs: { id: { operation: "a", output: "id" } } })])
      const fiber = yield* Effect.forkChild(walked.run)
      yield* walked.finish("a", { id: "c1" })
      yield* walked.finish("b")
      const result = yield* Fiber.join(fiber)
      assert.deepStrictEqual(walked.log, [
        "intent a",
        "execute a",
        "succeeded a",
        "intent b",
        'execute b {"id":"c1"}',
        "succeeded b",
      ])
      assert.deepStrictEqual([...result.succeeded], ["a", "b"])
      assert.strictEqual(result.started, 2)
      assert.isUndefined(result.error)
    }),
  )

  it.effect("fails an operation whose input was never returned", () =>
    Effect.gen(function* () {
      const walked = bed([op("a"), op("b", ["a"], { inputs: { id: { operation: "a", output: "id" } } })])
      const fiber = yield* Effect.forkChild(walked.run)
      yield* walked.finish("a")
      assert.strictEqual((yield* Fiber.join(fiber)).error?._tag, "Internal")
      assert.notInclude(walked.log, "intent b")
    }),
  )

  it.effect("keeps to its bound and starts the next as soon as one ends", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 10 }, (_, i) => `o${i}`)
      const walked = bed(
        ids.map((id) => op(id)),
        { concurrency: 3 },
      )
      const fiber = yield* Effect.forkChild(walked.run)
      yield* walked.started("o0", "o1", "o2")
      yield* quiet
      assert.strictEqual(walked.running.size, 3)
      for (const id of ids) yield* walked.finish(id)
      yield* Fiber.join(fiber)
      assert.strictEqual(walked.most(), 3)
    }),
  )

  it.effect("lets fifty waits wait at once, without a slot of the work", () =>
    Effect.gen(function* () {
      const waits = Array.from({ length: 50 }, (_, i) => `w${i}`)
      const walked = bed([...waits.map((id) => op(id)), op("a"), op("b", ["a"])], { waits, concurrency: 1 })
      const fiber = yield* Effect.forkChild(walked.run)
      yield* walked.started(...waits, "a")
      yield* walked.finish("a")
      yield* walked.finish("b")
      for (const id of waits) yield* walked.finish(id)
      const result = yield* Fiber.join(fiber)
      assert.strictEqual(result.succeeded.size, 52)
      assert.strictEqual(result.started, 2)
    }),
  )

  it.effect("walks a thousand operations, wide and deep", () =>
    Effect.gen(function* () {
      const operations = Array.from({ length: 1000 }, (_, i) => op(`o${i}`, i % 10 === 0 ? [] : [`o${i - 1}`]))
      const walked = bed(operations, { steps: { execute: () => Effect.succeed({}) } })
      assert.strictEqual((yield* walked.run).succeeded.size, 1000)
    }),
  )

  it.effect("sends nothing before its intent is durable", () =>
    Effect.gen(function* () {
      const durable = yield* Deferred.make<void>()
      const walked = bed([op("a")], { steps: { intent: () => Deferred.await(durable) } })
      const fiber = yield* Effect.forkChild(walked.run)
      yield* quiet
      assert.deepStrictEqual(walked.log, [])
      yield* Deferred.succeed(durable, undefined)
      yield* walked.finish("a")
      yield* Fiber.join(fiber)
    }),
  )

  it.effect("starts no dependent before the success is durable, and none when it cannot be written", () =>
    Effect.gen(function* () {
      const durable = yield* Deferred.make<void, WindFlowError>()
      const walked = bed([op("a"), op("b", ["a"])], { steps: { succeeded: () => Deferred.await(durable) } })
      const fiber = yield* Effect.forkChild(walked.run)
      yield* walked.finish("a")
      yield* quiet
      assert.deepStrictEqual(walked.log, ["intent a", "execute a"])
      yield* Deferred.fail(durable, failure)
      const result = yield* Fiber.join(fiber)
      assert.strictEqual(result.error, failure)
      assert.strictEqual(result.succeeded.size, 0)
      assert.deepStrictEqual(walked.log, ["intent a", "execute a"])
    }),
  )

  it.effect("sends nothing once the lock is lost", () =>
    Effect.gen(function* () {
      const lost = new LockLost({ deployment: "d", epoch: 1, owner: "bob" })
      let held = true
      const walked = bed([op("a"), op("b"), op("c", ["a"])], {
        concurrency: 1,
        steps: { permitted: Effect.suspend(() => (held ? Effect.void : Effect.fail(lost))) },
      })
      const fiber = yield* Effect.forkChild(walked.run)
      yield* walked.started("a")
      held = false
      yield* walked.finish("a")
      const result = yield* Fiber.join(fiber)
      assert.strictEqual(result.error, lost)
      assert.deepStrictEqual(walked.log, ["intent a", "execute a", "succeeded a", "intent b", "failed b LockLost"])
      assert.deepStrictEqual([...result.succeeded], ["a"])
    }),
  )

  it.effect(
    "after a failure starts nothing new, finishes what is in flight, ends waits, and says why the rest is skipped",
    () =>
      Effect.gen(function* () {
        const walked = bed(
          [
            op("a"),
            op("b"),
            op("w"),
            op("after-a", ["a"]),
            op("after-after-a", ["after-a"]),
            op("after-b", ["b"]),
            op("z"),
          ],
          { waits: ["w"], concurrency: 2 },
        )
        const fiber = yield* Effect.forkChild(walked.run)
        yield* walked.started("a", "b", "w")
        yield* walked.fail("a")
        yield* walked.until(() => walked.log.includes("failed w EngineFailed"))
        yield* quiet
        assert.isTrue(walked.running.has("b"))
        yield* walked.finish("b")
        const result = yield* Fiber.join(fiber)
        assert.strictEqual(result.error, failure)
        assert.isFalse(result.asked)
        assert.deepStrictEqual(walked.events.filter((event) => !event.startsWith("OperationStarted")).sort(), [
          "OperationFailed a",
          "OperationSkipped after-a: it needs a, which failed",
          "OperationSkipped after-after-a: it needs a, which failed",
          "OperationSkipped after-b: the run stopped: a failed",
          "OperationSkipped w: the run stopped: a failed",
          "OperationSkipped z: the run stopped: a failed",
          "OperationSucceeded b",
        ])
      }),
  )

  it.effect("asked to stop does the same", () =>
    Effect.gen(function* () {
      const walked = bed([op("a"), op("w"), op("b", ["a"])], { waits: ["w"] })
      const fiber = yield* Effect.forkChild(walked.run)
      yield* walked.started("a", "w")
      yield* Deferred.succeed(walked.stop, cancelled)
      yield* walked.until(() => walked.log.includes("failed w Cancelled"))
      yield* quiet
      assert.isTrue(walked.running.has("a"))
      yield* walked.finish("a")
      const result = yield* Fiber.join(fiber)
      assert.isTrue(result.asked)
      assert.strictEqual(result.error, cancelled.error)
      assert.deepStrictEqual([...result.succeeded], ["a"])
      assert.include(walked.events, "OperationSkipped b: the run was cancelled")
    }),
  )

  it.effect(
    "whose fiber is interrupted does the same, and hands over its result before the interruption takes effect",
    () =>
      Effect.gen(function* () {
        const walked = bed([op("a"), op("b", ["a"])])
        let written: string | undefined
        // As a run does it: one uninterruptible region around the walk and what is written afterwards.
        const run = Effect.uninterruptibleMask((restore) =>
          Effect.map(walked.runWith(restore), (result) => {
            written = result.error?._tag
          }),
        )
        const fiber = yield* Effect.forkChild(run)
        yield* walked.started("a")
        const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
        yield* quiet
        assert.isUndefined(written)
        yield* walked.finish("a")
        yield* Fiber.join(interruption)
        assert.strictEqual(written, "Cancelled")
        assert.deepStrictEqual(walked.log, ["intent a", "execute a", "succeeded a"])
        assert.include(walked.events, "OperationSkipped b: the run was cancelled")
      }),
  )

  it.effect("calls a defect of a driver by its name", () =>
    Effect.gen(function* () {
      const walked = bed([op("a"), op("b", ["a"])], { steps: { execute: () => Effect.die(new Error("oops")) } })
      const result = yield* walked.run
      assert.strictEqual(result.error?._tag, "Internal")
      assert.include(result.error?.message, "oops")
      assert.deepStrictEqual(walked.log, ["intent a", "failed a Internal"])
    }),
  )
})
