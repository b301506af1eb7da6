/** The keyring's file: its schema, its text, and the check that nobody altered its content. No I/O. */
import { Effect, Schema } from "effect"
import { KeyringFailed } from "../../model/errors/union.ts"
import { authenticate, Envelope, isAuthentic, keyId } from "./envelope.ts"

/** A sealed secret as it lies in the file. */
export const Entry = Schema.Struct({
  name: Schema.String,
  version: Schema.String,
  updatedAt: Schema.String,
  ...Envelope.fields,
})
export type Entry = typeof Entry.Type

const Body = Schema.Struct({
  format: Schema.Literal("windflow-keyring/1"),
  /** Tells a wrong key from an altered file. */
  keyId: Schema.String,
  entries: Schema.Array(Entry),
})
const File = Schema.Struct({ ...Body.fields, authentication: Schema.String })

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(File), { onExcessProperty: "error" })

/** Fields in one order and entries by name: equal content has equal bytes. */
const canonical = (key: Uint8Array, entries: ReadonlyArray<Entry>): typeof Body.Type => ({
  format: "windflow-keyring/1",
  keyId: keyId(key),
  entries: [...entries]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, version, updatedAt, key, value }) => ({ name, version, updatedAt, key, value })),
})

export const render = (key: Uint8Array, entries: ReadonlyArray<Entry>): string => {
  const body = canonical(key, entries)
  return `${JSON.stringify({ ...body, authentication: authenticate(key, JSON.stringify(body)) }, undefined, 2)}\n`
}

export interface Opened {
  readonly key: Uint8Array
  readonly entries: ReadonlyArray<Entry>
}

/** Finds the key that sealed the file and verifies all of its content. */
export const parse = Effect.fn("keyring.parse")(function* (
  path: string,
  text: string,
  keys: ReadonlyArray<Uint8Array>,
) {
  const tampered = (detail: string) => new KeyringFailed({ path, reason: "tampered", detail })
  // The decoder's own message would quote the file.
  const file = yield* decode(text).pipe(Effect.mapError(() => tampered("it is not a keyring file of this format")))
  const key = keys.find((candidate) => keyId(candidate) === file.keyId)
  if (key === undefined) {
    return yield* new KeyringFailed({ path, reason: "key-wrong", detail: "it was sealed with another key" })
  }
  const body = JSON.stringify(canonical(key, file.entries))
  if (!isAuthentic(key, body, file.authentication)) {
    return yield* tampered("it was altered after WindFlow wrote it")
  }
  return { key, entries: file.entries } satisfies Opened
})
