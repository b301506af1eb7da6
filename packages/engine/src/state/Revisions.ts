/** History of a deployment, on the target. (Interface; the store over records stands in `revisionRecords.ts`.) */
import { type Effect, Schema } from "effect"
import { Revision } from "../model/Deployment.ts"
import type { WindFlowError } from "../model/errors/union.ts"

/** Everything a rollback and an audit need; compressed into labels, bounded in number. */
export const RevisionRecord = Schema.Struct({
  format: Schema.Literal(1),
  revision: Revision,
  run: Schema.String,
  epoch: Schema.Int,
  driver: Schema.String,
  intent: Schema.String,
  planHash: Schema.String,
  /** The driver's desired state as it was applied. */
  desired: Schema.Json,
})
export type RevisionRecord = typeof RevisionRecord.Type

export interface Revisions {
  /** Newest first. Records that cannot be read are left out (and reported, see `revisionRecords.ts`). */
  readonly list: (project: string) => Effect.Effect<ReadonlyArray<RevisionRecord>, WindFlowError>
  /** The newest one without the cost of reading its payload: what a no-op returns. */
  readonly current: (project: string) => Effect.Effect<Revision | undefined, WindFlowError>
  /** One record; fails with `StateCorrupt` when it is there and cannot be read. */
  readonly find: (project: string, number: number) => Effect.Effect<RevisionRecord | undefined, WindFlowError>
  /** Stores the next revision (number assigned here) and forgets the oldest beyond the limit. */
  readonly append: (
    project: string,
    record: Omit<RevisionRecord, "revision" | "format"> & { readonly revision: Omit<Revision, "number"> },
  ) => Effect.Effect<RevisionRecord, WindFlowError>
  readonly forget: (project: string) => Effect.Effect<void, WindFlowError>
}
