/**
 * One piece of work on many targets: bounded, each target on its own. What fails, stalls or throws on one of them is that target's
 * result and never another's. Knows neither drivers nor deployments; what the work is, and what undoing it means, the caller says.
 */
import { Cause, Clock, Effect, Exit } from "effect"
import { DeadlineExceeded, Internal, type WindFlowError } from "../model/errors/union.ts"

export interface FleetOptions<T, A> {
  /** Targets worked on at once; default 32. A stalled target holds one of these places until its deadline. */
  readonly concurrency?: number
  /** Seconds a target may take, from its own start; then it fails with `DeadlineExceeded` and its place is free. */
  readonly deadline?: number
  /** `stop`: after the first failure no target is begun and those at work are interrupted. Default: the others go on. */
  readonly onFailure?: "continue" | "stop"
  /** Called as each target is through, in the order in which they end; must not fail. */
  readonly onSettled?: (result: FleetResult<T, A>) => Effect.Effect<void>
}

export type FleetOutcome<A> =
  | { readonly _tag: "Succeeded"; readonly value: A }
  | { readonly _tag: "Failed"; readonly error: WindFlowError }
  /** Interrupted in the middle of its work, because another target failed (`onFailure: "stop"`). */
  | { readonly _tag: "Stopped" }
  /** Never begun, because another target had failed. */
  | { readonly _tag: "Skipped" }

export interface FleetResult<T, A> {
  readonly target: T
  readonly outcome: FleetOutcome<A>
  /** Milliseconds of work; 0 when it was skipped. */
  readonly took: number
}

/** Thirty-two open connections are nothing to a laptop, and one stalled target then costs the others 3 %. */
export const defaultFleetConcurrency = 32

/** Interruption of the whole fan-out is none of these: it interrupts every target and gives no results. */
const outcomeOf = <A>(exit: Exit.Exit<A, WindFlowError>): FleetOutcome<A> =>
  Exit.match(exit, {
    onSuccess: (value): FleetOutcome<A> => ({ _tag: "Succeeded", value }),
    onFailure: (cause): FleetOutcome<A> => {
      const found = cause.reasons.find((reason) => reason._tag === "Fail")
      if (found !== undefined) return { _tag: "Failed", error: found.error }
      return Cause.hasInterruptsOnly(cause)
        ? { _tag: "Stopped" }
        : { _tag: "Failed", error: new Internal({ detail: Cause.pretty(cause) }) }
    },
  })

/** Results in the order of `targets`. `nameOf` is for errors. */
export const fanOut = <T, A>(
  targets: ReadonlyArray<T>,
  nameOf: (target: T) => string,
  work: (target: T) => Effect.Effect<A, WindFlowError>,
  options: FleetOptions<T, A> = {},
): Effect.Effect<ReadonlyArray<FleetResult<T, A>>> =>
  Effect.gen(function* () {
    const { deadline } = options
    const results = new Map<number, FleetResult<T, A>>()
    const settle = (index: number, result: FleetResult<T, A>): Effect.Effect<void, "stop"> =>
      Effect.gen(function* () {
        results.set(index, result)
        if (options.onSettled !== undefined) yield* options.onSettled(result)
        // Failing is what makes `forEach` interrupt the others; it waits until they have ended in order.
        if (options.onFailure === "stop" && result.outcome._tag === "Failed") return yield* Effect.fail("stop" as const)
      })
    const limited = (target: T): Effect.Effect<A, WindFlowError> =>
      deadline === undefined
        ? work(target)
        : Effect.timeoutOrElse(work(target), {
            duration: `${deadline} seconds`,
            orElse: () => Effect.fail(new DeadlineExceeded({ subject: nameOf(target), seconds: deadline })),
          })
    const one = ([index, target]: readonly [number, T]) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const began = yield* Clock.currentTimeMillis
          // Suspended: work that throws before it is an effect is this target's failure too.
          const exit = yield* Effect.exit(restore(Effect.suspend(() => limited(target))))
          const took = (yield* Clock.currentTimeMillis) - began
          yield* settle(index, { target, outcome: outcomeOf(exit), took })
        }),
      )
    yield* Effect.ignore(
      Effect.forEach([...targets.entries()], one, {
        concurrency: options.concurrency ?? defaultFleetConcurrency,
        discard: true,
      }),
    )
    return targets.map(
      (target, index): FleetResult<T, A> => results.get(index) ?? { target, outcome: { _tag: "Skipped" }, took: 0 },
    )
  })

/** What became of a target that had to be brought back. */
export type Undone = { readonly _tag: "Undone" } | { readonly _tag: "NotUndone"; readonly error: WindFlowError }

export interface AllOrNothing<T, A> {
  readonly results: ReadonlyArray<FleetResult<T, A>>
  /** Empty when every target succeeded. Holds every target whose work had begun, failed ones included. */
  readonly undone: ReadonlyMap<T, Undone>
}

/**
 * All targets or none: after the first failure nothing more is begun, what is at work ends, and whatever had begun is brought back
 * by `undo`. A target that cannot be brought back is told and keeps no other from it.
 */
export const allOrNothing = <T, A>(
  targets: ReadonlyArray<T>,
  nameOf: (target: T) => string,
  work: (target: T) => Effect.Effect<A, WindFlowError>,
  undo: (result: FleetResult<T, A>) => Effect.Effect<void, WindFlowError>,
  options: Omit<FleetOptions<T, A>, "onFailure"> = {},
): Effect.Effect<AllOrNothing<T, A>> =>
  Effect.gen(function* () {
    const results = yield* fanOut(targets, nameOf, work, { ...options, onFailure: "stop" })
    if (results.every(({ outcome }) => outcome._tag === "Succeeded")) return { results, undone: new Map() }
    const begun = results.filter(({ outcome }) => outcome._tag !== "Skipped")
    const reversed = yield* fanOut(begun, ({ target }) => nameOf(target), undo, {
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      ...(options.deadline === undefined ? {} : { deadline: options.deadline }),
    })
    return {
      results,
      undone: new Map(
        reversed.flatMap(({ target, outcome }): ReadonlyArray<readonly [T, Undone]> => {
          switch (outcome._tag) {
            case "Succeeded":
              return [[target.target, { _tag: "Undone" }]]
            case "Failed":
              return [[target.target, { _tag: "NotUndone", error: outcome.error }]]
            case "Stopped":
            case "Skipped":
              return []
          }
        }),
      ),
    }
  })
