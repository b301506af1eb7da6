/**
 * The one interface of WindFlow for Promises: what `WindFlow.open()` gives, and what a server will give remotely. Interfaces only;
 * `promise.ts` makes it from the Effect face.
 */
import type { Event, Revision, Target, TargetReport } from "@windflow/engine/model"
import type {
  BuildOptions,
  BuiltImage,
  EngineEvent,
  EngineEventFilter,
  ImageUse,
  Instance,
  LogLine,
  OneOffOptions,
  ProcessList,
  PublishedPort,
  PulledImage,
  PullOptions,
  UpOptions,
} from "@windflow/engine/driver"
import type { Plan } from "./plan.ts"
import type { Stack } from "./Stack.ts"
import type { TargetInput } from "./target.ts"

export interface Where {
  /** Default: the environment's target, else the configuration's default, else the local engine. */
  readonly target?: TargetInput
  /** An environment of the configuration. */
  readonly environment?: string
}

/** A deployment: `project@target`, `project` (on the default target), or its parts. */
export type Ref = string | ({ readonly project: string } & Where)

export interface Abortable {
  readonly signal?: AbortSignal
}

/** What `up` and `plan` can be told; names and defaults as in the engine's `UpOptions`. */
export type UpFlags = Partial<Omit<UpOptions, "pinnedImages" | "onlyDependencies">>

export interface BootstrapOptions extends Abortable {
  /** Only plans. */
  readonly dryRun?: boolean
  /** Where no init system is found, start the daemon by itself: it does not come back after a reboot. */
  readonly detached?: boolean
  /** A user who may reach the engine with this public key, and do nothing else. Made when it does not exist. */
  readonly deploy?: { readonly user: string; readonly key: string }
  readonly onEvent?: (event: Event) => void
}

export interface RunOptions extends Abortable {
  /** Called in order while the run goes on. */
  readonly onEvent?: (event: Event) => void
  /** Operations in flight at once; default 8. */
  readonly concurrency?: number
  /** Seconds for the whole run, else `DeadlineExceeded`. */
  readonly deadline?: number
}

export interface PlanOptions extends Where, UpFlags, Abortable {
  /** Pull and build while planning, so that the plan can be applied as it is. Default: a preview, which changes nothing. */
  readonly prepare?: boolean
}

export interface DownFlags {
  /** Also the volumes: data is lost. Never our revisions. */
  readonly volumes?: boolean
  readonly removeOrphans?: boolean
  /** Seconds to stop a container. */
  readonly stopTimeout?: number
  /** Also the names of images: of all that were used, or only of those that bear the project's name. */
  readonly images?: "local" | "all"
}

/** Which services a verb is about. */
export interface Chosen {
  /** Default: all that have containers. */
  readonly services?: readonly string[]
}

export interface StopFlags extends Chosen {
  /** Seconds to stop a container. */
  readonly stopTimeout?: number
}

export interface StartFlags extends Chosen {
  /** Resolve when everything is healthy; default: when everything is started. */
  readonly wait?: boolean
  /** Seconds a wait may take; default 300. */
  readonly waitTimeout?: number
}

export interface RestartFlags extends StopFlags {
  /** Leave dependents alone that ask to be restarted with what they depend on. */
  readonly noDeps?: boolean
  /** Seconds until what such a dependent waits for must be healthy; default 300. */
  readonly waitTimeout?: number
}

export interface KillFlags extends Chosen {
  /** `SIGHUP`; default `SIGKILL`. (`signal` is how the call itself is aborted.) */
  readonly signalName?: string
}

export interface RmFlags extends Chosen {
  /** Stop them first; default: only containers that do not run are removed. */
  readonly stop?: boolean
  /** Also their anonymous volumes: data is lost. */
  readonly volumes?: boolean
}

/** What a pull, a build or the dependencies of a `runOnce` report while they work. */
export interface WorkProgress {
  readonly subject: string
  readonly current: number
  readonly total?: number
  readonly text?: string
}

export interface WorkOptions extends Where, Abortable {
  readonly onProgress?: (progress: WorkProgress) => void
}

/** A one-off container, as `docker compose run` makes it. */
export interface RunOnceOptions extends Where, Omit<OneOffOptions, "tty">, Conversation {
  readonly removeOrphans?: boolean
  /** The run that starts what the service depends on. */
  readonly onEvent?: (event: Event) => void
  readonly onProgress?: (progress: WorkProgress) => void
  /** Called when it runs, with its name and how to send it a signal. */
  readonly onStarted?: (container: {
    readonly id: string
    readonly name: string
    readonly kill: (signal: string) => Promise<void>
  }) => void
}

export interface RunOnceResult extends ExecResult {
  readonly id: string
  readonly name: string
}

export interface PortOptions extends Abortable {
  /** Default `tcp`. */
  readonly protocol?: string
  /** Which container of the service; default: the first. */
  readonly index?: number
}

export interface PsOptions extends Abortable {
  /** Also containers that `runOnce` made. */
  readonly oneOffs?: boolean
}

export interface LogsOptions extends Abortable {
  readonly services?: readonly string[]
  readonly follow?: boolean
  /** Lines a container from the end. */
  readonly tail?: number
  /** ISO time or Go duration. */
  readonly since?: string
  readonly until?: string
  /** Only the containers of this number. */
  readonly index?: number
  /**
   * Lines kept for a reader that is slower than the containers write; beyond, the oldest are dropped and `{ dropped }` tells how many.
   * Default: nothing is dropped, the engine waits with the reader.
   */
  readonly buffer?: number
}

export interface EventsOptions extends Abortable {
  /** Only of this deployment. */
  readonly ref?: Ref
  /** Only of this run; the iterable ends with it. */
  readonly run?: string
  /** Only events behind this `seq`. */
  readonly after?: number
}

/** What is said to a command and heard from it. */
export interface Conversation extends Abortable {
  /** What the process reads; it sees end of file when the iterable ends. Absent: nothing. */
  readonly input?: AsyncIterable<Uint8Array>
  /** Takes output as it comes; the result's `stdout` and `stderr` are empty then. */
  readonly onOutput?: (chunk: { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }) => void
  /** Allocates a terminal of this size; `onResize` registers a listener and returns how to remove it. */
  readonly tty?: TerminalSize & { readonly onResize?: (listener: (size: TerminalSize) => void) => () => void }
}

export interface ExecOptions extends Conversation {
  /** Which container of the service; default 1. */
  readonly index?: number
  readonly user?: string
  readonly workingDirectory?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly privileged?: boolean
  /** Starts the command and resolves, with exit code 0. */
  readonly detach?: boolean
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

export interface ExecResult {
  readonly exitCode: number
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
}

/** Which of a target's own events; `since` as the target's clock has it. */
export interface TargetEventsOptions extends EngineEventFilter, Abortable {}

/** Defaults as `docker compose pull` has them. */
export interface PullFlags extends Partial<PullOptions> {
  /** An image that cannot be pulled is told and ends nothing; so it is anyway where a service can build it. */
  readonly ignoreFailures?: boolean
}
export type BuildFlags = Partial<BuildOptions>

export interface WindFlow extends AsyncDisposable {
  /** Looks and changes nothing. */
  plan(stack: Stack, options?: PlanOptions): Promise<Plan>
  /**
   * Executes a plan. Resolves with the revision on success; rejects with the typed error otherwise, which carries `.revision`
   * when the failed attempt was recorded. Aborting cancels the run: it rejects with `Cancelled` and can be resumed.
   */
  apply(plan: Plan, options?: RunOptions & { readonly onStale?: "fail" | "replan" }): Promise<Revision>
  /** Plans and executes; resolves when everything is healthy. */
  up(stack: Stack, options?: Where & UpFlags & RunOptions & { readonly requestId?: string }): Promise<Revision>
  /** Removes what was deployed; keeps volumes unless told. */
  down(ref: Ref, options?: DownFlags & RunOptions): Promise<Revision>
  /** Ends the processes and keeps the containers. The verbs of this kind need no file, and make no revision. */
  stop(ref: Ref, options?: StopFlags & RunOptions): Promise<Revision>
  /** Starts what is stopped, and what it depends on. */
  start(ref: Ref, options?: StartFlags & RunOptions): Promise<Revision>
  restart(ref: Ref, options?: RestartFlags & RunOptions): Promise<Revision>
  /** Sends a signal to what runs. */
  kill(ref: Ref, options?: KillFlags & RunOptions): Promise<Revision>
  /** Removes containers that do not run. */
  rm(ref: Ref, options?: RmFlags & RunOptions): Promise<Revision>
  /**
   * Runs a command in a container of its own, made from a service; what this depends on is deployed first. Aborting stops the
   * container. Resolves with its exit code; rejects only when it could not be run.
   */
  runOnce(stack: Stack, service: string, argv?: readonly string[], options?: RunOnceOptions): Promise<RunOnceResult>
  /** Pulls the images of services. */
  pull(stack: Stack, options?: PullFlags & WorkOptions): Promise<readonly PulledImage[]>
  /** Builds the images of services. */
  build(stack: Stack, options?: BuildFlags & WorkOptions): Promise<readonly BuiltImage[]>
  /** Back to an earlier revision with its very images; default: the last that succeeded before the current. */
  rollback(ref: Ref, options?: RunOptions & { readonly to?: number }): Promise<Revision>
  /** The plan of a `down`. */
  planDown(ref: Ref, options?: DownFlags & Abortable): Promise<Plan>
  /** Not built yet: rejects with `Unsupported`. */
  promote(ref: Ref, options: RunOptions & { readonly to: string }): Promise<Revision>
  /** Not built yet: rejects with `Unsupported`. */
  adopt(ref: Ref, options?: Abortable): Promise<Revision>
  /** Containers of a deployment, or of everything on a target. */
  ps(where?: Ref | Where, options?: PsOptions): Promise<readonly Instance[]>
  /** The images that a deployment's containers were made from. */
  images(ref: Ref, options?: Abortable): Promise<readonly ImageUse[]>
  /** The processes in a deployment's containers. */
  top(ref: Ref, options?: Abortable): Promise<readonly ProcessList[]>
  /** Where a container's port is published. */
  port(ref: Ref, service: string, port: number, options?: PortOptions): Promise<PublishedPort>
  /** Removes our record (revisions, their image tags, locks); everything that was deployed stays. */
  forget(ref: Ref, options?: Abortable): Promise<void>
  /** Newest first. */
  history(ref: Ref, options?: Abortable): Promise<readonly Revision[]>
  /** Aborting detaches: the iterable ends. */
  logs(ref: Ref, options?: LogsOptions): AsyncIterable<LogLine>
  /**
   * Events of the runs of this object, past and to come; `seq` grows over all of them. The last 10 000 are kept. Aborting
   * detaches.
   */
  events(options?: EventsOptions): AsyncIterable<Event>
  exec(ref: Ref, service: string, argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  readonly targets: {
    /** Those of the configuration and those that were added. */
    list(): Promise<readonly Target[]>
    /** Registers a target for this user. */
    add(target: Target): Promise<Target>
    /**
     * Tries it stage by stage and asks what it is and what runs there. Resolves whatever it finds: `ok` says whether it can be
     * deployed to, and the stage that failed carries the error.
     */
    test(target: TargetInput, options?: Abortable): Promise<TargetReport>
    /**
     * What happens on a target, whoever did it: a hint to look. Ends when the engine does. Aborting detaches. Runs of WindFlow are
     * in `events`.
     */
    events(target: TargetInput, options?: TargetEventsOptions): AsyncIterable<EngineEvent>
    /**
     * Makes the host behind an `ssh://` target a Docker host (Debian, Ubuntu) and resolves to the plan that was carried out: empty
     * when there was nothing to do. A run ends in order when it is aborted; the next one goes on.
     */
    bootstrap(target: TargetInput, options?: BootstrapOptions): Promise<Plan>
    /** Forgets the registration; nothing on the target is touched. */
    remove(name: string): Promise<void>
  }
}
