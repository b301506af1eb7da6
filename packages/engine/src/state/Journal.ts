/**
 * The append-only record of a run: what recovery reads after a crash, the detail behind `history`, the audit of what was done
 * to a machine. A row is durable (fsync) before the next step starts. Holds references, never secret values.
 */
import { type Effect, Schema } from "effect"
import { WindFlowError } from "../model/errors/union.ts"
import { Operation, Outputs } from "../plan/Operation.ts"

const common = {
  deployment: Schema.String,
  run: Schema.String,
  epoch: Schema.Int,
  /** ISO time. */
  at: Schema.String,
}

export const JournalRow = Schema.Union([
  Schema.TaggedStruct("RunStarted", {
    ...common,
    owner: Schema.String,
    intent: Schema.String,
    planHash: Schema.String,
    operations: Schema.Int,
    desired: Schema.Json,
  }),
  /** Written before the call: from here on the outcome is unknown until its row follows. */
  Schema.TaggedStruct("Intent", { ...common, operation: Operation }),
  Schema.TaggedStruct("Succeeded", { ...common, operation: Schema.String, outputs: Outputs }),
  Schema.TaggedStruct("Failed", { ...common, operation: Schema.String, error: WindFlowError }),
  /** A later run settled an open intent by observation. */
  Schema.TaggedStruct("Recovered", { ...common, operation: Schema.String, happened: Schema.NullOr(Schema.Boolean) }),
  /** `status` is the revision's, or `settled` when a later run found nothing left to do. */
  Schema.TaggedStruct("RunEnded", { ...common, status: Schema.String }),
])
export type JournalRow = typeof JournalRow.Type

/** An earlier run that did not end. */
export interface OpenRun {
  readonly run: string
  readonly epoch: number
  readonly intent: string
  readonly desired: Schema.Json
  readonly planned: number
  /** Operations that succeeded and what they returned: `Driver.recover` resolves inputs from it. */
  readonly succeeded: ReadonlyMap<string, Outputs>
  /** Intents without an outcome of their own run, in order. `Recovered` does not close one: a later run looks again. */
  readonly open: ReadonlyArray<Operation>
}

export interface Journal {
  /** Returns when the row is durable. Fails with `LockLost` when a newer run has begun or settled this one. */
  readonly append: (row: JournalRow) => Effect.Effect<void, WindFlowError>
  readonly openRun: (deployment: string) => Effect.Effect<OpenRun | undefined, WindFlowError>
  /** The highest epoch seen, 0 when there is none: a new lock starts above it, whatever became of the target's clock or records. */
  readonly lastEpoch: (deployment: string) => Effect.Effect<number, WindFlowError>
  /** All rows of a deployment, oldest first; a torn last line (crash while writing) is left out. */
  readonly rows: (deployment: string) => Effect.Effect<ReadonlyArray<JournalRow>, WindFlowError>
}
