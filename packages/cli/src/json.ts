/**
 * What `--format json` prints, as schemas: the promise to scripts. `up`, `down`, `apply` and `rollback` print events as JSON
 * lines (`Event` of the engine), `plan` the plan without its desired state, a failure one line on standard error (`Failure`).
 */
import { ImageUse } from "@windflow/engine/driver"
import { Event, Revision, Target, TargetReport } from "@windflow/engine/model"
import { Plan } from "@windflow/engine/plan"
import { Schema, Struct } from "effect"
import { Failure } from "./report.ts"

/** An entry of the array of `ps`. */
export const PsEntry = Schema.Struct({
  project: Schema.String,
  service: Schema.String,
  name: Schema.String,
  id: Schema.String,
  number: Schema.Int,
  image: Schema.String,
  command: Schema.String,
  /** Made by `run`. */
  oneOff: Schema.Boolean,
  state: Schema.Literals(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
  health: Schema.Literals(["none", "starting", "healthy", "unhealthy"]),
  exitCode: Schema.NullOr(Schema.Int),
  /** `127.0.0.1:8080->80/tcp`. */
  ports: Schema.Array(Schema.String),
  /** ISO time. */
  createdAt: Schema.String,
  /** The engine's own words. */
  status: Schema.String,
  managedBy: Schema.Literals(["windflow", "compose"]),
})
export type PsEntry = typeof PsEntry.Type

/** `windflow` alone. */
export const Overview = Schema.Struct({
  /** null without a Compose file. */
  deployment: Schema.NullOr(Schema.String),
  changes: Schema.NullOr(Schema.Int),
  projects: Schema.Array(Schema.Struct({ project: Schema.String, containers: Schema.Int })),
  unhealthy: Schema.Array(Schema.String),
})

export const Doctor = Schema.Struct({
  findings: Schema.Array(
    Schema.Struct({
      subject: Schema.String,
      well: Schema.Boolean,
      detail: Schema.String,
      remedy: Schema.optionalKey(Schema.String),
    }),
  ),
  problems: Schema.Int,
})

export const SecretEntry = Schema.Struct({ name: Schema.String, version: Schema.String, updatedAt: Schema.String })

/** `plan` and `--dry-run`: not `desired`, which holds environment values; `plan -o FILE` (0600) saves it. */
export const PlanShown = Plan.mapFields(Struct.omit(["desired"]))

/** A line of `events`: Compose's keys. */
export const ServiceEvent = Schema.Struct({
  time: Schema.String,
  type: Schema.String,
  service: Schema.String,
  id: Schema.String,
  action: Schema.String,
  attributes: Schema.Record(Schema.String, Schema.String),
})
export type ServiceEvent = typeof ServiceEvent.Type

/** An entry of the array of `top`. */
export const Processes = Schema.Struct({
  service: Schema.String,
  container: Schema.String,
  number: Schema.optionalKey(Schema.Int),
  titles: Schema.Array(Schema.String),
  processes: Schema.Array(Schema.Array(Schema.String)),
})

/** An entry of the array of `pull`. */
export const PulledEntry = Schema.Struct({
  /** Absent: the services name none. */
  image: Schema.optionalKey(Schema.String),
  services: Schema.Array(Schema.String),
  outcome: Schema.Literals(["pulled", "skipped", "failed"]),
  /** Why it was skipped: `no-image`, `present`, `policy`, `buildable`; or what failed. */
  reason: Schema.optionalKey(Schema.String),
})
export type PulledEntry = typeof PulledEntry.Type

/** An entry of the array of `build`. */
export const BuiltEntry = Schema.Struct({ service: Schema.String, image: Schema.String, id: Schema.String })

/** The document of each verb that prints one. */
export const documents = {
  windflow: Overview,
  plan: PlanShown,
  ps: Schema.Array(PsEntry),
  history: Schema.Array(Revision),
  doctor: Doctor,
  images: Schema.Array(ImageUse),
  top: Schema.Array(Processes),
  pull: Schema.Array(PulledEntry),
  build: Schema.Array(BuiltEntry),
  "secret ls": Schema.Array(SecretEntry),
  "target ls": Schema.Array(Target),
  "target test": Schema.toEncoded(TargetReport),
} as const

/** `target test` and `target add`. */
export const encodeReport = Schema.encodeSync(TargetReport)

/** The line of verbs that print lines. */
export const lines = { run: Event, events: ServiceEvent, failure: Failure } as const
