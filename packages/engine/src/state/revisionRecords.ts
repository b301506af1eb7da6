/**
 * Revisions as records of the target: `windflow.revision.<project>.<number>`. One label holds the revision as people see it,
 * one the rest, deflated: listings return every label, so they are kept small, and the newest can be told without inflating.
 */
import { Effect, Option, Schema } from "effect"
import { Internal, StateCorrupt, type WindFlowError } from "../model/errors/union.ts"
import { Revision } from "../model/Deployment.ts"
import type { RecordStore, StateRecord } from "./RecordStore.ts"
import { RevisionRecord, type Revisions } from "./Revisions.ts"

export interface RevisionOptions {
  /** How many are kept; default 20. The newest that succeeded is kept beyond that, or nothing could be rolled back to. */
  readonly limit?: number
  /** Told of each record that a listing leaves out because it cannot be read; default: a warning in the log. */
  readonly onCorrupt?: (error: StateCorrupt) => Effect.Effect<void>
  /** Told what is still stored when revisions were forgotten, beyond the limit or on request. Its failure is a warning in the log. */
  readonly onForgotten?: (project: string, stored: ReadonlyArray<number>) => Effect.Effect<void, WindFlowError>
}

const label = "windflow.revision"
const numberLabel = `${label}.number`
const headLabel = `${label}.head`
const payloadLabel = `${label}.payload`

/** Far above any real stack (a 2 MB label was accepted); inflating stops there. */
const maxPayload = 64 * 1024 * 1024

const { revision: _, ...rest } = RevisionRecord.fields
const Head = Schema.fromJsonString(Revision)
const Payload = Schema.fromJsonString(Schema.Struct(rest))
const strict = { onExcessProperty: "error" } as const
const decodeHead = Schema.decodeUnknownEffect(Head)
const decodePayload = Schema.decodeUnknownEffect(Payload)
const decodeNumber = Schema.decodeUnknownOption(Schema.FiniteFromString.check(Schema.isInt()))

/** At once: some tens of kilobytes take less time than a turn of the thread pool. */
/** Loaded when a history is read or written: a no-op does neither. */
const zlib = () => process.getBuiltinModule("node:zlib")

const pack = (text: string): string => zlib().deflateSync(text).toString("base64")

const unpack = (text: string) =>
  Effect.try({
    try: () => zlib().inflateSync(Buffer.from(text, "base64"), { maxOutputLength: maxPayload }).toString("utf8"),
    catch: (error) => (error instanceof Error ? error : new Error(String(error))),
  })

interface Numbered {
  readonly number: number
  readonly record: StateRecord
}

const corrupt = (record: StateRecord) => (error: { readonly message: string }) =>
  new StateCorrupt({ what: `The record ${record.name}`, detail: error.message })

const head = ({ record }: Numbered) => Effect.mapError(decodeHead(record.labels[headLabel], strict), corrupt(record))

const decoded = (numbered: Numbered): Effect.Effect<RevisionRecord, StateCorrupt> =>
  Effect.gen(function* () {
    const { record } = numbered
    const revision = yield* head(numbered)
    const text = yield* Effect.mapError(unpack(record.labels[payloadLabel] ?? ""), corrupt(record))
    const payload = yield* Effect.mapError(decodePayload(text, strict), corrupt(record))
    return { ...payload, revision }
  })

export const makeRevisions = (records: RecordStore, options: RevisionOptions = {}): Revisions => {
  const limit = Math.max(1, options.limit ?? 20)
  const onCorrupt = options.onCorrupt ?? ((error: StateCorrupt) => Effect.logWarning(error.message))
  const skip = (error: StateCorrupt) => Effect.as(onCorrupt(error), undefined)
  const nameOf = (project: string, number: number) => `${label}.${project}.${number}`

  /** Newest first. */
  const numbered = (project: string): Effect.Effect<ReadonlyArray<Numbered>, WindFlowError> =>
    Effect.map(records.list({ [label]: project }), (all) =>
      all
        .flatMap((record) =>
          Option.toArray(Option.map(decodeNumber(record.labels[numberLabel]), (number) => ({ number, record }))),
        )
        .sort((a, b) => b.number - a.number),
    )

  const remove = (project: string, old: ReadonlyArray<Numbered>, stored: ReadonlyArray<Numbered>) =>
    Effect.gen(function* () {
      yield* Effect.forEach(old, ({ record }) => records.remove(record.name), { discard: true })
      if (options.onForgotten === undefined) return
      const numbers = [...new Set(stored.map(({ number }) => number))]
      yield* options.onForgotten(project, numbers).pipe(Effect.catch((error) => Effect.logWarning(error.message)))
    })

  /** Beyond the limit, but never the newest that succeeded. */
  const forgetOld = (project: string, all: ReadonlyArray<Numbered>) =>
    Effect.gen(function* () {
      let kept: Numbered | undefined
      for (const item of all) {
        const revision = yield* Effect.option(head(item))
        if (Option.isSome(revision) && revision.value.status === "succeeded") {
          kept = item
          break
        }
      }
      const old = all.slice(limit).filter((item) => item !== kept)
      if (old.length > 0)
        yield* remove(project, old, kept === undefined ? all.slice(0, limit) : [...all.slice(0, limit), kept])
    })

  return {
    list: (project) =>
      Effect.gen(function* () {
        const all = yield* numbered(project)
        const read = yield* Effect.forEach(all, (item) => decoded(item).pipe(Effect.catch(skip)))
        return read.filter((record) => record !== undefined)
      }),
    current: (project) =>
      Effect.gen(function* () {
        for (const item of yield* numbered(project)) {
          const revision = yield* head(item).pipe(Effect.catch(skip))
          if (revision !== undefined) return revision
        }
        return undefined
      }),
    find: (project, number) =>
      Effect.gen(function* () {
        const item = (yield* numbered(project)).find((candidate) => candidate.number === number)
        return item === undefined ? undefined : yield* decoded(item)
      }),
    append: (project, { revision, ...fields }) =>
      Effect.gen(function* () {
        const defect = (error: { readonly message: string }) =>
          new Internal({ detail: `revision of ${project}: ${error.message}` })
        const payload = pack(yield* Effect.mapError(Schema.encodeEffect(Payload)({ format: 1, ...fields }), defect))
        const all = yield* numbered(project)
        for (let number = (all[0]?.number ?? 0) + 1; ; number++) {
          const complete: Revision = { ...revision, number }
          const record: StateRecord = {
            name: nameOf(project, number),
            labels: {
              [label]: project,
              [numberLabel]: String(number),
              [headLabel]: yield* Effect.mapError(Schema.encodeEffect(Head)(complete), defect),
              [payloadLabel]: payload,
            },
          }
          const there = yield* records.claim(record)
          // Lost to another writer, or the name is taken by something that is no revision: the next number.
          if (there.labels[payloadLabel] !== payload || there.labels[headLabel] !== record.labels[headLabel]) continue
          yield* forgetOld(project, [{ number, record }, ...all])
          return { format: 1, ...fields, revision: complete }
        }
      }),
    forget: (project) => Effect.flatMap(numbered(project), (all) => remove(project, all, [])),
  }
}
