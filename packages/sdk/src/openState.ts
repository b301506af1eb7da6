/** Opens the stores that a `StateStore` names; what is not named lies on the target. */
import { join } from "node:path"
import type { Target } from "@windflow/engine/model"
import {
  fileRecords,
  makeFileJournal,
  makeLocks,
  makeRevisions,
  memoryJournal,
  memoryRecords,
  type RecordStore,
} from "@windflow/engine/state"
import { Effect } from "effect"
import type { StateStore, Stores } from "./state.ts"

const over = (records: RecordStore, target: Target) => ({
  locks: makeLocks(records, { target: target.name }),
  revisions: makeRevisions(records),
})

/** A target's name as a directory's. */
const directoryOf = (target: Target): string => encodeURIComponent(target.name)

export const openState = Effect.fn("openState")(function* (state: StateStore, directory: string, target: Target) {
  switch (state._state) {
    case "on-target":
      return { journal: yield* makeFileJournal(state.journal ?? join(directory, "journal")) } satisfies Stores
    case "files": {
      const root = state.directory ?? join(directory, "state")
      const records = fileRecords(join(root, "records", directoryOf(target)))
      return { journal: yield* makeFileJournal(join(root, "journal")), ...over(records, target) } satisfies Stores
    }
    case "memory":
      return { journal: memoryJournal(), ...over(memoryRecords(), target) } satisfies Stores
    case "custom":
      return yield* state.open(target)
    default:
      return state satisfies never
  }
})
