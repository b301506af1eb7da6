/** What a run tells while it works. CLI, API and console render these and nothing else. */
import { Schema } from "effect"
import { Revision } from "./Deployment.ts"
import { WindFlowError } from "./errors/union.ts"

const common = {
  /** Grows by one within a run; `events({ after })` resumes behind it. */
  seq: Schema.Int,
  /** ISO time. */
  at: Schema.String,
}

const event = <const Tag extends string, F extends Schema.Struct.Fields>(tag: Tag, fields: F) =>
  Schema.TaggedStruct(tag, { ...common, ...fields })

export const Event = Schema.Union([
  event("RunStarted", { run: Schema.String, deployment: Schema.String }),
  /** An unfinished earlier run was found: `operation` is the last one whose outcome was open, `done` how many had succeeded. */
  event("RunResumed", { run: Schema.String, operation: Schema.optionalKey(Schema.String), done: Schema.Int }),
  /** The plan of the run, as ids and groups; sent once, before the first operation. */
  event("Planned", {
    hash: Schema.String,
    groups: Schema.Array(
      Schema.Struct({
        id: Schema.String,
        kind: Schema.String,
        resource: Schema.String,
        operations: Schema.Array(Schema.String),
      }),
    ),
  }),
  event("OperationStarted", { operation: Schema.String }),
  event("OperationSucceeded", { operation: Schema.String }),
  event("OperationFailed", { operation: Schema.String, error: WindFlowError }),
  /** Never started, because something it needs failed or the run was cancelled. */
  event("OperationSkipped", { operation: Schema.String, because: Schema.String }),
  /** The run did not succeed: what it had begun is put back, by these operations of the plan's compensations. */
  event("Compensating", { operations: Schema.Array(Schema.String) }),
  event("Progress", {
    operation: Schema.String,
    current: Schema.Finite,
    total: Schema.optionalKey(Schema.Finite),
    text: Schema.optionalKey(Schema.String),
  }),
  event("Warning", { text: Schema.String }),
  /** `changed`: something was sent to the target. Otherwise it was as asked for, and `revision` is the one that stands. */
  event("RunEnded", { revision: Revision, changed: Schema.Boolean }),
])
export type Event = typeof Event.Type

type WithoutCommon<E> = E extends unknown ? Omit<E, "seq" | "at"> : never
/** An event before the run has numbered and timed it. */
export type EventBody = WithoutCommon<Event>
