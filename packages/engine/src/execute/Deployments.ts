/**
 * What every face (CLI, SDK, server, operator) uses: plan, run, history and rollback of deployments on one opened target.
 * (Interface; made by `makeDeployments`. The DAG walk is `walk.ts`, the life of a run `run.ts`.)
 *
 * The life of a run: settle an open earlier run (journal → `Driver.recover`) → prepare → observe → plan → nothing to do: end
 * without a lock → lock → observe again, replan when the snapshot differs → walk, journalling each operation → revision → unlock.
 */
import type { Effect } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Revision } from "../model/Deployment.ts"
import type { Event } from "../model/Event.ts"
import type { Plan } from "../plan/Plan.ts"
import type { RevisionRecord } from "../state/Revisions.ts"
import type { Request } from "../driver/Request.ts"
import type { Report } from "../driver/Driver.ts"

export interface RunOptions {
  /** Called in order, never concurrently; must not throw. */
  readonly onEvent?: (event: Event) => void
  /** Operations in flight at once; default 8. */
  readonly concurrency?: number
  /**
   * Completes when somebody asks to stop: no new operation starts, waits end, operations in flight finish, and the run fails
   * with `Cancelled`, resumable. Interrupting the fiber does the same.
   */
  readonly cancel?: Effect.Effect<void>
  /** Seconds for the whole run, else `DeadlineExceeded`; the same orderly stop. */
  readonly deadline?: number
}

export interface ApplyOptions extends RunOptions {
  /** What `apply` does when the target changed since the plan: refuse with `PlanStale` (default), or plan again. */
  readonly onStale?: "fail" | "replan"
}

export interface Deployments {
  /** Looks, takes no lock and changes nothing. A preview (default true) pulls and builds nothing either. */
  readonly plan: (
    request: Request,
    options?: { readonly preview?: boolean; readonly report?: Report },
  ) => Effect.Effect<Plan, WindFlowError>
  /** Executes a plan that was made earlier, possibly elsewhere. */
  readonly apply: (plan: Plan, options?: ApplyOptions) => Effect.Effect<Revision, WindFlowError>
  /** Plans and executes; without changes it resolves to the current revision (number 0 when there is none). */
  readonly run: (request: Request, options?: RunOptions) => Effect.Effect<Revision, WindFlowError>
  /** Back to an earlier revision (default: the last succeeded one before the current), with its very images. */
  readonly rollback: (
    project: string,
    options?: RunOptions & { readonly to?: number },
  ) => Effect.Effect<Revision, WindFlowError>
  /**
   * Removes our record of a deployment: its revisions, the tags that keep their images, its locks, and what the journal still
   * holds open. Everything that was deployed stays, and the next `up` takes it over. Fails with `Locked` while a run goes on.
   */
  readonly forget: (project: string) => Effect.Effect<void, WindFlowError>
  /** Newest first. */
  readonly history: (project: string) => Effect.Effect<ReadonlyArray<RevisionRecord>, WindFlowError>
}
