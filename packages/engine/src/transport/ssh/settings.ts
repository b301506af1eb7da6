/** With what a host is reached: credentials, host keys, patience. Values only; `sources.ts` finds them for a user. */
import type { Redacted } from "effect"
import type { HostAddress, HostKeys } from "./knownHosts.ts"

/** A private key, as text; the passphrase is asked for when the key turns out to need one. */
export interface Identity {
  /** For people: a path, or `secret deploy-key`. */
  readonly name: string
  readonly key: Redacted.Redacted
  readonly passphrase: () => Promise<Redacted.Redacted | undefined>
}

export interface SshSettings {
  /** Who logs in where the URL names nobody. */
  readonly user: string
  readonly identities: ReadonlyArray<Identity>
  /** Socket of an agent. */
  readonly agent?: string
  readonly password?: Redacted.Redacted
  readonly hostKeys: (address: HostAddress) => HostKeys
  /** Milliseconds for each machine of the route. */
  readonly connectTimeout: number
  /** Milliseconds between two signs of life; a connection without any for three of them is dead. */
  readonly keepAlive: number
}

export const defaultConnectTimeout = 15_000
export const defaultKeepAlive = 10_000
