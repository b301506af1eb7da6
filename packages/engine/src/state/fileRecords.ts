/** Records as files, `state.files(dir)`: one JSON file a record; creation is a link, which only one can make. */
import { link, open, rm } from "node:fs/promises"
import { join } from "node:path"
import { Clock, Effect, Option, Schema } from "effect"
import { StateCorrupt } from "../model/errors/union.ts"
import { sha256Hex } from "../plan/digest.ts"
import { attempt, exists, fileMode, fileNameOf, makeDirectory, namesIn, readIfThere, syncDirectory } from "./files.ts"
import { carries } from "./memory.ts"
import type { RecordStore, StateRecord } from "./RecordStore.ts"

const Stored = Schema.fromJsonString(
  Schema.Struct({ name: Schema.String, labels: Schema.Record(Schema.String, Schema.String) }),
)
const decode = Schema.decodeUnknownOption(Stored)
const suffix = ".json"

/** Shared by every process that names the same directory (also over a file system with working hard links). */
export const fileRecords = (directory: string): RecordStore => {
  const pathOf = (name: string) => join(directory, fileNameOf(name, sha256Hex) + suffix)

  const read = async (path: string): Promise<StateRecord | undefined> => {
    const text = await readIfThere(path)
    return text === undefined ? undefined : Option.getOrUndefined(decode(text, { onExcessProperty: "error" }))
  }

  /** Written completely beside, then linked: nobody ever reads half a record. */
  const claim = async (record: StateRecord): Promise<StateRecord | undefined> => {
    await makeDirectory(directory)
    const path = pathOf(record.name)
    const draft = join(directory, `.${crypto.randomUUID()}`)
    const handle = await open(draft, "wx", fileMode)
    try {
      await handle.writeFile(Schema.encodeSync(Stored)(record))
      await handle.sync()
      await link(draft, path)
      await syncDirectory(directory)
      return record
    } catch (error) {
      if (exists(error)) return await read(path)
      throw error
    } finally {
      await handle.close()
      await rm(draft, { force: true })
    }
  }

  return {
    claim: (record) =>
      Effect.gen(function* () {
        // The one that was there may be removed before it is read: then the name is free again.
        for (let i = 0; i < 10; i++) {
          const result = yield* attempt(pathOf(record.name), () => claim(record))
          if (result !== undefined) return result
        }
        return yield* Effect.fail(
          new StateCorrupt({ what: pathOf(record.name), detail: "it exists and holds no record" }),
        )
      }),
    list: (labels) =>
      attempt(directory, async () => {
        const names = (await namesIn(directory)).filter((name) => name.endsWith(suffix) && !name.startsWith("."))
        const records = await Promise.all(names.map((name) => read(join(directory, name))))
        return records.filter((record) => record !== undefined && carries(record, labels)) as ReadonlyArray<StateRecord>
      }),
    remove: (name) => attempt(pathOf(name), () => rm(pathOf(name), { force: true })),
    now: Clock.currentTimeMillis,
  }
}
