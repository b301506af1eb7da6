/** What the planner compares: the objects a stack becomes, and what the cluster holds and would make of them. */
import { Schema } from "effect"
import type { FieldChange } from "../../plan/index.ts"
import { Kind } from "./objects.ts"

const opt = Schema.optionalKey

export const Manifest = Schema.Record(Schema.String, Schema.Json)
export type Manifest = typeof Manifest.Type

export const DesiredObject = Schema.Struct({
  kind: Kind,
  name: Schema.String,
  /** Absent for a ConfigMap made of a top-level config. */
  service: opt(Schema.String),
  /** Keys (`keyOf`) of objects that must be there first. */
  after: Schema.Array(Schema.String),
  manifest: Manifest,
})
export type DesiredObject = typeof DesiredObject.Type

export const DesiredService = Schema.Struct({
  name: Schema.String,
  dependsOn: Schema.Array(Schema.Struct({ service: Schema.String, healthy: Schema.Boolean })),
})

export const Desired = Schema.Struct({
  format: Schema.Literal(1),
  project: Schema.String,
  intent: Schema.Literals(["up", "down"]),
  /** The services to deploy, each after those it depends on. */
  services: Schema.Array(DesiredService),
  /** In an order in which each stands after what it needs. */
  objects: Schema.Array(DesiredObject),
  /** Services that are left alone: disabled by a profile, or not asked for. */
  spared: Schema.Array(Schema.String),
  removeOrphans: Schema.Boolean,
  until: Schema.Literals(["healthy", "started"]),
  waitTimeout: Schema.Int,
  /** `web:8080` → node port, for the URLs. */
  nodePorts: Schema.Array(Schema.Int),
  warnings: Schema.Array(Schema.String),
})
export type Desired = typeof Desired.Type

/** `Deployment/web`: names are unique per kind in the namespace of the target. */
export const keyOf = (object: { readonly kind: Kind; readonly name: string }): string => `${object.kind}/${object.name}`

/** An object that carries the project's labels. */
export interface LiveObject {
  readonly kind: Kind
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number | undefined
  /** The service it belongs to; undefined for a config's ConfigMap. */
  readonly service: string | undefined
  readonly dependsOn: ReadonlyArray<string>
  readonly deleting: boolean
  /** A Deployment's rollout is over and everything available; true for other kinds. */
  readonly settled: boolean
}

/** What a server-side dry run of applying the desired object said. */
export type Trial =
  | { readonly _tag: "Creates" }
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Changes"; readonly fields: ReadonlyArray<FieldChange> }
  /** A field that cannot change does: only deleting and creating gets there. */
  | { readonly _tag: "Immutable"; readonly field: string }
  /** It is there and not ours. */
  | { readonly _tag: "Taken"; readonly owner: string }
  | { readonly _tag: "PortTaken"; readonly port: string; readonly detail: string }

export interface Observed {
  readonly live: ReadonlyArray<LiveObject>
  /** By `keyOf`; one for each desired object. */
  readonly trials: Readonly<Record<string, Trial>>
}
