/**
 * One operation = one call to an engine. Plain data: it is printed, hashed, journalled and saved. Each driver has a closed
 * union of verbs and decodes `args` itself; nothing else looks inside them.
 */
import { Schema } from "effect"

export const OperationId = Schema.NonEmptyString

/**
 * How an operation of unknown outcome (a crash between call and journal) is settled before anything else happens:
 * - `observe`: ask the engine whether it happened (`Driver.recover`);
 * - `idempotent`: doing it again is harmless;
 * - `at-least-once`: it may run twice (hooks, exec): documented to the user.
 */
export const RecoveryMode = Schema.Literals(["observe", "idempotent", "at-least-once"])
export type RecoveryMode = typeof RecoveryMode.Type

/** A value that an earlier operation returns, e.g. the id of a container that it creates. */
export const InputReference = Schema.Struct({ operation: OperationId, output: Schema.NonEmptyString })
export type InputReference = typeof InputReference.Type

export const Outputs = Schema.Record(Schema.String, Schema.String)
export type Outputs = typeof Outputs.Type

export const Operation = Schema.Struct({
  /** Unique in its plan and stable for the same inputs: `container:web:1/create`. */
  id: OperationId,
  /** One of the driver's verbs. */
  verb: Schema.NonEmptyString,
  /** `service:web:1`, `network:default`, `volume:data`. */
  resource: Schema.NonEmptyString,
  /** The id of the group that people are shown. */
  group: Schema.NonEmptyString,
  /** Why, in words: `image changed`. */
  cause: Schema.String,
  /** Ids of operations that must have succeeded before. */
  needs: Schema.Array(OperationId),
  /** What must still be true when it runs (container id, `Version.Index`, uid + resourceVersion): the real guard. */
  precondition: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  inputs: Schema.optionalKey(Schema.Record(Schema.String, InputReference)),
  recovery: RecoveryMode,
  /** The driver's own arguments; never a secret value. */
  args: Schema.Record(Schema.String, Schema.Json),
})
export type Operation = typeof Operation.Type
