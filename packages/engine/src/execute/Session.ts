/** What the runs on one opened target share; made once by `makeDeployments`. */
import { Clock, Effect, Result, Schema } from "effect"
import type { Driver, PrepareOptions } from "../driver/Driver.ts"
import type { Request } from "../driver/Request.ts"
import { deploymentName } from "../model/Deployment.ts"
import { Internal, StateCorrupt, type WindFlowError } from "../model/errors/union.ts"
import type { Target } from "../model/Target.ts"
import type { Plan } from "../plan/Plan.ts"
import { seal } from "../plan/seal.ts"
import type { Journal } from "../state/Journal.ts"
import type { Locks, Owner } from "../state/Locks.ts"
import type { Revisions } from "../state/Revisions.ts"

export interface Session<Desired, Observed> {
  readonly driver: Driver<Desired, Observed>
  readonly target: Target
  readonly journal: Journal
  readonly locks: Locks
  readonly revisions: Revisions
  readonly owner: Omit<Owner, "run">
  /** A fresh id a run. */
  readonly newRun: Effect.Effect<string>
}

/** What is wanted, in the driver's terms, and the plan that leads there from what was just observed. */
export interface Looked<Desired> {
  readonly desired: Desired
  readonly plan: Plan
}

export const isoNow: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, (millis) =>
  new Date(millis).toISOString(),
)

export const deploymentOf = (session: { readonly target: Target }, project: string): string =>
  deploymentName(project, session.target.name)

/** Reads a desired state that a plan, a revision or a journal saved. */
export const decodeDesired = <Desired, Observed>(
  session: Session<Desired, Observed>,
  saved: Schema.Json,
  what: string,
): Effect.Effect<Desired, StateCorrupt> =>
  Effect.mapError(
    Schema.decodeEffect(session.driver.desired)(saved, { onExcessProperty: "error" }),
    (error) => new StateCorrupt({ what, detail: error.message }),
  )

/** A desired state, and what was observed while it was prepared. */
export interface Prepared<Desired, Observed> {
  readonly desired: Desired
  readonly observed?: Observed
}

export const prepareBy = <Desired, Observed>(
  driver: Driver<Desired, Observed>,
  request: Request,
  options: PrepareOptions,
): Effect.Effect<Prepared<Desired, Observed>, WindFlowError> =>
  driver.prepareAndObserve?.(request, options) ??
  Effect.map(driver.prepare(request, options), (desired) => ({ desired }))

/** Older containers than of so many revisions are told by the names of their fields. */
const remembered = 5

/** What the newest revisions wanted. One that cannot be read has nothing to tell. */
const wantedEarlier = <Desired, Observed>(
  session: Session<Desired, Observed>,
  project: string,
): Effect.Effect<ReadonlyArray<Desired>, WindFlowError> =>
  Effect.map(session.revisions.list(project), (records) => {
    const decode = Schema.decodeResult(session.driver.desired)
    return records
      .filter(({ driver }) => driver === session.driver.name)
      .slice(0, remembered)
      .flatMap(({ desired }) => {
        const decoded = decode(desired)
        return Result.isSuccess(decoded) ? [decoded.success] : []
      })
  })

/** Plans from what was observed just now, or observes. After the observation nothing but our own records is read. */
export const look = <Desired, Observed>(
  session: Session<Desired, Observed>,
  project: string,
  intent: string,
  { desired, observed: seen }: Prepared<Desired, Observed>,
): Effect.Effect<Looked<Desired>, WindFlowError> =>
  Effect.gen(function* () {
    const { driver, target } = session
    const observed = seen ?? (yield* driver.observe(desired))
    const planned = yield* Effect.fromResult(driver.plan(desired, observed))
    const draft =
      driver.tellValues === undefined || !planned.groups.some(({ fields }) => fields.length > 0)
        ? planned
        : driver.tellValues(planned, desired, observed, yield* wantedEarlier(session, project))
    const encoded = yield* Effect.mapError(
      Schema.encodeEffect(driver.desired)(desired),
      (error) =>
        new Internal({ detail: `the ${driver.name} driver cannot encode its desired state: ${error.message}` }),
    )
    const plan = yield* Effect.try({
      try: () => seal(draft, { project, target, driver: driver.name, intent, desired: encoded }),
      catch: (error) => (error instanceof Internal ? error : new Internal({ detail: String(error) })),
    })
    return { desired, plan }
  })
