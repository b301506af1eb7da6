/**
 * The small port on which locks and revisions live on a target: named, labelled, immutable records whose creation is an atomic
 * claim. Docker: volumes (proved: concurrent creates of one name all return the winner's labels); Swarm: configs; Kubernetes:
 * Secrets; also files and memory. The algorithms above it (`Locks.ts`, `Revisions.ts`) are written once.
 */
import type { Effect } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"

export interface StateRecord {
  /** Any text; a store whose names are narrower maps it and keeps the original. */
  readonly name: string
  /**
   * Any texts, long ones too; a store whose labels are narrower indexes them by digest and keeps the originals as data. Together
   * up to 500 kB, the least any store takes (Swarm configs; Secrets take 1 MiB); beyond it `claim` may fail.
   */
  readonly labels: Readonly<Record<string, string>>
}

export interface RecordStore {
  /** Creates the record, or returns the one that is there: compare labels to learn who won. One call, a second one to read the winner. */
  readonly claim: (record: StateRecord) => Effect.Effect<StateRecord, WindFlowError>
  /** All records that carry these labels (an empty value matches any). One call. */
  readonly list: (labels: Readonly<Record<string, string>>) => Effect.Effect<ReadonlyArray<StateRecord>, WindFlowError>
  /** Removing what is not there succeeds. */
  readonly remove: (name: string) => Effect.Effect<void, WindFlowError>
  /** The target's clock in milliseconds since 1970: expiry is judged by one clock only. Whole seconds on Kubernetes. */
  readonly now: Effect.Effect<number, WindFlowError>
}
