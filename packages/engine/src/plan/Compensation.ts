/**
 * What puts things back when a run fails, planned beforehand: the executor only compares which operations were sent and which
 * succeeded. `docs/designs/replacement.md` tells why.
 */
import { Schema } from "effect"
import { Operation, OperationId } from "./Operation.ts"

/** An operation that a run which does not succeed owes. Its `needs` name other compensations only. */
export const Compensation = Schema.Struct({
  ...Operation.fields,
  /** Owed from the moment this operation was sent, whatever became of it … */
  undoes: OperationId,
  /** … until this one has succeeded. */
  until: OperationId,
})
export type Compensation = typeof Compensation.Type

/** What a walk tells of the operations it was given. */
export interface Walked {
  readonly sent: ReadonlySet<string>
  /** Of those that succeeded. */
  readonly outputs: ReadonlyMap<string, Readonly<Record<string, string>>>
}

/**
 * The compensations that a failed walk owes, as operations. One whose input is missing has nothing to undo that it could name:
 * a call of unknown outcome is found by the next plan. Pure.
 */
export const owed = (compensations: ReadonlyArray<Compensation>, walked: Walked): ReadonlyArray<Operation> => {
  const due = compensations.filter(
    ({ undoes, until, inputs }) =>
      walked.sent.has(undoes) &&
      !walked.outputs.has(until) &&
      Object.values(inputs ?? {}).every(
        ({ operation, output }) => walked.outputs.get(operation)?.[output] !== undefined,
      ),
  )
  const ids = new Set(due.map(({ id }) => id))
  return due.map(({ undoes: _undoes, until: _until, ...operation }) => ({
    ...operation,
    needs: operation.needs.filter((need) => ids.has(need)),
  }))
}
