/** The driver's closed set of verbs: one call to the engine each (a wait may take several), with their arguments. */
import { Schema } from "effect"

const Str = Schema.String
/** Present when the container exists at planning time; else the id comes as the input `container`. */
const existing = { id: Schema.optionalKey(Str) }

export const Inherited = Schema.Struct({ name: Str, target: Str, readOnly: Schema.Boolean })

/**
 * - `healthy`: its healthcheck says so, and it has one;
 * - `completed`: it ended with code 0;
 * - `settled`: healthy if it has a healthcheck, else running or ended with code 0.
 */
export const WaitCondition = Schema.Literals(["healthy", "completed", "settled"])
export type WaitCondition = typeof WaitCondition.Type

const verb = <const Verb extends string, F extends Schema.Struct.Fields>(name: Verb, fields: F) =>
  Schema.Struct({ verb: Schema.tag(name), args: Schema.Struct(fields) })

export const Action = Schema.Union([
  verb("CreateNetwork", { key: Str }),
  verb("RemoveNetwork", { id: Str, name: Str }),
  verb("CreateVolume", { key: Str }),
  verb("RemoveVolume", { name: Str }),
  verb("CreateContainer", {
    service: Str,
    number: Schema.Int,
    name: Str,
    /** The reference, or the id where the reference now means another image. */
    image: Str,
    replaces: Schema.Boolean,
    inherited: Schema.Array(Inherited),
  }),
  verb("StartContainer", { service: Str, name: Str, ...existing }),
  verb("UnpauseContainer", { id: Str, name: Str }),
  verb("StopContainer", { id: Str, name: Str, seconds: Schema.NullOr(Schema.Int) }),
  verb("RestartContainer", { id: Str, name: Str, service: Str, seconds: Schema.NullOr(Schema.Int) }),
  verb("KillContainer", { id: Str, name: Str, signal: Str }),
  /** `onlyStopped`: one that was started meanwhile is left alone. */
  verb("RemoveContainer", {
    id: Str,
    name: Str,
    volumes: Schema.Boolean,
    onlyStopped: Schema.optionalKey(Schema.Boolean),
  }),
  verb("RenameContainer", { name: Str, ...existing }),
  /** Takes a name from an image; the image goes when that was its last and nothing uses it. */
  verb("RemoveImage", { name: Str }),
  verb("Wait", { service: Str, name: Str, condition: WaitCondition, seconds: Schema.Int, ...existing }),
  /** No call: it stands for all the operations that it needs, where many others would need them all. */
  verb("Barrier", {}),
])
export type Action = typeof Action.Type
export type Verb = Action["verb"]
