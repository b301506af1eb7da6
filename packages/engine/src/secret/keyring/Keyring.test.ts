import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Logger, Redacted } from "effect"
import { freshPlace, openAt, secretText } from "./keyring.fixture.ts"
import type { KeyringFailed, SecretMissing } from "../../model/errors/union.ts"
import { openKeyring } from "./Keyring.ts"
import { keySource } from "./KeySource.ts"

const canary = "canary-7f3a-ünïcode-\u{1f426}"
const given = (key: string) => keySource({ environment: { WINDFLOW_KEYRING_KEY: key }, keyFile: "/nowhere" })
const base64Key = (byte: number) => Buffer.alloc(32, byte).toString("base64")

it.live("keeps, lists, versions, rotates and removes secrets", () =>
  Effect.gen(function* () {
    const { keyring, directory } = yield* freshPlace
    const first = yield* keyring.set("db", Redacted.make(canary))
    yield* keyring.set("api", Redacted.make(""))
    assert.strictEqual(yield* secretText(keyring, "db"), canary)
    assert.strictEqual(yield* secretText(keyring, "api"), "")
    assert.strictEqual(yield* keyring.version("db"), first.version)
    const second = yield* keyring.rotate("db", Redacted.make("next"))
    assert.notStrictEqual(second.version, first.version)
    assert.deepStrictEqual(
      (yield* keyring.list).map((entry) => entry.name),
      ["api", "db"],
    )
    // Another process opens the same files.
    assert.strictEqual(yield* secretText(openAt(directory).keyring, "db"), "next")
    yield* keyring.remove("db")
    assert.strictEqual((yield* Effect.flip(keyring.reveal("db")))._tag, "SecretMissing")
    assert.strictEqual((yield* Effect.flip(keyring.remove("db")))._tag, "SecretMissing")
    assert.strictEqual((yield* Effect.flip(keyring.rotate("db", Redacted.make("x"))))._tag, "SecretMissing")
    assert.deepStrictEqual((yield* readDirectory(directory)).sort(), ["keyring.json", "keyring.key"])
  }).pipe(Effect.scoped),
)

const readDirectory = (path: string) => Effect.promise(() => readdir(path))

it.live("writes nothing others can read, and asks nothing before the first secret", () =>
  Effect.gen(function* () {
    const { keyring, path, keyFile, directory } = yield* freshPlace
    assert.deepStrictEqual(yield* keyring.list, [])
    assert.deepStrictEqual(yield* readDirectory(directory), [])
    yield* keyring.set("db", Redacted.make(canary))
    for (const file of [path, keyFile]) {
      assert.strictEqual((yield* Effect.promise(() => stat(file))).mode & 0o777, 0o600)
    }
  }).pipe(Effect.scoped),
)

it.live("gives the same value a new version each time, which tells nothing about it", () =>
  Effect.gen(function* () {
    const { keyring, path } = yield* freshPlace
    const versions = new Set<string>()
    const files = new Set<string>()
    for (let n = 0; n < 5; n++) {
      versions.add((yield* keyring.set("db", Redacted.make(canary))).version)
      files.add(yield* Effect.promise(() => readFile(path, "utf8")))
    }
    assert.strictEqual(versions.size, 5)
    assert.strictEqual(files.size, 5)
    for (const version of versions) assert.match(version, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
  }).pipe(Effect.scoped),
)

it.live("shows a planted value in no file, error, JSON or log", () =>
  Effect.gen(function* () {
    const { keyring, directory, path, keyFile } = yield* freshPlace
    const seen: Array<string> = []
    const log = Logger.make((options) => void seen.push(inspect(options, { depth: 10 })))
    const look = (value: unknown) =>
      seen.push(inspect(value, { depth: 10 }), JSON.stringify(value) ?? "", String(value))
    yield* Effect.gen(function* () {
      look(yield* keyring.set("db", Redacted.make(canary)))
      look(yield* keyring.rotate("db", Redacted.make(canary)))
      look(yield* keyring.list)
      const revealed = yield* keyring.reveal("db")
      look(revealed)
      yield* Effect.log("revealed", revealed, { revealed })
      yield* Effect.promise(() => chmod(keyFile, 0o644))
      const attempts: ReadonlyArray<Effect.Effect<unknown, KeyringFailed | SecretMissing>> = [
        keyring.set("db", Redacted.make(canary)),
        keyring.set("", Redacted.make(canary)),
        keyring.set("half", Redacted.make(`${canary}\ud800`)),
        keyring.rotate("absent", Redacted.make(canary)),
        keyring.reveal("db"),
      ]
      for (const attempt of attempts) {
        const cause = yield* Effect.flip(Effect.sandbox(attempt))
        look(cause)
        seen.push(Cause.pretty(cause))
        yield* Effect.logError("failed", cause)
      }
    }).pipe(Effect.provide(Logger.layer([log])))
    const key = (yield* Effect.promise(() => readFile(keyFile, "utf8"))).trim()
    for (const name of yield* readDirectory(directory)) {
      seen.push(name, yield* Effect.promise(() => readFile(join(directory, name), "latin1")))
    }
    const forms = [
      canary,
      canary.slice(0, 11),
      Buffer.from(canary).toString("base64"),
      Buffer.from(canary).toString("hex"),
    ]
    assert.isAbove(seen.length, 20)
    for (const form of forms) assert.isEmpty(seen.filter((text) => text.includes(form)))
    // The key stands in its own file and nowhere else.
    assert.lengthOf(
      seen.filter((text) => text.includes(key)),
      1,
    )
    assert.notInclude(yield* Effect.promise(() => readFile(path, "utf8")), key)
  }).pipe(Effect.scoped),
)

it.live("refuses a key file that others can read, naming the remedy", () =>
  Effect.gen(function* () {
    const { keyring, keyFile } = yield* freshPlace
    yield* keyring.set("db", Redacted.make(canary))
    for (const mode of [0o640, 0o604, 0o620, 0o601]) {
      yield* Effect.promise(() => chmod(keyFile, mode))
      const error = yield* Effect.flip(keyring.reveal("db"))
      assert.strictEqual(error._tag === "KeyringFailed" && error.reason, "key-exposed")
      assert.include(error.message, `0${mode.toString(8)}`)
      assert.include(error.remedy, "chmod 600")
    }
    yield* Effect.promise(() => chmod(keyFile, 0o400))
    assert.strictEqual(yield* secretText(keyring, "db"), canary)
  }).pipe(Effect.scoped),
)

it.live("tells a missing, a malformed and a wrong key apart", () =>
  Effect.gen(function* () {
    const { keyring, path, keyFile } = yield* freshPlace
    yield* keyring.set("db", Redacted.make(canary))
    const reasonWith = (content: string) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => writeFile(keyFile, content))
        const error = yield* Effect.flip(keyring.reveal("db"))
        // A write with a wrong key would mix two keys in one file.
        assert.deepStrictEqual(yield* Effect.flip(keyring.set("x", Redacted.make("y"))), error)
        return error._tag === "KeyringFailed" ? error.reason : error._tag
      })
    assert.strictEqual(yield* reasonWith(base64Key(1)), "key-wrong")
    assert.strictEqual(yield* reasonWith("correct horse battery staple"), "key-malformed")
    assert.strictEqual(yield* reasonWith(""), "key-malformed")
    const elsewhere = openKeyring({ path, key: { _tag: "KeyFile", path: `${keyFile}.absent` } })
    const missing = yield* Effect.flip(elsewhere.set("db", Redacted.make("z")))
    assert.strictEqual(missing._tag === "KeyringFailed" && missing.reason, "key-missing")
  }).pipe(Effect.scoped),
)

it.live("takes a key it is handed, in base64 or hex, and looks into no environment", () =>
  Effect.gen(function* () {
    const { path, keyFile } = yield* freshPlace
    const keyring = openKeyring({ path, key: given(base64Key(7)) })
    yield* keyring.set("db", Redacted.make(canary))
    const hex = openKeyring({ path, key: given(Buffer.alloc(32, 7).toString("hex")) })
    assert.strictEqual(yield* secretText(hex, "db"), canary)
    assert.deepStrictEqual(keySource({ environment: {}, keyFile }), { _tag: "KeyFile", path: keyFile })
    assert.notInclude(inspect(given(base64Key(7)), { depth: 10 }), base64Key(7))
  }).pipe(Effect.scoped),
)

it.live("changes the key without touching values or versions", () =>
  Effect.gen(function* () {
    const { keyring, path, keyFile } = yield* freshPlace
    yield* keyring.set("db", Redacted.make(canary))
    const version = yield* keyring.version("db")
    const before = yield* Effect.promise(() => readFile(path, "utf8"))
    const oldKey = yield* Effect.promise(() => readFile(keyFile, "utf8"))
    yield* keyring.rewrap()
    const after = yield* Effect.promise(() => readFile(path, "utf8"))
    const values = (text: string) => JSON.parse(text).entries.map((entry: { value: unknown }) => entry.value)
    assert.deepStrictEqual(values(after), values(before))
    assert.notStrictEqual(JSON.parse(after).keyId, JSON.parse(before).keyId)
    assert.strictEqual(yield* keyring.version("db"), version)
    assert.strictEqual(yield* secretText(keyring, "db"), canary)
    assert.notInclude(yield* Effect.promise(() => readFile(keyFile, "utf8")), oldKey.trim())
    const old = yield* Effect.flip(openKeyring({ path, key: given(oldKey.trim()) }).reveal("db"))
    assert.strictEqual(old._tag === "KeyringFailed" && old.reason, "key-wrong")
    yield* keyring.rewrap(given(base64Key(9)))
    assert.strictEqual(yield* secretText(openKeyring({ path, key: given(base64Key(9)) }), "db"), canary)
  }).pipe(Effect.scoped),
)
