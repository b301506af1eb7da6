/** Where a stack goes: an engine or cluster, addressed by URLs. No connection is opened here. */
import { Schema } from "effect"

export const TargetType = Schema.Literals(["docker", "vm", "physical", "cluster"])
export type TargetType = typeof TargetType.Type

/** A secret of the keyring (or of another store) by name. */
export const SecretName = Schema.Struct({ _secret: Schema.NonEmptyString })

/** A path of this machine, or a secret. Never the credential itself. */
export const Credential = Schema.Union([Schema.NonEmptyString, SecretName])
export type Credential = typeof Credential.Type

const key = Schema.optionalKey

/** How a host is logged into: what is named here counts alone, without it the user's agent and usual keys are tried. */
export const SshAccess = Schema.Struct({
  /** A private key. */
  identity: key(Credential),
  /** Opens an encrypted key. */
  passphrase: key(SecretName),
  password: key(SecretName),
  /** The only key the host may have: `SHA256:…` or `ssh-ed25519 AAAA…`. */
  hostKey: key(Schema.NonEmptyString),
  /** The same of the hosts on the way, by `name` or `[name]:port`. */
  jumpHostKeys: key(Schema.Record(Schema.String, Schema.NonEmptyString)),
})
export type SshAccess = typeof SshAccess.Type

export const Target = Schema.Struct({
  /** Registered name, or the URL itself for an unregistered target. */
  name: Schema.NonEmptyString,
  type: TargetType,
  /** `compose`, `swarm`, `kubernetes`, or the name of a driver the embedder registered. */
  driver: Schema.NonEmptyString,
  /** `unix://`, `tcp://`, `ssh://user@host[:port]`, `kubernetes://context/namespace`; several for a Swarm. */
  endpoints: Schema.NonEmptyArray(Schema.NonEmptyString),
  /** For `ssh://` endpoints. */
  ssh: key(SshAccess),
  labels: key(Schema.Record(Schema.String, Schema.String)),
  groups: key(Schema.Array(Schema.NonEmptyString)),
})
export type Target = typeof Target.Type
