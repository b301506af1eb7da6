/** An earlier run that did not end: each operation of unknown outcome is looked at, never blindly repeated. */
import { Effect } from "effect"
import type { Recovery } from "../driver/Driver.ts"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Operation, Outputs } from "../plan/Operation.ts"
import type { OpenRun } from "../state/Journal.ts"
import type { Lease } from "../state/Locks.ts"
import type { Emit } from "./events.ts"
import { decodeDesired, isoNow, type Session } from "./Session.ts"

const happened = (recovery: Recovery): boolean | null =>
  recovery._tag === "Unknown" ? null : recovery._tag === "Happened"

const inputsOf = (operation: Operation, open: OpenRun): Outputs =>
  Object.fromEntries(
    Object.entries(operation.inputs ?? {}).flatMap(([name, { operation: from, output }]) => {
      const value = open.succeeded.get(from)?.[output]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )

/**
 * Under the lock, before anything is planned: says that the run resumes and where, settles the open intents by observation
 * and journals what became of them. It changes nothing on the target; the plan that follows starts from what is there.
 */
export const settle = <Desired, Observed>(
  session: Session<Desired, Observed>,
  deployment: string,
  open: OpenRun,
  lease: Lease,
  emit: Emit,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const last = open.open.at(-1)
    emit({
      _tag: "RunResumed",
      run: open.run,
      ...(last === undefined ? {} : { operation: last.id }),
      done: open.succeeded.size,
    })
    const observable = open.open.filter((operation) => operation.recovery === "observe")
    const desired =
      observable.length === 0
        ? undefined
        : yield* decodeDesired(session, open.desired, `The journal of run ${open.run}`).pipe(
            Effect.catchTag("StateCorrupt", (error) =>
              Effect.sync(() => {
                // Saved by another version: the plan from what is there converges without it.
                emit({ _tag: "Warning", text: error.message })
                return undefined
              }),
            ),
          )
    for (const operation of open.open) {
      const recovery: Recovery =
        desired === undefined || operation.recovery !== "observe"
          ? { _tag: "Unknown" }
          : yield* session.driver.recover(operation, {
              desired,
              inputs: inputsOf(operation, open),
              report: () => Effect.void,
            })
      yield* session.journal.append({
        _tag: "Recovered",
        deployment,
        run: open.run,
        epoch: yield* lease.epoch,
        at: yield* isoNow,
        operation: operation.id,
        happened: happened(recovery),
      })
    }
  })
