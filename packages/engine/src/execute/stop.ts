/** Requests to stop a run: a cancellation, or its deadline. Both end it in order; whichever comes first says why. */
import { Deferred, Effect, type Scope } from "effect"
import { Cancelled, DeadlineExceeded, type WindFlowError } from "../model/errors/union.ts"
import type { RunOptions } from "./Deployments.ts"
import type { WalkStop } from "./walk.ts"

export interface Stop {
  /** Completes when somebody asks. */
  readonly asked: Effect.Effect<WalkStop>
  /** Runs what may be given up at any moment (nothing was changed yet); fails with the reason when asked to stop. */
  readonly during: <A>(effect: Effect.Effect<A, WindFlowError>) => Effect.Effect<A, WindFlowError>
  /** What an interruption of the fiber means. */
  readonly interrupted: WalkStop
}

export const makeStop = (deployment: string, options: RunOptions): Effect.Effect<Stop, never, Scope.Scope> =>
  Effect.gen(function* () {
    const asked = yield* Deferred.make<WalkStop>()
    // `run.ts` replaces the counts of a cancellation when it knows them.
    const interrupted = { because: "the run was cancelled", error: new Cancelled({ deployment, done: 0, total: 0 }) }
    if (options.cancel !== undefined)
      yield* Effect.forkScoped(Effect.andThen(options.cancel, Deferred.succeed(asked, interrupted)))
    if (options.deadline !== undefined) {
      const error = new DeadlineExceeded({ subject: `The run of ${deployment}`, seconds: options.deadline })
      const reason = { because: error.message, error }
      yield* Effect.forkScoped(
        Effect.andThen(Effect.sleep(`${options.deadline} seconds`), Deferred.succeed(asked, reason)),
      )
    }
    const awaited = Deferred.await(asked)
    return {
      asked: awaited,
      interrupted,
      during: (effect) =>
        options.cancel === undefined && options.deadline === undefined
          ? effect
          : Effect.raceFirst(
              effect,
              Effect.flatMap(awaited, (reason) => Effect.fail(reason.error)),
            ),
    }
  })
