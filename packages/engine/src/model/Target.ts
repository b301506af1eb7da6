/** Where a stack goes: an engine or cluster, addressed by URLs. No connection is opened here. */
import { Schema } from "effect"

export const TargetType = Schema.Literals(["docker", "vm", "physical", "cluster"])
export type TargetType = typeof TargetType.Type

export const Target = Schema.Struct({
  /** Registered name, or the URL itself for an unregistered target. */
  name: Schema.NonEmptyString,
  type: TargetType,
  /** `compose`, `swarm`, `kubernetes`, or the name of a driver the embedder registered. */
  driver: Schema.NonEmptyString,
  /** `unix://`, `tcp://`, `ssh://user@host[:port]`, `kubernetes://context/namespace`; several for a Swarm. */
  endpoints: Schema.NonEmptyArray(Schema.NonEmptyString),
})
export type Target = typeof Target.Type
