/**
 * The small port on which locks and revisions live on a target: named, labelled, immutable records whose creation is an atomic
 * claim. Docker: volumes (proved: concurrent creates of one name all return the winner's labels); Swarm: configs; Kubernetes:
 * Secrets; also files and memory. The algorithms above it (`Locks.ts`, `Revisions.ts`) are written once.
 */
import type { Effect } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"

export interface StateRecord {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export interface RecordStore {
  /** Creates the record, or returns the one that is there: compare labels to learn who won. One call. */
  readonly claim: (record: StateRecord) => Effect.Effect<StateRecord, WindFlowError>
  /** All records that carry these labels (an empty value matches any). One call. */
  readonly list: (labels: Readonly<Record<string, string>>) => Effect.Effect<ReadonlyArray<StateRecord>, WindFlowError>
  /** Removing what is not there succeeds. */
  readonly remove: (name: string) => Effect.Effect<void, WindFlowError>
  /** The target's clock in milliseconds since 1970: expiry is judged by one clock only. */
  readonly now: Effect.Effect<number, WindFlowError>
}
