/**
 * The one interface of WindFlow for Promises: what `WindFlow.open()` gives, and what a server will give remotely. Interfaces only;
 * `promise.ts` makes it from the Effect face.
 */
import type { Event, Revision, Target, TargetReport } from "@windflow/engine/model"
import type { EngineEvent, EngineEventFilter, Instance, LogLine, UpOptions } from "@windflow/engine/driver"
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
export type UpFlags = Partial<Omit<UpOptions, "pinnedImages">>

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
  /** Replaced containers get new anonymous volumes; the data of the old ones stays behind. */
  readonly renewAnonymousVolumes?: boolean
  /** Seconds to stop a container. */
  readonly stopTimeout?: number
}

export interface LogsOptions extends Abortable {
  readonly services?: readonly string[]
  readonly follow?: boolean
  /** Lines a container from the end. */
  readonly tail?: number
  /** ISO time or Go duration. */
  readonly since?: string
  readonly until?: string
}

export interface EventsOptions extends Abortable {
  /** Only of this deployment. */
  readonly ref?: Ref
  /** Only of this run; the iterable ends with it. */
  readonly run?: string
  /** Only events behind this `seq`. */
  readonly after?: number
}

export interface ExecOptions extends Abortable {
  /** Which container of the service; default 1. */
  readonly index?: number
  readonly user?: string
  readonly workingDirectory?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly privileged?: boolean
  /** What the process reads; it sees end of file when the iterable ends. Absent: nothing. */
  readonly input?: AsyncIterable<Uint8Array>
  /** Takes output as it comes; the result's `stdout` and `stderr` are empty then. */
  readonly onOutput?: (chunk: { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }) => void
  /** Allocates a terminal of this size; `onResize` registers a listener and returns how to remove it. */
  readonly tty?: TerminalSize & { readonly onResize?: (listener: (size: TerminalSize) => void) => () => void }
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
  /** Back to an earlier revision with its very images; default: the last that succeeded before the current. */
  rollback(ref: Ref, options?: RunOptions & { readonly to?: number }): Promise<Revision>
  /** The plan of a `down`. */
  planDown(ref: Ref, options?: DownFlags & Abortable): Promise<Plan>
  /** Not built yet: rejects with `Unsupported`. */
  promote(ref: Ref, options: RunOptions & { readonly to: string }): Promise<Revision>
  /** Not built yet: rejects with `Unsupported`. */
  adopt(ref: Ref, options?: Abortable): Promise<Revision>
  /** Containers of a deployment, or of everything on a target. */
  ps(where?: Ref | Where, options?: Abortable): Promise<readonly Instance[]>
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
