/** A lock as a record: its name and labels, written and read. */
import { Option, Schema } from "effect"
import type { Owner } from "./Locks.ts"
import type { StateRecord } from "./RecordStore.ts"

export interface LockRecord {
  readonly name: string
  readonly epoch: number
  readonly owner: Owner
  /** When the run first got the lock, and when it expires: milliseconds of the target's clock. */
  readonly since: number
  readonly expires: number
}

const label = "windflow.lock"

const Labels = Schema.Struct({
  [`${label}.epoch`]: Schema.FiniteFromString.check(Schema.isInt()),
  [`${label}.owner`]: Schema.String,
  [`${label}.run`]: Schema.NonEmptyString,
  [`${label}.boot`]: Schema.String,
  [`${label}.pid`]: Schema.FiniteFromString.check(Schema.isInt()),
  [`${label}.started`]: Schema.String,
  [`${label}.since`]: Schema.FiniteFromString,
  [`${label}.expires`]: Schema.FiniteFromString,
})
const decode = Schema.decodeUnknownOption(Labels)

export const lockQuery = (project: string) => ({ [label]: project })
export const lockName = (project: string, epoch: number): string => `${label}.${project}.${epoch}`

export const lockLabels = (project: string, lock: Omit<LockRecord, "name">): Readonly<Record<string, string>> => ({
  [label]: project,
  [`${label}.epoch`]: String(lock.epoch),
  [`${label}.owner`]: lock.owner.name,
  [`${label}.run`]: lock.owner.run,
  [`${label}.boot`]: lock.owner.bootId,
  [`${label}.pid`]: String(lock.owner.pid),
  [`${label}.started`]: lock.owner.started,
  [`${label}.since`]: String(lock.since),
  [`${label}.expires`]: String(lock.expires),
})

/** Undefined when the labels are not those of a lock. Labels that others add (an engine, an admin) do not matter. */
export const decodeLock = (record: StateRecord): LockRecord | undefined =>
  Option.getOrUndefined(
    Option.map(decode(record.labels), (labels) => ({
      name: record.name,
      epoch: labels[`${label}.epoch`],
      owner: {
        name: labels[`${label}.owner`],
        run: labels[`${label}.run`],
        bootId: labels[`${label}.boot`],
        pid: labels[`${label}.pid`],
        started: labels[`${label}.started`],
      },
      since: labels[`${label}.since`],
      expires: labels[`${label}.expires`],
    })),
  )
