/** The local keyring of a user: what `secret("name")` refers to unless another store is handed over. Read when it is used. */
import { join } from "node:path"
import type { KeyringShape, SecretEntry, SecretStoreShape } from "@windflow/engine/secret"
import { Effect, Redacted } from "effect"

export interface KeyringLocation {
  /** The directory of keyring and key file. */
  readonly directory: string
  /** May hold the key (WINDFLOW_KEYRING_KEY) instead of the key file. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** The keyring and its cryptography are loaded by the first use: most runs use no secret. */
export const keyringIn = ({
  directory,
  env = {},
}: KeyringLocation): SecretStoreShape & Pick<KeyringShape, "rewrap"> => {
  let opening: Promise<KeyringShape> | undefined
  const open = async () => {
    const { keySource, openKeyring: openAt } = await import("@windflow/engine/secret")
    return openAt({
      path: join(directory, "keyring.json"),
      key: keySource({ environment: env, keyFile: join(directory, "keyring.key") }),
    })
  }
  const keyring = Effect.promise(() => (opening ??= open()))
  return {
    version: (name) => Effect.flatMap(keyring, (one) => one.version(name)),
    reveal: (name) => Effect.flatMap(keyring, (one) => one.reveal(name)),
    set: (name, value) => Effect.flatMap(keyring, (one) => one.set(name, value)),
    list: Effect.flatMap(keyring, (one) => one.list),
    remove: (name) => Effect.flatMap(keyring, (one) => one.remove(name)),
    rewrap: (to) => Effect.flatMap(keyring, (one) => one.rewrap(to)),
  }
}

/** For Promises. Rejects with `KeyringFailed` or `SecretMissing`. */
export interface Keyring {
  /** Stores a value under a new version; what uses it is replaced by the next `up`. */
  set(name: string, value: string): Promise<SecretEntry>
  list(): Promise<readonly SecretEntry[]>
  remove(name: string): Promise<void>
  /** Puts a fresh key into the key file and seals every value with it. Values and versions stay. */
  rewrap(): Promise<void>
}

export const openKeyring = (location: KeyringLocation): Keyring => {
  const keyring = keyringIn(location)
  return {
    set: (name, value) => Effect.runPromise(keyring.set(name, Redacted.make(value))),
    list: () => Effect.runPromise(keyring.list),
    remove: (name) => Effect.runPromise(keyring.remove(name)),
    rewrap: () => Effect.runPromise(keyring.rewrap()),
  }
}
