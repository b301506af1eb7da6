import { readFile, writeFile } from "node:fs/promises"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { keyId, open, seal } from "./envelope.ts"
import { freshPlace } from "./keyring.fixture.ts"

const key = Buffer.alloc(32, 3)
const subject = { name: "db", version: "v1" }

it("opens an envelope only whole, with its key, under its name and version", () => {
  const envelope = seal(key, subject, "value")
  assert.strictEqual(open(key, subject, envelope), "value")
  const flip = (text: string) => {
    const bytes = Buffer.from(text, "base64")
    bytes[0] = (bytes[0] ?? 0) ^ 1
    return bytes.toString("base64")
  }
  for (const part of ["key", "value"] as const) {
    for (const field of ["nonce", "ciphertext", "tag"] as const) {
      const altered = { ...envelope, [part]: { ...envelope[part], [field]: flip(envelope[part][field]) } }
      assert.throws(() => open(key, subject, altered), undefined, undefined, `${part}.${field}`)
    }
    // A short tag would be cheap to guess.
    const short = envelope[part].tag.slice(0, 8)
    assert.throws(() => open(key, subject, { ...envelope, [part]: { ...envelope[part], tag: short } }))
  }
  assert.throws(() => open(Buffer.alloc(32, 4), subject, envelope))
  assert.throws(() => open(key, { ...subject, name: "api" }, envelope))
  assert.throws(() => open(key, { ...subject, version: "v2" }, envelope))
  const other = seal(key, subject, "value")
  assert.throws(() => open(key, subject, { key: envelope.key, value: other.value }))
  assert.notStrictEqual(keyId(key), keyId(Buffer.alloc(32, 4)))
})

it.live("notices every single altered byte of the file", () =>
  Effect.gen(function* () {
    const { keyring, path } = yield* freshPlace
    yield* keyring.set("db", Redacted.make("value"))
    const good = yield* Effect.promise(() => readFile(path))
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ 1
      yield* Effect.promise(() => writeFile(path, bad))
      const error = yield* Effect.flip(keyring.reveal("db"))
      assert.isTrue(
        error._tag === "KeyringFailed" && ["tampered", "key-wrong"].includes(error.reason),
        `byte ${at} (${String.fromCodePoint(good[at] ?? 0)})`,
      )
    }
    yield* Effect.promise(() => writeFile(path, good))
    assert.isDefined(yield* keyring.reveal("db"))
  }).pipe(Effect.scoped),
)

it.live("notices entries that were removed, swapped, renamed, redated or taken from an earlier file", () =>
  Effect.gen(function* () {
    const { keyring, path } = yield* freshPlace
    yield* keyring.set("a", Redacted.make("one"))
    const earlier = JSON.parse(yield* Effect.promise(() => readFile(path, "utf8")))
    yield* keyring.set("a", Redacted.make("two"))
    yield* keyring.set("b", Redacted.make("three"))
    const text = yield* Effect.promise(() => readFile(path, "utf8"))
    const file = () => JSON.parse(text)
    const [a, b] = file().entries
    const forgeries = {
      removed: [a],
      swapped: [
        { ...a, value: b.value, key: b.key },
        { ...b, value: a.value, key: a.key },
      ],
      renamed: [a, { ...b, name: "c" }],
      redated: [{ ...a, updatedAt: "2020-01-01T00:00:00.000Z" }, b],
      earlier: [earlier.entries[0], b],
      doubled: [a, a, b],
    }
    for (const [forgery, entries] of Object.entries(forgeries)) {
      yield* Effect.promise(() => writeFile(path, `${JSON.stringify({ ...file(), entries }, undefined, 2)}\n`))
      const error = yield* Effect.flip(keyring.list)
      assert.strictEqual(error.reason, "tampered", forgery)
    }
    yield* Effect.promise(() => writeFile(path, JSON.stringify({ ...file(), extra: 1 })))
    assert.strictEqual((yield* Effect.flip(keyring.list)).reason, "tampered")
  }).pipe(Effect.scoped),
)
