/** Forgetting a deployment: our record of it goes, under its lock, and nothing else. */
import { Effect } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import { deploymentOf, isoNow, type Session } from "./Session.ts"

export const forget = <Desired, Observed>(
  session: Session<Desired, Observed>,
  project: string,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const { driver, journal, locks, revisions } = session
    const deployment = deploymentOf(session, project)
    const run = yield* session.newRun
    const lease = yield* locks.acquire(project, { ...session.owner, run }, yield* journal.lastEpoch(deployment))
    const open = yield* journal.openRun(deployment)
    if (open !== undefined)
      // Who forgets does not want to be told later where to resume.
      yield* journal.append({
        _tag: "RunEnded",
        deployment,
        run: open.run,
        epoch: yield* lease.epoch,
        at: yield* isoNow,
        status: "settled",
      })
    yield* revisions.forget(project)
    // Also when no revision was stored: a tag may have outlived its record.
    if (driver.forget !== undefined) yield* driver.forget(project, [])
  }).pipe(Effect.scoped)
