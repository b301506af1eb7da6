/**
 * The life of one run, as `Deployments.ts` tells it. Everything until the first operation may be given up at any moment; from
 * there on the run ends in order, also when its fiber is interrupted: calls in flight finish, and the result is written.
 */
import { Effect, type Scope } from "effect"
import type { Report } from "../driver/Driver.ts"
import { makesRevision } from "../driver/Request.ts"
import { Cancelled, ContainerExited, PlanStale, Unhealthy, type WindFlowError } from "../model/errors/union.ts"
import type { Revision, RevisionStatus } from "../model/Deployment.ts"
import { type Plan, waitsOf } from "../plan/Plan.ts"
import type { OpenRun } from "../state/Journal.ts"
import type { Lease } from "../state/Locks.ts"
import { compensate, nothingOwed, type Compensated } from "./compensate.ts"
import type { ApplyOptions, RunOptions } from "./Deployments.ts"
import { type Emit, makeEmit } from "./events.ts"
import { deploymentOf, isoNow, look, type Looked, type Prepared, type Session } from "./Session.ts"
import { hasWork, refuseUnsafe } from "./preflight.ts"
import { settle } from "./settle.ts"
import { makeStop, type Stop } from "./stop.ts"
import { nothingChanged, summarise } from "./summary.ts"
import { walk, type WalkResult, type WalkSteps } from "./walk.ts"

/** What a run is to reach. */
export interface Goal<Desired, Observed> {
  readonly project: string
  readonly intent: string
  readonly prepare: (report: Report) => Effect.Effect<Prepared<Desired, Observed>, WindFlowError>
  /** Exactly this plan was agreed to. */
  readonly approved?: { readonly plan: Plan; readonly onStale: NonNullable<ApplyOptions["onStale"]> }
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

interface Run<Desired, Observed> {
  readonly session: Session<Desired, Observed>
  readonly goal: Goal<Desired, Observed>
  readonly options: RunOptions
  readonly id: string
  readonly deployment: string
  readonly emit: Emit
  readonly report: Report
  readonly stop: Stop
  readonly restore: Restore
  /** The lock, for the rest of the run. */
  readonly acquire: Effect.Effect<Lease, WindFlowError, Scope.Scope>
}

const reportTo =
  (emit: Emit): Report =>
  ({ subject, current, total, text }) =>
    Effect.sync(() =>
      emit({
        _tag: "Progress",
        operation: subject,
        current,
        ...(total === undefined ? {} : { total }),
        ...(text === undefined ? {} : { text }),
      }),
    )

const announce = (emit: Emit, plan: Plan) => {
  emit({
    _tag: "Planned",
    hash: plan.hash,
    groups: plan.groups.map(({ id, kind, resource, operations }) => ({ id, kind, resource, operations })),
  })
  for (const text of plan.warnings) emit({ _tag: "Warning", text })
}

/** Without a lease (only waits) nothing is journalled and nothing can be lost. */
const stepsOf = <Desired, Observed>(
  run: Run<Desired, Observed>,
  desired: Desired,
  lease: Lease | undefined,
): WalkSteps => {
  const { session, deployment, id, emit } = run
  const common = Effect.gen(function* () {
    return { deployment, run: id, epoch: lease === undefined ? 0 : yield* lease.epoch, at: yield* isoNow }
  })
  type Row = Parameters<typeof session.journal.append>[0]
  const append = (row: (fields: Effect.Success<typeof common>) => Row) =>
    lease === undefined ? Effect.void : Effect.flatMap(common, (fields) => session.journal.append(row(fields)))
  return {
    intent: (operation) => append((fields) => ({ _tag: "Intent", ...fields, operation })),
    permitted: lease === undefined ? Effect.void : lease.check,
    execute: (operation, inputs) =>
      session.driver.execute(operation, {
        desired,
        inputs,
        report: (progress) => reportTo(emit)({ ...progress, subject: operation.id }),
      }),
    succeeded: (operation, outputs) =>
      append((fields) => ({ _tag: "Succeeded", ...fields, operation: operation.id, outputs })),
    failed: (operation, error) => append((fields) => ({ _tag: "Failed", ...fields, operation: operation.id, error })),
  }
}

const walkPlan = <Desired, Observed>(
  run: Run<Desired, Observed>,
  looked: Looked<Desired>,
  lease: Lease | undefined,
): Effect.Effect<WalkResult> =>
  walk(
    {
      operations: looked.plan.operations,
      waits: waitsOf(looked.plan),
      concurrency: run.options.concurrency ?? defaultConcurrency,
      steps: stepsOf(run, looked.desired, lease),
      emit: run.emit,
      stop: run.stop.asked,
    },
    { restore: run.restore, stop: run.stop.interrupted },
  )

/** A cancellation tells how far the run came. */
const finalError = (error: WindFlowError, deployment: string, done: number, total: number): WindFlowError =>
  error._tag === "Cancelled" ? new Cancelled({ deployment, done, total }) : error

const statusOf = (error: WindFlowError | undefined, compensated: Compensated): RevisionStatus => {
  if (error === undefined) return "succeeded"
  if (error._tag === "Cancelled") return "cancelled"
  return compensated.complete ? "rolled-back" : "failed"
}

/** Puts back what a walk that did not succeed had begun; where the lock is lost nothing may be sent. */
const putBack = <Desired, Observed>(
  run: Run<Desired, Observed>,
  looked: Looked<Desired>,
  lease: Lease,
  result: WalkResult,
): Effect.Effect<Compensated> =>
  Effect.gen(function* () {
    const { compensations } = looked.plan
    if (result.error === undefined || result.error._tag === "LockLost" || compensations === undefined)
      return nothingOwed
    const { emit, options, stop } = run
    const steps = stepsOf(run, looked.desired, lease)
    const done = yield* compensate(
      compensations,
      result,
      { concurrency: options.concurrency ?? defaultConcurrency, steps, emit },
      stop.interrupted,
    )
    for (const error of done.errors)
      emit({ _tag: "Warning", text: `Not everything could be put back: ${error.message}` })
    return done
  })

/** Whoever reads the error learns that what it is about runs as it did before. */
const restored = (error: WindFlowError, result: WalkResult, { complete, resources }: Compensated): WindFlowError => {
  const about = result.failed?.resource
  // A tally is about a service, what is put back about its replicas.
  if (!complete || about === undefined || ![...resources].some((one) => one === about || one.startsWith(`${about}:`)))
    return error
  if (error._tag === "Unhealthy") {
    const { service, container, log } = error
    return new Unhealthy({ service, container, log, restored: true })
  }
  if (error._tag !== "ContainerExited") return error
  const { service, container, exitCode, log } = error
  return new ContainerExited({ service, container, exitCode, log, restored: true })
}

const defaultConcurrency = 8

/** Stores what became of the run, so that history tells it and a rollback can return to it. */
const record = <Desired, Observed>(
  run: Run<Desired, Observed>,
  looked: Looked<Desired>,
  lease: Lease,
  outcome: { readonly status: RevisionStatus; readonly summary: string; readonly run: string },
): Effect.Effect<Revision, WindFlowError> =>
  Effect.gen(function* () {
    const { session, emit } = run
    const warn = (error: WindFlowError) => Effect.sync(() => emit({ _tag: "Warning", text: error.message }))
    const succeeded = outcome.status === "succeeded"
    const urls = succeeded
      ? yield* session.driver.urls(looked.desired).pipe(Effect.catch((error) => Effect.as(warn(error), [])))
      : []
    const { revision } = yield* session.revisions.append(run.goal.project, {
      revision: {
        deployment: run.deployment,
        status: outcome.status,
        urls,
        at: yield* isoNow,
        owner: session.owner.name,
        summary: outcome.summary,
      },
      run: outcome.run,
      epoch: yield* lease.epoch,
      driver: session.driver.name,
      intent: run.goal.intent,
      planHash: looked.plan.hash,
      desired: looked.plan.desired,
    })
    // Without its tags the deployment runs all the same; only a later rollback is in danger.
    if (succeeded && session.driver.retain !== undefined)
      yield* session.driver.retain(looked.desired, revision.number).pipe(Effect.catch(warn))
    return revision
  })

/** Walks under the lock, then writes down what became of it: revision, journal, event, in this order. */
const change = <Desired, Observed>(
  run: Run<Desired, Observed>,
  looked: Looked<Desired>,
  lease: Lease,
): Effect.Effect<Revision, WindFlowError> =>
  Effect.gen(function* () {
    const { session, deployment, id, emit } = run
    const { plan } = looked
    const row = Effect.gen(function* () {
      return { deployment, run: id, epoch: yield* lease.epoch, at: yield* isoNow }
    })
    yield* session.journal.append({
      _tag: "RunStarted",
      ...(yield* row),
      owner: session.owner.name,
      intent: run.goal.intent,
      planHash: plan.hash,
      operations: plan.operations.length,
      desired: plan.desired,
    })
    announce(emit, plan)
    const result = yield* walkPlan(run, looked, lease)
    const compensated = yield* putBack(run, looked, lease, result)
    const total = plan.operations.length
    const error =
      result.error && restored(finalError(result.error, deployment, result.succeeded.size, total), result, compensated)
    const status = statusOf(error, compensated)
    const ended = Effect.flatMap(row, (fields) => session.journal.append({ _tag: "RunEnded", ...fields, status }))
    const summary = summarise(plan.groups, result.succeeded, run.goal.intent)
    const store = makesRevision(run.goal.intent)
      ? record(run, looked, lease, { status, summary, run: id })
      : Effect.map(standing(run), (revision) => ({ ...revision, summary }))
    if (error === undefined) {
      // Should this fail, the run stays open in the journal: the next one finds nothing to do and records the revision.
      const revision = yield* store
      yield* ended
      emit({ _tag: "RunEnded", revision, changed: true })
      return revision
    }
    // Whoever took the lock over writes history now; and where nothing was sent there is nothing to tell.
    const revision =
      error._tag === "LockLost" || result.started === 0 || !makesRevision(run.goal.intent)
        ? undefined
        : yield* store.pipe(
            Effect.catch((failure) =>
              Effect.sync(() => {
                emit({ _tag: "Warning", text: `The failed run was not recorded: ${failure.message}` })
                return undefined
              }),
            ),
          )
    yield* Effect.ignore(ended)
    if (revision !== undefined) emit({ _tag: "RunEnded", revision, changed: true })
    return yield* Effect.fail(error)
  })

/** Stands for a revision where none is stored. */
const unrecorded = <Desired, Observed>(
  run: Run<Desired, Observed>,
  urls: ReadonlyArray<string>,
): Effect.Effect<Revision> =>
  Effect.map(isoNow, (at) => ({
    deployment: run.deployment,
    number: 0,
    status: "succeeded",
    urls,
    at,
    owner: run.session.owner.name,
    summary: nothingChanged,
  }))

/** The revision that is deployed, for runs that make none. */
const standing = <Desired, Observed>(run: Run<Desired, Observed>): Effect.Effect<Revision, WindFlowError> =>
  Effect.flatMap(run.session.revisions.current(run.goal.project), (current) =>
    current === undefined ? unrecorded(run, []) : Effect.succeed(current),
  )

/** Nothing to change. Waits (a container that is still starting) are walked all the same, without lock and journal. */
const unchanged = <Desired, Observed>(
  run: Run<Desired, Observed>,
  looked: Looked<Desired>,
  resumed: { readonly open: OpenRun; readonly lease: Lease } | undefined,
): Effect.Effect<Revision, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const { session, deployment, emit } = run
    announce(emit, looked.plan)
    const result = yield* walkPlan(run, looked, undefined)
    if (result.error !== undefined)
      return yield* Effect.fail(
        finalError(result.error, deployment, result.succeeded.size, looked.plan.operations.length),
      )
    const current = yield* recordOutcome(run, looked, resumed)
    if (resumed !== undefined)
      yield* session.journal.append({
        _tag: "RunEnded",
        deployment,
        run: resumed.open.run,
        epoch: yield* resumed.lease.epoch,
        at: yield* isoNow,
        status: "settled",
      })
    const revision = current ?? (yield* unrecorded(run, yield* session.driver.urls(looked.desired)))
    emit({ _tag: "RunEnded", revision, changed: false })
    return revision
  })

/**
 * The current revision of what is there already. Two cases record one although nothing was left to do: a crashed run had done
 * everything but this, and the last run failed while its deployment has become what was asked for since.
 */
const recordOutcome = <Desired, Observed>(
  run: Run<Desired, Observed>,
  looked: Looked<Desired>,
  resumed: { readonly open: OpenRun; readonly lease: Lease } | undefined,
): Effect.Effect<Revision | undefined, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const { revisions } = run.session
    const { project } = run.goal
    const current = yield* revisions.current(project)
    if (!makesRevision(run.goal.intent)) return current
    const stored = resumed && current && (yield* revisions.find(project, current.number))
    const crashed =
      resumed !== undefined && makesRevision(resumed.open.intent) && stored?.run !== resumed.open.run
        ? resumed.open.run
        : undefined
    if (crashed === undefined && (current === undefined || current.status === "succeeded")) return current
    return yield* record(run, looked, resumed?.lease ?? (yield* run.acquire), {
      status: "succeeded",
      summary: crashed === undefined ? nothingChanged : "completed after a crash",
      run: crashed ?? run.id,
    })
  })

const verify = <Desired, Observed>(
  run: Run<Desired, Observed>,
  looked: Looked<Desired>,
): Effect.Effect<void, WindFlowError> => {
  const { approved } = run.goal
  // The hash covers all of a plan but its warnings: what runs is exactly what was agreed to.
  return approved === undefined || approved.onStale === "replan" || approved.plan.hash === looked.plan.hash
    ? Effect.void
    : Effect.fail(new PlanStale({ deployment: run.deployment, expected: approved.plan.hash, actual: looked.plan.hash }))
}

const live = <Desired, Observed>(run: Run<Desired, Observed>): Effect.Effect<Revision, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const { session, goal, deployment, emit, stop, restore, acquire } = run
    const freely = <A>(effect: Effect.Effect<A, WindFlowError>) => restore(stop.during(effect))
    const open = yield* session.journal.openRun(deployment)
    let lease = open === undefined ? undefined : yield* acquire
    if (open !== undefined && lease !== undefined) yield* settle(session, deployment, open, lease, emit)
    const prepared = yield* freely(goal.prepare(run.report))
    // With an agreed plan that changes something one observation is enough: the one under the lock.
    if (lease === undefined && goal.approved !== undefined && hasWork(goal.approved.plan)) lease = yield* acquire
    let looked = yield* freely(look(session, goal.project, goal.intent, prepared))
    yield* verify(run, looked)
    if (lease === undefined && hasWork(looked.plan)) {
      lease = yield* acquire
      // What was seen before the lock was ours is no ground to act on.
      looked = yield* freely(look(session, goal.project, goal.intent, { desired: prepared.desired }))
      yield* verify(run, looked)
    }
    yield* freely(refuseUnsafe(session, looked))
    return lease !== undefined && hasWork(looked.plan)
      ? yield* change(run, looked, lease)
      : yield* unchanged(run, looked, open === undefined || lease === undefined ? undefined : { open, lease })
  })

export const runGoal = <Desired, Observed>(
  session: Session<Desired, Observed>,
  goal: Goal<Desired, Observed>,
  options: RunOptions,
): Effect.Effect<Revision, WindFlowError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const deployment = deploymentOf(session, goal.project)
      const emit = yield* makeEmit(options.onEvent)
      const id = yield* session.newRun
      const stop = yield* makeStop(deployment, options)
      emit({ _tag: "RunStarted", run: id, deployment })
      return yield* live({
        session,
        goal,
        options,
        id,
        deployment,
        emit,
        report: reportTo(emit),
        stop,
        restore,
        acquire: Effect.flatMap(session.journal.lastEpoch(deployment), (after) =>
          session.locks.acquire(goal.project, { ...session.owner, run: id }, after),
        ),
      })
    }).pipe(Effect.scoped),
  )
