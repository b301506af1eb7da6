/** State that ends with the process: `state.memory()`, and the fakes of `testing/`. */
import { Clock, Effect } from "effect"
import type { Journal, JournalRow } from "./Journal.ts"
import { moveFence, noFence, openRunOf, refusal } from "./journalRows.ts"
import type { RecordStore, StateRecord } from "./RecordStore.ts"

/** Whether a record carries these labels (an empty value matches any). */
export const carries = (record: StateRecord, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(labels).every(([key, value]) =>
    value === "" ? record.labels[key] !== undefined : record.labels[key] === value,
  )

export const memoryRecords = (): RecordStore => {
  const records = new Map<string, StateRecord>()
  return {
    claim: (record) =>
      Effect.sync(() => {
        const there = records.get(record.name)
        if (there !== undefined) return there
        records.set(record.name, record)
        return record
      }),
    list: (labels) => Effect.sync(() => [...records.values()].filter((record) => carries(record, labels))),
    remove: (name) => Effect.sync(() => void records.delete(name)),
    now: Clock.currentTimeMillis,
  }
}

export const memoryJournal = (): Journal => {
  const all: Array<JournalRow> = []
  const of = (deployment: string) => all.filter((row) => row.deployment === deployment)
  const fences = new Map<string, ReturnType<typeof moveFence>>()
  return {
    append: (row) =>
      Effect.suspend(() => {
        const fence = fences.get(row.deployment) ?? noFence
        const refused = refusal(fence, row)
        if (refused !== undefined) return Effect.fail(refused)
        fences.set(row.deployment, moveFence(fence, row))
        all.push(row)
        return Effect.void
      }),
    openRun: (deployment) => Effect.sync(() => openRunOf(of(deployment))),
    lastEpoch: (deployment) => Effect.sync(() => Math.max(0, ...of(deployment).map((row) => row.epoch))),
    rows: (deployment) => Effect.sync(() => of(deployment)),
  }
}
