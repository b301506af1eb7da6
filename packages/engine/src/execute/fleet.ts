/**
 * One piece of work on many targets: bounded, each target on its own. What fails, stalls or throws on one of them is that target's
 * result and never another's. Knows neither drivers nor deployments; what the work is, and what undoing it means, the caller says.
 */
import { Cause, Clock, Effect, Exit } from "effect"
import { DeadlineExceeded, Internal } from "../model/errors/union.ts"

export interface FleetOptions<T, A, E> {
  /** Targets worked on at once; default 32. A stalled target holds one of these places until its deadline. */
  readonly concurrency?: number
  /** Seconds a target may take, from its own start; then it fails with `DeadlineExceeded` and its place is free. */
  readonly deadline?: number
  /** `skip-rest`: after the first failure no target is begun; those at work end theirs. Default: all are begun. */
  readonly onFailure?: "continue" | "skip-rest"
  /** Called as each target is through, in the order in which they end; must not fail. */
  readonly onSettled?: (result: FleetResult<T, A, E>) => Effect.Effect<void>
}

export type FleetOutcome<A, E> =
  | { readonly _tag: "Succeeded"; readonly value: A }
  | { readonly _tag: "Failed"; readonly error: E | DeadlineExceeded | Internal }
  /** Never begun, because another target had failed. */
  | { readonly _tag: "Skipped" }

export interface FleetResult<T, A, E> {
  readonly target: T
  readonly outcome: FleetOutcome<A, E>
  /** Milliseconds of work; 0 when it was skipped. */
  readonly took: number
}

/** Thirty-two open connections are nothing to a laptop, and one stalled target then costs the others 3 %. */
export const defaultFleetConcurrency = 32

/** Interruption of the whole fan-out is none of these: it interrupts every target and gives no results. */
const outcomeOf = <A, E>(exit: Exit.Exit<A, E | DeadlineExceeded>): FleetOutcome<A, E> =>
  Exit.match(exit, {
    onSuccess: (value): FleetOutcome<A, E> => ({ _tag: "Succeeded", value }),
    onFailure: (cause): FleetOutcome<A, E> => {
      const found = cause.reasons.find((reason) => reason._tag === "Fail")
      return {
        _tag: "Failed",
        error: found === undefined ? new Internal({ detail: Cause.pretty(cause) }) : found.error,
      }
    },
  })

/** Results in the order of `targets`. `nameOf` is for errors. */
export const fanOut = <T, A, E>(
  targets: ReadonlyArray<T>,
  nameOf: (target: T) => string,
  work: (target: T) => Effect.Effect<A, E>,
  options: FleetOptions<T, A, E> = {},
): Effect.Effect<ReadonlyArray<FleetResult<T, A, E>>> =>
  Effect.suspend(() => {
    const { deadline } = options
    let failed = false
    const limited = (target: T): Effect.Effect<A, E | DeadlineExceeded> =>
      deadline === undefined
        ? work(target)
        : Effect.timeoutOrElse(work(target), {
            duration: `${deadline} seconds`,
            orElse: () => Effect.fail(new DeadlineExceeded({ subject: nameOf(target), seconds: deadline })),
          })
    const one = (target: T) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          if (failed && options.onFailure === "skip-rest")
            return { target, outcome: { _tag: "Skipped" }, took: 0 } satisfies FleetResult<T, A, E>
          const began = yield* Clock.currentTimeMillis
          // Suspended: work that throws before it is an effect is this target's failure too.
          const exit = yield* Effect.exit(restore(Effect.suspend(() => limited(target))))
          const took = (yield* Clock.currentTimeMillis) - began
          const result: FleetResult<T, A, E> = { target, outcome: outcomeOf<A, E>(exit), took }
          failed ||= result.outcome._tag === "Failed"
          if (options.onSettled !== undefined) yield* options.onSettled(result)
          return result
        }),
      )
    return Effect.forEach(targets, one, { concurrency: options.concurrency ?? defaultFleetConcurrency })
  })
