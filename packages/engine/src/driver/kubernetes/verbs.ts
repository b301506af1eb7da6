/** The driver's closed union of verbs, as operations carry it. */
import { Effect, Schema } from "effect"
import { Internal } from "../../model/errors/index.ts"
import type { Operation } from "../../plan/index.ts"
import { Kind } from "./objects.ts"

const target = { kind: Kind, name: Schema.String }

export const Verb = Schema.Union([
  /** Server-side apply of the desired object of that name; creates it when the precondition says `absent`. */
  Schema.TaggedStruct("Apply", target),
  /** A Deployment stays, marked, until its Pods are gone; others go at once. */
  Schema.TaggedStruct("Delete", target),
  /** Until a Deployment has rolled out what was applied. */
  Schema.TaggedStruct("WaitRollout", { ...target, seconds: Schema.Int }),
  Schema.TaggedStruct("WaitGone", { ...target, seconds: Schema.Int }),
])
export type Verb = typeof Verb.Type

const decode = Schema.decodeUnknownEffect(Verb, { onExcessProperty: "error" })

export const verbOf = (operation: Operation): Effect.Effect<Verb, Internal> =>
  decode({ _tag: operation.verb, ...operation.args }).pipe(
    Effect.mapError(
      (error) => new Internal({ detail: `operation ${operation.id} is not understood: ${error.message}` }),
    ),
  )

/** `absent`, or the object as it was: uid and generation where the API counts one (status writes do not change it), else version. */
export const Precondition = Schema.Union([
  Schema.Struct({ absent: Schema.Literal("true") }),
  Schema.Struct({ uid: Schema.String, generation: Schema.String }),
  Schema.Struct({ uid: Schema.String, resourceVersion: Schema.String }),
])
export type Precondition = typeof Precondition.Type

const decodePrecondition = Schema.decodeUnknownEffect(Precondition, { onExcessProperty: "error" })

export const preconditionOf = (operation: Operation): Effect.Effect<Precondition, Internal> =>
  decodePrecondition(operation.precondition).pipe(
    Effect.mapError((error) => new Internal({ detail: `the precondition of ${operation.id}: ${error.message}` })),
  )
