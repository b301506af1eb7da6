/**
 * The port to a secret store. Stacks hold names, plans and journals hold names and versions; a value leaves the store only
 * when an operation executes. The local keyring stands in `keyring/`; a server brings Vault.
 */
import { Context, type Effect, type Redacted } from "effect"
import type { KeyringFailed, SecretMissing } from "../model/errors/union.ts"

export interface SecretEntry {
  readonly name: string
  /** Changes with the value and tells nothing about it: it goes into hashes, so that a rotated secret replaces containers. */
  readonly version: string
  /** ISO time of the last change. */
  readonly updatedAt: string
}

export interface SecretStoreShape {
  readonly version: (name: string) => Effect.Effect<string, SecretMissing | KeyringFailed>
  readonly reveal: (name: string) => Effect.Effect<Redacted.Redacted, SecretMissing | KeyringFailed>
  readonly set: (name: string, value: Redacted.Redacted) => Effect.Effect<SecretEntry, KeyringFailed>
  readonly list: Effect.Effect<ReadonlyArray<SecretEntry>, KeyringFailed>
  readonly remove: (name: string) => Effect.Effect<void, SecretMissing | KeyringFailed>
}

export class SecretStore extends Context.Service<SecretStore, SecretStoreShape>()("windflow/SecretStore") {}
