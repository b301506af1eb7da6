/** What a caller asks of a deployment. A request with its stack is everything `prepare` needs. */
import { Schema } from "effect"
import type { Stack } from "../model/Stack.ts"

export const UpOptions = Schema.Struct({
  /** Only these services (and, unless `noDeps`, what they depend on); absent: all. */
  services: Schema.optionalKey(Schema.Array(Schema.String)),
  noDeps: Schema.Boolean,
  recreate: Schema.Literals(["diverged", "force", "never"]),
  removeOrphans: Schema.Boolean,
  /** `policy`: each service's own `pull_policy`. */
  pull: Schema.Literals(["policy", "always", "missing", "never"]),
  build: Schema.Literals(["missing", "always", "never"]),
  /** service → number of containers, over `scale` and `deploy.replicas`. */
  scale: Schema.Record(Schema.String, Schema.Int),
  /** Seconds to stop a container; absent: its own `stop_grace_period`, else the engine's 10. */
  stopTimeout: Schema.optionalKey(Schema.Int),
  /** `healthy`: the run ends when everything is healthy or has completed; `started`: when everything is started. */
  until: Schema.Literals(["healthy", "started", "created"]),
  /** Seconds a wait may take before the run fails with `Unhealthy`. */
  waitTimeout: Schema.Int,
  /**
   * service → image as the driver identifies it, over what the reference resolves to: a rollback deploys the very images of its
   * revision. Docker: an id of its own store; Kubernetes: a reference, by digest where nodes shall not resolve a tag.
   */
  pinnedImages: Schema.Record(Schema.String, Schema.String),
})
export type UpOptions = typeof UpOptions.Type

/** What `up` means without flags. */
export const defaultUpOptions: UpOptions = {
  noDeps: false,
  recreate: "diverged",
  removeOrphans: false,
  pull: "policy",
  build: "missing",
  scale: {},
  until: "healthy",
  waitTimeout: 300,
  pinnedImages: {},
}

export const DownOptions = Schema.Struct({
  /** Also named volumes declared in the stack and anonymous ones: data is lost. Never our revisions. */
  volumes: Schema.Boolean,
  removeOrphans: Schema.Boolean,
  stopTimeout: Schema.optionalKey(Schema.Int),
})
export type DownOptions = typeof DownOptions.Type

export const defaultDownOptions: DownOptions = { volumes: false, removeOrphans: true }

export type Request =
  | { readonly _tag: "Up"; readonly stack: Stack; readonly options: UpOptions }
  /** Works from labels alone: the file may be gone. */
  | { readonly _tag: "Down"; readonly project: string; readonly options: DownOptions }

export const projectOf = (request: Request): string => (request._tag === "Up" ? request.stack.name : request.project)
