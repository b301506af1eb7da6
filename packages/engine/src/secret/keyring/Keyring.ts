/**
 * The local keyring: secrets of one user in one file, each sealed in an envelope of its own. Readers take no lock (the file is
 * replaced whole), writers take turns. Values are `Redacted` in and out, and no error carries any part of one.
 */
import { randomBytes, randomUUID } from "node:crypto"
import { mkdir, readFile } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect, Layer, Redacted, Semaphore } from "effect"
import { KeyringFailed, SecretMissing } from "../../model/errors/union.ts"
import { type SecretEntry, SecretStore, type SecretStoreShape } from "../SecretStore.ts"
import { removeLeftovers, replaceFile } from "./atomicFile.ts"
import { keyBytes, keyId, open, rewrap, seal } from "./envelope.ts"
import { lockFile } from "./FileLock.ts"
import { type Entry, type Opened, parse, render } from "./KeyringFile.ts"
import { type KeySource, readKeys, renderKeys } from "./KeySource.ts"

export interface KeyringOptions {
  /** The keyring's file; it and its directory are made when the first secret is set. */
  readonly path: string
  readonly key: KeySource
}

export interface KeyringShape extends SecretStoreShape {
  /** A new value and with it a new version of a secret that exists. */
  readonly rotate: (name: string, value: Redacted.Redacted) => Effect.Effect<SecretEntry, SecretMissing | KeyringFailed>
  /**
   * Changes the keyring's key. Values and versions stay, so nothing that is deployed changes. Without `to` a fresh key goes into
   * the same key file; with it the keyring belongs to that key from then on, and is opened with it.
   */
  readonly rewrap: (to?: KeySource) => Effect.Effect<void, KeyringFailed>
}

/** In-process writers queue here instead of polling the file lock; keyrings opened twice share it by path. */
const turns = new Map<string, Semaphore.Semaphore>()
const turnOf = (path: string): Semaphore.Semaphore => {
  const turn = turns.get(path) ?? Semaphore.makeUnsafe(1)
  turns.set(path, turn)
  return turn
}

const toEntry = ({ name, version, updatedAt }: Entry): SecretEntry => ({ name, version, updatedAt })

/** A control character or an overlong name would spoil listings and error texts. */
const isName = (name: string): boolean => /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(name) && name === name.trim()

export const openKeyring = ({ path, key: source }: KeyringOptions): KeyringShape => {
  const failed = (reason: KeyringFailed["reason"], detail: string) => new KeyringFailed({ path, reason, detail })
  const io = <A>(run: () => Promise<A>) =>
    Effect.tryPromise({ try: run, catch: (cause) => failed("unreadable", String(cause)) })
  const altered = () => failed("tampered", "a secret does not open with the key that sealed it")
  const missing = (name: string) => new SecretMissing({ name, detail: `it is not in the keyring ${path}` })

  /** Undefined when nothing was ever kept. */
  const readText = io(async () => {
    try {
      return await readFile(path, "utf8")
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined
      throw cause
    }
  })

  const keyMissing = (from: KeySource) =>
    failed("key-missing", from._tag === "KeyFile" ? `its key file ${from.path} does not exist` : "it has no key")

  const load: Effect.Effect<Opened | undefined, KeyringFailed> = Effect.gen(function* () {
    const text = yield* readText
    if (text === undefined) return undefined
    const keys = yield* readKeys(path, source)
    if (keys === undefined) return yield* keyMissing(source)
    return yield* parse(path, text, keys)
  })

  const save = (key: Uint8Array, entries: ReadonlyArray<Entry>) => io(() => replaceFile(path, render(key, entries)))

  const writing = <A, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E | KeyringFailed> =>
    Effect.gen(function* () {
      yield* io(() => mkdir(dirname(path), { recursive: true, mode: 0o700 }))
      yield* lockFile(path)
      yield* io(() => removeLeftovers(path))
      // Between taking the lock and releasing it nothing is interrupted half-way.
      return yield* Effect.uninterruptible(write)
    }).pipe(Effect.scoped, turnOf(path).withPermits(1))

  /** The key of a source, made and kept when it is a key file that does not exist yet. */
  const keyOrFresh = Effect.fn("keyring.keyOrFresh")(function* (from: KeySource) {
    const keys = yield* readKeys(path, from)
    const first = keys?.[0]
    if (first !== undefined) return first
    if (from._tag !== "KeyFile") return yield* keyMissing(from)
    const fresh = randomBytes(keyBytes)
    yield* io(async () => {
      await mkdir(dirname(from.path), { recursive: true, mode: 0o700 })
      await replaceFile(from.path, renderKeys([fresh]))
    })
    return fresh
  })

  /** `whenNew` decides about a name the keyring does not have yet. */
  const put = <E>(name: string, value: Redacted.Redacted, whenNew: Effect.Effect<void, E>) =>
    Effect.gen(function* () {
      if (!isName(name)) return yield* failed("invalid", "a secret's name is 1 to 200 printable characters")
      const plain = Redacted.value(value)
      if (!plain.isWellFormed()) return yield* failed("invalid", `the value of ${name} is not valid Unicode text`)
      const write = Effect.gen(function* () {
        const opened = yield* load
        const entries = opened?.entries ?? []
        const others = entries.filter((entry) => entry.name !== name)
        if (others.length === entries.length) yield* whenNew
        const key = opened?.key ?? (yield* keyOrFresh(source))
        const subject = { name, version: randomUUID() }
        const entry = { ...subject, updatedAt: new Date().toISOString(), ...seal(key, subject, plain) }
        yield* save(key, [...others, entry])
        return toEntry(entry)
      })
      return yield* writing(write)
    })

  const find = (name: string) =>
    Effect.flatMap(load, (opened) => {
      const entry = opened?.entries.find((candidate) => candidate.name === name)
      return opened === undefined || entry === undefined
        ? Effect.fail(missing(name))
        : Effect.succeed({ key: opened.key, entry })
    })

  /** Keeps the new key beside the old one before anything is sealed with it, and drops the old one last. */
  const changeKeyFile = Effect.fn("keyring.changeKeyFile")(function* (file: string, opened: Opened) {
    const fresh = randomBytes(keyBytes)
    yield* io(() => replaceFile(file, renderKeys([opened.key, fresh])))
    yield* reseal(opened, fresh)
    yield* io(() => replaceFile(file, renderKeys([fresh])))
  })

  const reseal = (opened: Opened, to: Uint8Array) =>
    Effect.gen(function* () {
      const entries = yield* Effect.try({
        try: () => opened.entries.map((entry) => ({ ...entry, ...rewrap(opened.key, to, entry, entry) })),
        catch: altered,
      })
      yield* save(to, entries)
    })

  const changeKey = (to: KeySource | undefined) =>
    Effect.gen(function* () {
      const opened = yield* load
      if (opened === undefined) return yield* failed("invalid", "it holds no secret yet")
      if (to !== undefined) {
        const key = yield* keyOrFresh(to)
        if (keyId(key) === keyId(opened.key)) return yield* failed("invalid", "the new key is the one it has")
        return yield* reseal(opened, key)
      }
      if (source._tag !== "KeyFile")
        return yield* failed("invalid", `its key was given by ${source.origin}: give a new one`)
      return yield* changeKeyFile(source.path, opened)
    })

  return {
    version: (name) => Effect.map(find(name), ({ entry }) => entry.version),
    reveal: (name) =>
      Effect.flatMap(find(name), ({ key, entry }) =>
        Effect.try({ try: () => Redacted.make(open(key, entry, entry), { label: name }), catch: altered }),
      ),
    set: (name, value) => put(name, value, Effect.void),
    rotate: (name, value) => put(name, value, Effect.fail(missing(name))),
    list: Effect.map(load, (opened) => (opened?.entries ?? []).map(toEntry)),
    remove: (name) =>
      writing(
        Effect.gen(function* () {
          const opened = yield* load
          const kept = (opened?.entries ?? []).filter((entry) => entry.name !== name)
          if (opened === undefined || kept.length === opened.entries.length) return yield* missing(name)
          return yield* save(opened.key, kept)
        }),
      ),
    rewrap: (to) => writing(changeKey(to)),
  }
}

/** The keyring as the secret store of a program. */
export const keyringLayer = (options: KeyringOptions): Layer.Layer<SecretStore> =>
  Layer.succeed(SecretStore, openKeyring(options))
