/** Builds the interface of `Deployments.ts` from an opened driver and its state. */
import { Effect } from "effect"
import type { Driver, OpenDriver, Report } from "../driver/Driver.ts"
import { intentOf, projectOf, type Request } from "../driver/Request.ts"
import { DriverUnavailable, NotDeployed, StateCorrupt, Usage, type WindFlowError } from "../model/errors/union.ts"
import type { Target } from "../model/Target.ts"
import { planHash } from "../plan/seal.ts"
import type { Journal } from "../state/Journal.ts"
import { makeLocks } from "../state/lease.ts"
import type { Locks, Owner } from "../state/Locks.ts"
import { makeRevisions } from "../state/revisionRecords.ts"
import type { RevisionRecord, Revisions } from "../state/Revisions.ts"
import type { Deployments } from "./Deployments.ts"
import { refuseUnsafe } from "./preflight.ts"
import { type Goal, runGoal } from "./run.ts"
import { forget } from "./forget.ts"
import { decodeDesired, deploymentOf, look, prepareBy, type Session } from "./Session.ts"

export interface DeploymentsOptions {
  readonly driver: OpenDriver
  readonly target: Target
  readonly journal: Journal
  /** Default: on the target, through the driver's records. */
  readonly locks?: Locks
  /** Default: on the target, through the driver's records. */
  readonly revisions?: Revisions
  /** Who deploys, `thisProcess` of `state/owner.ts`; the run is added. */
  readonly owner: Omit<Owner, "run">
  /** A fresh id a run; default: random. */
  readonly newRun?: Effect.Effect<string>
}

const noReport: Report = () => Effect.void

const requested = <Desired, Observed>(
  driver: Driver<Desired, Observed>,
  request: Request,
): Goal<Desired, Observed> => ({
  project: projectOf(request),
  intent: intentOf(request),
  prepare: (report) => prepareBy(driver, request, { preview: false, report }),
})

/** A saved plan or revision of another driver means nothing to this one. */
const sameDriver = (
  session: Pick<Session<unknown, unknown>, "target"> & { readonly driver: { readonly name: string } },
  driver: string,
) =>
  driver === session.driver.name
    ? Effect.void
    : Effect.fail(
        new DriverUnavailable({ driver, detail: `${session.target.name} is driven by ${session.driver.name}` }),
      )

/** The last succeeded one before the newest; a `down` is no state to return to unless it is named. */
const chooseRevision = (records: ReadonlyArray<RevisionRecord>, to: number | undefined): RevisionRecord | undefined =>
  to === undefined
    ? records.slice(1).find(({ revision, intent }) => revision.status === "succeeded" && intent !== "down")
    : records.find(({ revision }) => revision.number === to)

const over = <Desired, Observed>(session: Session<Desired, Observed>): Deployments => {
  const { driver, revisions } = session
  const earlier = (project: string, to: number | undefined): Effect.Effect<RevisionRecord, WindFlowError> =>
    Effect.gen(function* () {
      // `find` tells a record that cannot be read from one that is not there.
      const found =
        to === undefined ? chooseRevision(yield* revisions.list(project), to) : yield* revisions.find(project, to)
      if (found !== undefined) return found
      const deployment = deploymentOf(session, project)
      const detail = to === undefined ? "there is no earlier revision that succeeded" : `revision ${to} is not stored`
      return yield* Effect.fail(new NotDeployed({ deployment, detail, about: "revision" }))
    })
  return {
    plan: (request, options) =>
      Effect.gen(function* () {
        const prepared = yield* prepareBy(driver, request, {
          preview: options?.preview ?? true,
          report: options?.report ?? noReport,
        })
        const looked = yield* look(session, projectOf(request), intentOf(request), prepared)
        yield* refuseUnsafe(session, looked)
        return looked.plan
      }),
    run: (request, options = {}) => runGoal(session, requested(driver, request), options),
    apply: (plan, options = {}) =>
      Effect.gen(function* () {
        yield* sameDriver(session, plan.driver)
        if (plan.target.name !== session.target.name)
          return yield* Effect.fail(
            new Usage({
              subject: "apply",
              detail: `the plan was made for ${plan.target.name}, not for ${session.target.name}`,
            }),
          )
        const what = `The plan ${plan.hash.slice(0, 12)}`
        if (planHash(plan) !== plan.hash)
          return yield* Effect.fail(new StateCorrupt({ what, detail: "it was changed after it was made" }))
        const goal: Goal<Desired, Observed> = {
          project: plan.project,
          intent: plan.intent,
          prepare: () => Effect.map(decodeDesired(session, plan.desired, what), (desired) => ({ desired })),
          approved: { plan, onStale: options.onStale ?? "fail" },
        }
        return yield* runGoal(session, goal, options)
      }),
    rollback: (project, options = {}) =>
      Effect.gen(function* () {
        const found = yield* earlier(project, options.to)
        yield* sameDriver(session, found.driver)
        const what = `Revision ${found.revision.number} of ${project}`
        const goal: Goal<Desired, Observed> = {
          project,
          intent: found.intent === "down" ? "down" : "rollback",
          prepare: () =>
            Effect.map(decodeDesired(session, found.desired, what), (desired) => ({
              desired: session.driver.restoring?.(desired) ?? desired,
            })),
        }
        return yield* runGoal(session, goal, options)
      }),
    forget: (project) => forget(session, project),
    history: (project) => revisions.list(project),
  }
}

export const makeDeployments = (options: DeploymentsOptions): Deployments =>
  options.driver.use((driver) =>
    over({
      driver,
      target: options.target,
      journal: options.journal,
      locks: options.locks ?? makeLocks(driver.records, { target: options.target.name }),
      revisions:
        options.revisions ??
        makeRevisions(driver.records, driver.forget === undefined ? {} : { onForgotten: driver.forget }),
      owner: options.owner,
      newRun: options.newRun ?? Effect.sync(() => crypto.randomUUID()),
    }),
  )
