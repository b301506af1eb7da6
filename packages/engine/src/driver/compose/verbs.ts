/** The driver's closed set of verbs: one call to the engine each (a wait may take several), with their arguments. */
import { Schema } from "effect"
import { HookKind } from "./hooks.ts"

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

/** Milliseconds that it must stay as the condition says: after a healthcheck passed, and where there is none. */
export const Stay = Schema.Struct({ healthy: Schema.Int, running: Schema.Int })

const verb = <const Verb extends string, F extends Schema.Struct.Fields>(name: Verb, fields: F) =>
  Schema.Struct({ verb: Schema.tag(name), args: Schema.Struct(fields) })

export const Action = Schema.Union([
  verb("CreateNetwork", { key: Str }),
  /** `unlessUsed`: containers of somebody else keep it, and that is no failure. */
  verb("RemoveNetwork", { id: Str, name: Str, unlessUsed: Schema.optionalKey(Schema.Boolean) }),
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
    /** service → id of its container whose namespaces or volumes are shared; those to be created come as inputs. */
    shared: Schema.optionalKey(Schema.Record(Str, Str)),
    links: Schema.optionalKey(Schema.Array(Str)),
    /** Digest → tree, of carried content that is on the target; what is still to be carried comes as the inputs `tree:<digest>`. */
    trees: Schema.optionalKey(Schema.Record(Str, Str)),
  }),
  /** Brings content of this machine to the target; several calls, complete or absent. Its outputs are `tree:<digest>`. */
  verb("CarryFiles", { digests: Schema.Array(Str) }),
  /** Configs and secrets that are no files of this machine, into a container that does not run. `owned`: see `uploads.ts`. */
  verb("UploadFiles", { service: Str, name: Str, owned: Schema.Boolean, ...existing }),
  verb("StartContainer", { service: Str, name: Str, ...existing }),
  /** Runs a command in the container and waits for its end. */
  verb("RunHook", { service: Str, name: Str, hook: HookKind, index: Schema.Int, ...existing }),
  /** Runs a container of its own to its end, with the volumes of the named one; `shared` as in CreateContainer. */
  verb("RunPreStart", {
    service: Str,
    index: Schema.Int,
    shared: Schema.optionalKey(Schema.Record(Str, Str)),
    ...existing,
  }),
  verb("UnpauseContainer", { id: Str, name: Str }),
  verb("StopContainer", { name: Str, seconds: Schema.NullOr(Schema.Int), ...existing }),
  verb("RestartContainer", { id: Str, name: Str, service: Str, seconds: Schema.NullOr(Schema.Int) }),
  verb("KillContainer", { id: Str, name: Str, signal: Str }),
  /** `onlyStopped`: one that was started meanwhile is left alone. */
  verb("RemoveContainer", {
    name: Str,
    volumes: Schema.Boolean,
    onlyStopped: Schema.optionalKey(Schema.Boolean),
    ...existing,
  }),
  verb("RenameContainer", { name: Str, ...existing }),
  /** Takes a name from an image; the image goes when that was its last and nothing uses it. */
  verb("RemoveImage", { name: Str }),
  verb("Wait", {
    service: Str,
    name: Str,
    condition: WaitCondition,
    seconds: Schema.Int,
    stay: Schema.optionalKey(Stay),
    /** A failure is told as the output `failure` (empty: none) and does not end the run. */
    borne: Schema.optionalKey(Schema.Boolean),
    ...existing,
  }),
  /** No call: it stands for all the operations that it needs, where many others would need them all. */
  verb("Barrier", {}),
  verb("Delay", { millis: Schema.Int }),
  /** No call: reads the verdicts of borne waits, its inputs, and fails when more than `allowed` are bad. */
  verb("Tally", { service: Str, allowed: Schema.Int }),
])
export type Action = typeof Action.Type
export type Verb = Action["verb"]
