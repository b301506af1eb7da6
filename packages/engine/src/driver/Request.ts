/** What a caller asks of a deployment. A request with its stack is everything `prepare` needs. */
import { Schema } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Stack } from "../model/Stack.ts"

export const UpOptions = Schema.Struct({
  /** Only these services (and, unless `noDeps`, what they depend on); absent: all. */
  services: Schema.optionalKey(Schema.Array(Schema.String)),
  noDeps: Schema.Boolean,
  /** Only what the chosen services stand on: dependencies, networks, volumes; themselves they are left alone (before a `run`). */
  onlyDependencies: Schema.optionalKey(Schema.Boolean),
  recreate: Schema.Literals(["diverged", "force", "never"]),
  /** Services that are only depended on are recreated whatever `recreate` says, which is about the chosen ones. */
  recreateDependencies: Schema.optionalKey(Schema.Boolean),
  removeOrphans: Schema.Boolean,
  /** A replacement gets new anonymous volumes instead of those of the container it replaces. */
  renewAnonymousVolumes: Schema.optionalKey(Schema.Boolean),
  /** `policy`: each service's own `pull_policy`. */
  pull: Schema.Literals(["policy", "always", "missing", "never"]),
  build: Schema.Literals(["missing", "always", "never"]),
  /**
   * Whether images come from the deployer's own engine to a target that lacks them. `missing` (the default): those that no registry
   * has or that may not be pulled; `always`: whichever it has, before any registry.
   */
  carry: Schema.optionalKey(Schema.Literals(["missing", "always", "never"])),
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
  /**
   * Names of images to remove: `all` that containers were made from, or `local`: only those that bear the project's name, because
   * nothing else names them. What a rollback needs stays under our tags until `forget`.
   */
  images: Schema.optionalKey(Schema.Literals(["local", "all"])),
})
export type DownOptions = typeof DownOptions.Type

export const defaultDownOptions: DownOptions = { volumes: false, removeOrphans: true }

/** What `pull` fetches; nothing is deployed. */
export interface PullOptions {
  /** Absent: all. */
  readonly services?: ReadonlyArray<string>
  /** Also what the chosen services depend on. */
  readonly dependencies: boolean
  /** `policy`: each service's own `pull_policy`; a service without one is always refreshed. */
  readonly policy: "policy" | "always" | "missing"
  /** Leaves out services that have a `build`. */
  readonly skipBuildable: boolean
}

export const defaultPullOptions: PullOptions = { dependencies: false, policy: "policy", skipBuildable: false }

/** What became of one image that `pull` was asked for. */
export interface PulledImage {
  /** Absent: the service names no image, there is nothing to pull. */
  readonly image?: string
  readonly services: ReadonlyArray<string>
  readonly outcome:
    | { readonly _tag: "Pulled" }
    | { readonly _tag: "Skipped"; readonly reason: "no-image" | "present" | "policy" | "buildable" }
    /** `buildable`: some service can build it instead. Whether a failure ends the command is the caller's choice. */
    | { readonly _tag: "Failed"; readonly error: WindFlowError; readonly buildable: boolean }
}

/** What `build` builds; nothing is deployed. Services without `build` are passed over. */
export interface BuildOptions {
  /** Absent: all. */
  readonly services?: ReadonlyArray<string>
  /** Also what the chosen services depend on. */
  readonly dependencies: boolean
  /** Over `build.args`; null takes the value from the stack's environment. */
  readonly args: Readonly<Record<string, string | null>>
  readonly noCache: boolean
  /** Looks for newer base images. */
  readonly pull: boolean
  /** Over `build.ssh`: `default` or `ID=PATH`. */
  readonly ssh: ReadonlyArray<string>
}

export const defaultBuildOptions: BuildOptions = { dependencies: false, args: {}, noCache: false, pull: false, ssh: [] }

export interface BuiltImage {
  readonly service: string
  readonly image: string
  readonly id: string
}
const Str = Schema.String
const chosen = {
  project: Str,
  /** Only these services (and what the verb draws in); absent: all that have containers. */
  services: Schema.optionalKey(Schema.Array(Str)),
}
const stopTimeout = Schema.optionalKey(Schema.Int)

/** Containers stay, their processes end; dependents first. */
export const Stop = Schema.TaggedStruct("Stop", { ...chosen, stopTimeout })
/** What is stopped, and what it depends on, is started; dependencies first, each behind the condition of its `depends_on`. */
export const Start = Schema.TaggedStruct("Start", {
  ...chosen,
  /** The run ends when everything is healthy or has completed, else when everything is started. */
  wait: Schema.Boolean,
  waitTimeout: Schema.Int,
})
/** Dependencies first; services that depend with `restart: true` on what is restarted are restarted too. */
export const Restart = Schema.TaggedStruct("Restart", {
  ...chosen,
  noDeps: Schema.Boolean,
  stopTimeout,
  /** Seconds until what a dependent waits for must be healthy. */
  waitTimeout: Schema.Int,
})
/** Sends a signal to what runs, one-off containers included. */
export const Kill = Schema.TaggedStruct("Kill", { ...chosen, signal: Schema.NonEmptyString })
/** Removes containers that do not run. */
export const Remove = Schema.TaggedStruct("Remove", {
  ...chosen,
  /** Stops them before. */
  stop: Schema.Boolean,
  /** Also their anonymous volumes. */
  volumes: Schema.Boolean,
})

/**
 * Requests about containers that are there already: they work from labels alone, need no file, and make no revision, because what
 * is deployed stays the same.
 */
export const LifecycleRequest = Schema.Union([Stop, Start, Restart, Kill, Remove])
export type LifecycleRequest = typeof LifecycleRequest.Type

export type Request =
  | { readonly _tag: "Up"; readonly stack: Stack; readonly options: UpOptions }
  /** Works from labels alone: the file may be gone. */
  | { readonly _tag: "Down"; readonly project: string; readonly options: DownOptions }
  | LifecycleRequest

export const projectOf = (request: Request): string => (request._tag === "Up" ? request.stack.name : request.project)

/** What was asked, in one word: part of a plan and of the journal. */
export type Intent = "up" | "down" | "rollback" | "stop" | "start" | "restart" | "kill" | "remove"

const intents: Readonly<Record<Request["_tag"], Intent>> = {
  Up: "up",
  Down: "down",
  Stop: "stop",
  Start: "start",
  Restart: "restart",
  Kill: "kill",
  Remove: "remove",
}
export const intentOf = (request: Request): Intent => intents[request._tag]

const passing: ReadonlySet<string> = new Set<Intent>(["stop", "start", "restart", "kill", "remove"])
/** Whether a run of this intent changes what is deployed, which a revision then tells. */
export const makesRevision = (intent: string): boolean => !passing.has(intent)
