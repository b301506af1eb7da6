/**
 * Where the key-encryption key comes from: a file only its owner can read, or a value the caller hands in. Nothing here looks
 * into the process's environment.
 */
import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { Effect, Redacted } from "effect"
import { KeyringFailed } from "../../model/errors/union.ts"
import { keyBytes } from "./envelope.ts"

export type KeySource =
  | { readonly _tag: "KeyFile"; readonly path: string }
  /** `origin` is what an error names: the variable or option the key came from. */
  | { readonly _tag: "GivenKey"; readonly key: Redacted.Redacted; readonly origin: string }

/** The environment variable that may hold the key. */
export const keyVariable = "WINDFLOW_KEYRING_KEY"

/** The variable when the given environment holds it, else the key file. */
export const keySource = (from: {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly keyFile: string
}): KeySource => {
  const given = from.environment[keyVariable]
  return given === undefined || given === ""
    ? { _tag: "KeyFile", path: from.keyFile }
    : { _tag: "GivenKey", key: Redacted.make(given), origin: keyVariable }
}

/** `undefined` when the text is not 32 bytes in base64 or hex. */
const parseKey = (text: string): Uint8Array | undefined => {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex")
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) return undefined
  const key = Buffer.from(text, "base64")
  return key.length === keyBytes ? key : undefined
}

/** A key file holds one key a line: two while a key change is under way, else one. */
export const renderKeys = (keys: ReadonlyArray<Uint8Array>): string =>
  keys.map((key) => `${Buffer.from(key).toString("base64")}\n`).join("")

const malformed = (path: string, where: string) =>
  new KeyringFailed({ path, reason: "key-malformed", detail: `${where} does not hold a 256-bit key` })

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"

const parseKeys = (
  path: string,
  where: string,
  text: string,
): Effect.Effect<ReadonlyArray<Uint8Array>, KeyringFailed> => {
  const keys = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [parseKey(line.trim())]))
  const known = keys.filter((key) => key !== undefined)
  return known.length === 0 || known.length !== keys.length
    ? Effect.fail(malformed(path, where))
    : Effect.succeed(known)
}

/** Reads through one handle, so that the file whose rights were checked is the file that is read. */
const readPrivately = async (
  path: string,
): Promise<{ readonly mode: number; readonly uid: number; readonly text: string }> => {
  const handle = await open(path, constants.O_RDONLY)
  try {
    const { mode, uid } = await handle.stat()
    return { mode, uid, text: await handle.readFile("utf8") }
  } finally {
    await handle.close()
  }
}

/** The keys of a source; `undefined` when it is a key file that does not exist. `path` names the keyring in errors. */
export const readKeys = Effect.fn("keyring.readKeys")(function* (path: string, source: KeySource) {
  if (source._tag === "GivenKey") return yield* parseKeys(path, source.origin, Redacted.value(source.key))
  const file = yield* Effect.tryPromise({ try: () => readPrivately(source.path), catch: (cause) => cause }).pipe(
    Effect.catch((cause) =>
      isMissing(cause)
        ? Effect.succeed(undefined)
        : Effect.fail(
            new KeyringFailed({ path, reason: "unreadable", detail: `key file ${source.path}: ${String(cause)}` }),
          ),
    ),
  )
  if (file === undefined) return undefined
  // Windows keeps rights in access lists, which mode bits do not show.
  const rights = process.platform === "win32" ? 0 : file.mode & 0o077
  if (rights !== 0) {
    const mode = (file.mode & 0o777).toString(8).padStart(4, "0")
    const detail = `key file ${source.path} has mode ${mode}: others than its owner have rights on it`
    return yield* new KeyringFailed({ path, reason: "key-exposed", detail })
  }
  const user = process.getuid?.()
  if (user !== undefined && user !== 0 && file.uid !== user) {
    const detail = `key file ${source.path} belongs to another user (uid ${file.uid})`
    return yield* new KeyringFailed({ path, reason: "key-exposed", detail })
  }
  return yield* parseKeys(path, `key file ${source.path}`, file.text)
})
