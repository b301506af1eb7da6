/** The keyed work queue and its workers: who is reconciled when. No I/O; what keys mean is the caller's business. */
import { Cause, Deferred, Duration, Effect, Exit, Fiber, Queue, type Scope } from "effect"
import { backoff, keyBackoff } from "./backoff.ts"
import { isTerminal, type Outcome, type Reconcile } from "./contract.ts"
import { identityOf } from "./identity.ts"

export interface WorkQueueOptions<Key> {
  readonly reconcile: Reconcile<Key>
  /** Keys reconciled at once; default 1. */
  readonly concurrency?: number
}

export interface WorkQueue<Key> {
  /** Asks for a reconcile of this key. Never waits; ignored once draining. */
  readonly add: (key: Key) => Effect.Effect<void>
  /** Takes no more keys, and completes when those that are ready or run are finished. */
  readonly drain: Effect.Effect<void>
}

/** A key from its first hint until it is done. */
interface Work<Key> {
  readonly id: string
  readonly key: Key
  phase: "ready" | "running" | "waiting"
  /** A hint came while it ran. */
  again: boolean
  failures: number
  attempt: number
  /** Grows with every change to or from waiting: a timer of an earlier wait has no say. */
  turn: number
  timer: Fiber.Fiber<void> | undefined
}

/** The workers live in the caller's scope: closing it interrupts what runs. */
export const makeWorkQueue = <Key>(options: WorkQueueOptions<Key>): Effect.Effect<WorkQueue<Key>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const all = new Map<string, Work<Key>>()
    const ready = yield* Queue.unbounded<Work<Key>>()
    const empty = yield* Deferred.make<void>()
    let open = true

    // Every change of phase is one synchronous step: between two effects another fiber may run.
    const enqueue = (work: Work<Key>) => {
      const timer = work.timer
      work.phase = "ready"
      work.again = false
      work.turn += 1
      work.timer = undefined
      Queue.offerUnsafe(ready, work)
      return timer
    }

    const forget = (work: Work<Key>) =>
      Effect.suspend(() => {
        all.delete(work.id)
        return !open && all.size === 0 ? Effect.asVoid(Deferred.succeed(empty, undefined)) : Effect.void
      })

    const wait = (work: Work<Key>, delay: Duration.Duration) =>
      Effect.suspend(() => {
        work.phase = "waiting"
        work.turn += 1
        const turn = work.turn
        const elapse = Effect.andThen(
          Effect.sleep(delay),
          Effect.sync(() => void (work.turn === turn && enqueue(work))),
        )
        return Effect.flatMap(Effect.forkIn(elapse, scope), (timer) => {
          if (work.turn !== turn) return Fiber.interrupt(timer)
          work.timer = timer
          return Effect.void
        })
      })

    /** `delay` undefined: this key is done for now. */
    const settle = (work: Work<Key>, delay: Duration.Duration | undefined) =>
      Effect.suspend(() => {
        if (work.again) return Effect.sync(() => void enqueue(work))
        return delay === undefined || !open ? forget(work) : wait(work, delay)
      })

    const begin = (work: Work<Key>) => {
      work.failures = 0
      work.attempt = 0
    }

    const failed = (work: Work<Key>, cause: Cause.Cause<unknown>) =>
      Effect.gen(function* () {
        if (isTerminal(Cause.squash(cause))) {
          yield* Effect.logError("reconcile failed for good", cause)
          begin(work)
          return yield* settle(work, undefined)
        }
        work.failures += 1
        const delay = yield* backoff(work.failures, keyBackoff)
        const next = work.again ? "a hint came meanwhile" : `again in ${Duration.format(delay)}`
        yield* Effect.logWarning(`reconcile failed, ${next}`, cause)
        return yield* settle(work, delay)
      })

    const succeeded = (work: Work<Key>, outcome: Outcome) => {
      if (outcome === undefined) begin(work)
      else work.failures = 0
      return settle(work, outcome?.requeueAfter)
    }

    const run = (work: Work<Key>) =>
      Effect.gen(function* () {
        work.phase = "running"
        work.attempt += 1
        // A defect of somebody's reconcile is a failure of its key: the worker goes on with the others.
        const exit = yield* Effect.exit(Effect.suspend(() => options.reconcile(work.key, work.attempt)))
        yield* Exit.isSuccess(exit) ? succeeded(work, exit.value) : failed(work, exit.cause)
      }).pipe(Effect.annotateLogs({ key: work.id, attempt: work.attempt + 1 }))

    const worker = Effect.forever(Effect.flatMap(Queue.take(ready), (work) => Effect.suspend(() => run(work))))
    yield* Effect.forEach(Array.from({ length: options.concurrency ?? 1 }), () => Effect.forkScoped(worker))

    const add = (key: Key) =>
      Effect.suspend(() => {
        if (!open) return Effect.void
        const id = identityOf(key)
        const known = all.get(id)
        if (known === undefined) {
          const work: Work<Key> = {
            id,
            key,
            phase: "ready",
            again: false,
            failures: 0,
            attempt: 0,
            turn: 0,
            timer: undefined,
          }
          all.set(id, work)
          enqueue(work)
          return Effect.void
        }
        switch (known.phase) {
          case "ready":
            return Effect.void
          case "running":
            known.again = true
            return Effect.void
          case "waiting": {
            const timer = enqueue(known)
            return timer === undefined ? Effect.void : Fiber.interrupt(timer)
          }
        }
      })

    const drain = Effect.gen(function* () {
      open = false
      const waiting = [...all.values()].filter(({ phase }) => phase === "waiting")
      for (const work of waiting) {
        all.delete(work.id)
        work.turn += 1
      }
      const timers = waiting.flatMap(({ timer }) => (timer === undefined ? [] : [timer]))
      yield* Fiber.interruptAll(timers)
      if (all.size > 0) yield* Deferred.await(empty)
    })

    return { add, drain }
  })
