/**
 * The bounded walk over a plan's operations. Decides nothing: it starts what is ready, journals around each call, and stops
 * in order when something fails or somebody asks. Knows no driver, lock or journal by name, only the steps it is given.
 */
import { Cause, Deferred, Effect, Exit, Scope } from "effect"
import type { EventBody } from "../model/Event.ts"
import { Internal, type WindFlowError } from "../model/errors/union.ts"
import type { Operation, Outputs } from "../plan/Operation.ts"

export interface WalkSteps {
  /** Durable before it returns. */
  readonly intent: (operation: Operation) => Effect.Effect<void, WindFlowError>
  /** Whether we may still send something: the lease. Called last before `execute`. */
  readonly permitted: Effect.Effect<void, WindFlowError>
  readonly execute: (operation: Operation, inputs: Outputs) => Effect.Effect<Outputs, WindFlowError>
  readonly succeeded: (operation: Operation, outputs: Outputs) => Effect.Effect<void, WindFlowError>
  readonly failed: (operation: Operation, error: WindFlowError) => Effect.Effect<void, WindFlowError>
}

export interface WalkOptions {
  /** Each stands after what it needs. */
  readonly operations: ReadonlyArray<Operation>
  /** Those that only wait: they take no slot, and end when the walk stops. */
  readonly waits: ReadonlySet<string>
  readonly concurrency: number
  readonly steps: WalkSteps
  readonly emit: (event: EventBody) => void
  /** Completes when somebody asks to stop; its value says why. */
  readonly stop: Effect.Effect<WalkStop>
  /** What operations of an earlier walk returned, for `inputs`. */
  readonly outputs?: ReadonlyMap<string, Outputs>
}

/** Why a walk was asked to stop: words for people, and the error of a wait that it ends. */
export interface WalkStop {
  readonly because: string
  readonly error: WindFlowError
}

export interface WalkResult {
  readonly succeeded: ReadonlySet<string>
  /** Sent to the engine, waits too, whatever became of them. */
  readonly sent: ReadonlySet<string>
  /** Of those that succeeded. */
  readonly outputs: ReadonlyMap<string, Outputs>
  /** The operation whose failure stopped it. */
  readonly failed: Operation | undefined
  /** How many were sent to the engine, waits not counted. */
  readonly started: number
  /** What stopped it: the first failure, or the request. */
  readonly error: WindFlowError | undefined
  /** Whether a request stopped it (and not a failure). */
  readonly asked: boolean
}

interface Stopped extends WalkStop {
  readonly asked: boolean
  readonly failed?: Operation
}

const asError = (cause: Cause.Cause<WindFlowError>): WindFlowError => {
  const failure = cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? new Internal({ detail: Cause.pretty(cause) }) : failure.error
}

/** Called in an uninterruptible region: `restore` makes waiting for the end interruptible, which asks to stop like `stop`. */
export const walk = (
  options: WalkOptions,
  interruption: {
    readonly restore: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
    readonly stop: WalkStop
  },
): Effect.Effect<WalkResult> =>
  Effect.gen(function* () {
    const { operations, waits, steps, emit } = options
    const scope = yield* Scope.make()
    const done = yield* Deferred.make<void>()
    /** Ends the waits; its value is why. */
    const halt = yield* Deferred.make<never, WindFlowError>()
    const byId = new Map(operations.map((operation) => [operation.id, operation]))
    const missing = new Map<string, number>()
    const dependents = new Map<string, Array<Operation>>()
    const ready: Array<Operation> = []
    let next = 0
    let inFlight = 0
    let slots = Math.max(1, options.concurrency)
    let started = 0
    let stopped: Stopped | undefined
    /** A call, because others change it while an operation is awaited. */
    const halted = (): Stopped | undefined => stopped
    const unstarted = new Set(byId.keys())
    const outputs = new Map<string, Outputs>()
    const sent = new Set<string>()
    const pendingWaits: Array<Operation> = []

    const becomeReady = (operation: Operation) => (waits.has(operation.id) ? pendingWaits : ready).push(operation)
    for (const operation of operations) {
      missing.set(operation.id, operation.needs.length)
      if (operation.needs.length === 0) becomeReady(operation)
      for (const need of operation.needs) {
        const list = dependents.get(need)
        if (list === undefined) dependents.set(need, [operation])
        else list.push(operation)
      }
    }

    const skipRest = (because: string, failed: string | undefined) => {
      const roots = new Map<string, string>(failed === undefined ? [] : [[failed, failed]])
      for (const operation of operations) {
        if (!unstarted.delete(operation.id)) continue
        const root = operation.needs.map((id) => roots.get(id)).find((id) => id !== undefined)
        if (root !== undefined) roots.set(operation.id, root)
        emit({
          _tag: "OperationSkipped",
          operation: operation.id,
          because: root === undefined ? because : `it needs ${root}, which failed`,
        })
      }
    }

    const stopWith = (reason: Stopped, failed?: string) => {
      if (stopped !== undefined) return
      stopped = reason
      Deferred.doneUnsafe(halt, Exit.fail(reason.error))
      skipRest(reason.because, failed)
    }

    const inputsOf = (operation: Operation): Effect.Effect<Outputs, Internal> => {
      const inputs: Record<string, string> = {}
      for (const [name, reference] of Object.entries(operation.inputs ?? {})) {
        const from = outputs.get(reference.operation) ?? options.outputs?.get(reference.operation)
        const value = from?.[reference.output]
        if (value === undefined) {
          const detail = `${operation.id}: ${reference.operation} returned no ${reference.output}`
          return Effect.fail(new Internal({ detail }))
        }
        inputs[name] = value
      }
      return Effect.succeed(inputs)
    }

    const notSent = (operation: Operation, reason: WalkStop) => {
      emit({ _tag: "OperationSkipped", operation: operation.id, because: reason.because })
      return Effect.fail(reason.error)
    }

    /** A call that failed, or a wait that was given up. */
    const ended = (operation: Operation, error: WindFlowError) =>
      Effect.gen(function* () {
        yield* Effect.ignore(steps.failed(operation, error))
        const reason = halted()
        if (error === reason?.error && waits.has(operation.id)) return yield* notSent(operation, reason)
        emit({ _tag: "OperationFailed", operation: operation.id, error })
        return yield* Effect.fail(error)
      })

    /** Everything about one operation; fails only with what must stop the walk. */
    const perform = (operation: Operation) =>
      Effect.gen(function* () {
        const isWait = waits.has(operation.id)
        const already = halted()
        if (already !== undefined) return yield* notSent(operation, already)
        const inputs = yield* inputsOf(operation)
        yield* steps.intent(operation)
        // After the intent is durable and right before the call: what may have frozen us in between is then noticed.
        const permission = yield* Effect.exit(steps.permitted)
        const refused = Exit.isFailure(permission) ? asError(permission.cause) : undefined
        const reason = halted() ?? (refused && { because: refused.message, error: refused })
        if (reason !== undefined) {
          yield* Effect.ignore(steps.failed(operation, reason.error))
          return yield* notSent(operation, reason)
        }
        emit({ _tag: "OperationStarted", operation: operation.id })
        sent.add(operation.id)
        if (!isWait) started++
        const call = steps.execute(operation, inputs)
        const outcome = yield* Effect.exit(isWait ? Effect.raceFirst(call, Deferred.await(halt)) : call)
        if (Exit.isFailure(outcome)) return yield* ended(operation, asError(outcome.cause))
        yield* steps.succeeded(operation, outcome.value)
        outputs.set(operation.id, outcome.value)
        return emit({ _tag: "OperationSucceeded", operation: operation.id })
      })

    const settled = (operation: Operation, exit: Exit.Exit<void, WindFlowError>) => {
      inFlight--
      if (!waits.has(operation.id)) slots++
      if (Exit.isSuccess(exit)) {
        for (const dependent of dependents.get(operation.id) ?? []) {
          const left = (missing.get(dependent.id) ?? 0) - 1
          missing.set(dependent.id, left)
          if (left === 0) becomeReady(dependent)
        }
      } else {
        const error = asError(exit.cause)
        stopWith(
          { because: `the run stopped: ${operation.id} failed`, error, asked: false, failed: operation },
          operation.id,
        )
      }
    }

    const start = (operation: Operation): Effect.Effect<unknown> =>
      Effect.forkIn(
        Effect.flatMap(Effect.exit(perform(operation)), (exit) => {
          settled(operation, exit)
          return pump()
        }),
        scope,
      )

    /** Starts what may start; ends the walk when nothing is in flight and nothing can come. */
    const pump = (): Effect.Effect<unknown> =>
      Effect.suspend(() => {
        const now: Array<Operation> = []
        if (stopped === undefined) {
          now.push(...pendingWaits.splice(0))
          while (slots > 0 && next < ready.length) {
            slots--
            now.push(ready[next++]!)
          }
        }
        inFlight += now.length
        for (const operation of now) unstarted.delete(operation.id)
        if (inFlight === 0) return Deferred.succeed(done, undefined)
        return now.length === 1 ? start(now[0]!) : Effect.forEach(now, start, { discard: true })
      })

    yield* Effect.forkIn(
      Effect.flatMap(options.stop, (reason) => {
        stopWith({ ...reason, asked: true })
        return pump()
      }),
      scope,
    )
    yield* pump()
    yield* interruption.restore(Deferred.await(done)).pipe(
      Effect.onInterrupt(() =>
        Effect.suspend(() => {
          stopWith({ ...interruption.stop, asked: true })
          return Effect.andThen(pump(), Deferred.await(done))
        }),
      ),
      Effect.exit,
    )
    yield* Scope.close(scope, Exit.void)
    return {
      succeeded: new Set(outputs.keys()),
      sent,
      outputs,
      failed: stopped?.failed,
      started,
      error: stopped?.error,
      asked: stopped?.asked ?? false,
    }
  })
