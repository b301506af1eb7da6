/**
 * The driver contract: everything the engine asks of a kind of target. Nobody but a driver talks to an engine, nobody but its
 * planner decides; `docs/designs/driver.md` tells why each member is as it is.
 *
 * Laws, checked by `driver/conformance`:
 * - `plan` is pure and makes no call; the same desired and observed state give the same draft.
 * - Planning after a successful apply gives no operation (waits apart).
 * - `execute` changes the engine by one call (an image build or a wait may take several), and refuses when its precondition does
 *   not hold; it decides nothing. It may read before, to turn the precondition into what the engine checks by itself.
 * - A precondition and the snapshot hold only what others change on purpose: a number that moves with status is neither.
 * - `execute` after `execute` of an `idempotent` operation changes nothing more.
 * - `recover` never changes anything: it tells whether the operation happened.
 * - Interrupting `execute` leaves either the state before or the state after the call.
 */
import type { Effect, Result, Schema, Scope, Stream } from "effect"
import type { Finding } from "../model/errors/Finding.ts"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Stack } from "../model/Stack.ts"
import type { Operation, Outputs } from "../plan/Operation.ts"
import type { PlanDraft } from "../plan/Plan.ts"
import type { RecordStore } from "../state/RecordStore.ts"
import type { ImageUse } from "./ImageWork.ts"
import type { OneOffRequest, OneOffSession } from "./OneOff.ts"
import type { ParityTable } from "./Parity.ts"
import type { BuildOptions, BuiltImage, PulledImage, PullOptions, Request } from "./Request.ts"

/** Where a driver tells how far a long call is; dropping it is harmless. */
export type Report = (progress: {
  readonly subject: string
  readonly current: number
  readonly total?: number
  readonly text?: string
}) => Effect.Effect<void>

export interface PrepareOptions {
  /** A preview pulls and builds nothing: what it cannot know is planned as "unknown until built". */
  readonly preview: boolean
  readonly report: Report
}

export interface ExecuteContext<Desired> {
  readonly desired: Desired
  /** The operation's `inputs`, resolved from the outputs of earlier operations. */
  readonly inputs: Outputs
  readonly report: Report
}

/** What became of an operation whose outcome is not known. */
export type Recovery =
  | { readonly _tag: "Happened"; readonly outputs: Outputs }
  | { readonly _tag: "DidNotHappen" }
  /** Cannot be observed (`at-least-once`): it will be done again if the next plan says so. */
  | { readonly _tag: "Unknown" }

export interface LogOptions {
  readonly services?: ReadonlyArray<string>
  readonly follow: boolean
  /** Lines per container from the end; absent: all. */
  readonly tail?: number
  /** ISO time or Go duration. */
  readonly since?: string
  readonly until?: string
  /** Only the containers of this number. */
  readonly index?: number
  /**
   * Lines kept for a reader that is slower than its containers write; beyond, the oldest are dropped and a mark tells how many.
   * Absent: nothing is dropped, the engine waits with the reader.
   */
  readonly buffer?: number
}

export type LogLine =
  | {
      readonly service: string
      /** `web-1`. */
      readonly container: string
      readonly stream: "stdout" | "stderr"
      /** ISO time with nanoseconds, as the engine recorded it. */
      readonly at: string
      readonly text: string
    }
  /** The connection broke here and was made again at this ISO time: reading goes on behind the last line of each container. */
  | { readonly resumed: string }
  /** The consumer was too slow: so many lines are missing here. */
  | { readonly dropped: number }

/** One container (Pod, task) of a deployment, as `ps` shows it. */
export interface Instance {
  readonly project: string
  readonly service: string
  readonly name: string
  readonly id: string
  /** Where instances have no ordinal (Pods): their rank by age, so it moves when an older one ends. */
  readonly number: number
  readonly image: string
  /** What it runs, in one line; empty where that is not known. */
  readonly command: string
  /** Made by `run`. */
  readonly oneOff: boolean
  readonly state: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead"
  readonly health: "none" | "starting" | "healthy" | "unhealthy"
  readonly exitCode: number | undefined
  /** `127.0.0.1:8080->80/tcp`. */
  readonly ports: ReadonlyArray<PublishedPort>
  /** ISO time. */
  readonly createdAt: string
  /** The engine's own words: "Up 3 minutes (healthy)". */
  readonly status: string
  /** Config hash it was created from. */
  readonly configHash: string | undefined
  /** Who deployed it: us, or a foreign tool that uses the same labels. */
  readonly managedBy: "windflow" | "compose"
}

export interface PublishedPort {
  readonly hostIp: string
  readonly published: number | undefined
  readonly target: number
  readonly protocol: string
}

/** Which of a target's events; absent: all. */
export interface EngineEventFilter {
  /** In the engine's words: `container`, `network`, `volume`, `image`. */
  readonly type?: ReadonlyArray<string>
  /** Actions: `start`, `die`, `health_status`, `health_status: unhealthy`. */
  readonly event?: ReadonlyArray<string>
  readonly project?: string
  /** ISO time on the target's clock, or Go duration: what happened from then on comes first, as far as the engine remembers. */
  readonly since?: string
  /** Ends the stream at this time; one that has passed ends it at once, behind what happened until then. */
  readonly until?: string
}

/** Something happened on a target: a hint to look, not the state. */
export interface EngineEvent {
  readonly type: string
  readonly action: string
  readonly id: string
  /** The engine's name of the object: `shop-web-1`. */
  readonly name: string
  /** Of whose deployment it is; absent: of none. */
  readonly project?: string
  readonly service?: string
  /** ISO time with the engine's fraction. */
  readonly at: string
  /** What else the engine tells of it: image, exit code, labels. */
  readonly attributes?: Readonly<Record<string, string>>
}

/** The processes of one container, as the engine's `ps` prints them. */
export interface ProcessList {
  readonly service: string
  readonly container: string
  readonly number: number | undefined
  readonly titles: ReadonlyArray<string>
  readonly processes: ReadonlyArray<ReadonlyArray<string>>
}

export interface ExecRequest {
  readonly project: string
  readonly service: string
  /** Which container of the service; default 1. */
  readonly index?: number
  readonly argv: ReadonlyArray<string>
  readonly user?: string
  readonly workingDirectory?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly privileged?: boolean
  /** Starts it and returns: no output, no input, and the exit code is 0. */
  readonly detach?: boolean
  /** With a terminal stdout and stderr are one stream, as the engine sends it. */
  readonly tty?: { readonly columns: number; readonly rows: number }
}

/** A running exec: streams with back-pressure, both ends closable by themselves. */
export interface ExecSession {
  readonly output: Stream.Stream<{ readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }, WindFlowError>
  readonly write: (bytes: Uint8Array) => Effect.Effect<void, WindFlowError>
  /** Half-close: the process sees end of file, output goes on. */
  readonly end: Effect.Effect<void, WindFlowError>
  readonly resize: (size: { readonly columns: number; readonly rows: number }) => Effect.Effect<void, WindFlowError>
  readonly exitCode: Effect.Effect<number, WindFlowError>
}

export interface Driver<Desired, Observed> {
  readonly name: string
  /** Which keys of the model it does, and how: what `prepare` refuses is refused here too. */
  readonly parity: ParityTable
  /** How a desired state is saved in plans and revisions. */
  readonly desired: Schema.Codec<Desired, Schema.Json>
  /**
   * Resolves everything a planner cannot: pulls and builds images, resolves references to ids, digests local paths, asks the
   * secret store for versions. May add images to the target, touches nothing that runs.
   */
  readonly prepare: (request: Request, options: PrepareOptions) => Effect.Effect<Desired, WindFlowError>
  /**
   * One snapshot, in a number of calls that does not grow with what the target holds. Dry runs on the target are part of it, one
   * for each desired object, each compared with the version it started from: others write meanwhile.
   */
  readonly observe: (desired: Desired) => Effect.Effect<Observed, WindFlowError>
  /**
   * `prepare` and `observe` together, where a driver can ask for both at once. No `observed`: preparing took its time on the
   * target, so that what was seen meanwhile is old, and `observe` follows. Absent: one after the other.
   */
  readonly prepareAndObserve?: (
    request: Request,
    options: PrepareOptions,
  ) => Effect.Effect<{ readonly desired: Desired; readonly observed?: Observed }, WindFlowError>
  readonly plan: (desired: Desired, observed: Observed) => Result.Result<PlanDraft, WindFlowError>
  /**
   * The draft with the values of changed fields, where `plan` could name the fields only: from what stored revisions wanted, the
   * newest first. Changes nothing but `fields`. Pure; masks what may be secret.
   */
  readonly tellValues?: (
    draft: PlanDraft,
    desired: Desired,
    observed: Observed,
    earlier: ReadonlyArray<Desired>,
  ) => PlanDraft
  /**
   * What stands in the way of a plan, found by reading alone and before anything is changed; asked only when there is something
   * to do. Nothing found is no promise.
   */
  readonly preflight?: (
    desired: Desired,
    operations: ReadonlyArray<Operation>,
  ) => Effect.Effect<ReadonlyArray<Finding>, WindFlowError>
  readonly execute: (operation: Operation, context: ExecuteContext<Desired>) => Effect.Effect<Outputs, WindFlowError>
  readonly recover: (operation: Operation, context: ExecuteContext<Desired>) => Effect.Effect<Recovery, WindFlowError>
  /** URLs of published ports, for the revision. */
  readonly urls: (desired: Desired) => Effect.Effect<ReadonlyArray<string>, WindFlowError>
  /**
   * Keeps the images of a revision (tags of ours), so that a prune does not kill a rollback: until `forget`, also over a `down`,
   * after which one may roll back.
   */
  readonly retain?: (desired: Desired, revision: number) => Effect.Effect<void, WindFlowError>
  /** What a rollback makes of the desired state of its revision: services that came after it go. Absent: as it is. */
  readonly restoring?: (desired: Desired) => Desired
  /** Lets go of what `retain` keeps for revisions other than `stored`. May be repeated. */
  readonly forget?: (project: string, stored: ReadonlyArray<number>) => Effect.Effect<void, WindFlowError>
  /**
   * Fetches images and deploys nothing. An image that cannot be had does not end the others: what became of each is in the answer.
   */
  readonly pull: (
    stack: Stack,
    options: PullOptions,
    report: Report,
  ) => Effect.Effect<ReadonlyArray<PulledImage>, WindFlowError>
  /** Builds images and deploys nothing; ends with the first that fails. */
  readonly build: (
    stack: Stack,
    options: BuildOptions,
    report: Report,
  ) => Effect.Effect<ReadonlyArray<BuiltImage>, WindFlowError>
  /** Where locks and revisions of this target lie. */
  readonly records: RecordStore
  /** All deployments of the target, or one project's. One-off containers are left out unless they are asked for. */
  readonly instances: (
    project?: string,
    options?: { readonly oneOffs?: boolean },
  ) => Effect.Effect<ReadonlyArray<Instance>, WindFlowError>
  readonly logs: (project: string, options: LogOptions) => Stream.Stream<LogLine, WindFlowError>
  /**
   * What happens on the target from now on, or from `since` on. Ends when the engine does; opening it again, with `since` or
   * after looking, is the caller's business.
   */
  readonly events: (filter: EngineEventFilter) => Stream.Stream<EngineEvent, WindFlowError>
  readonly exec: (request: ExecRequest) => Effect.Effect<ExecSession, WindFlowError, Scope.Scope>
  /**
   * Creates and starts a one-off container, attached before it starts. Its networks and dependencies are the caller's business. A
   * session that is left before its end stops the container.
   */
  readonly oneOff: (request: OneOffRequest) => Effect.Effect<OneOffSession, WindFlowError, Scope.Scope>
  /** What runs in a project's containers. */
  readonly processes: (project: string) => Effect.Effect<ReadonlyArray<ProcessList>, WindFlowError>
  /** The images of a project's containers, one-off ones included. */
  readonly images: (project: string) => Effect.Effect<ReadonlyArray<ImageUse>, WindFlowError>
}

/**
 * A driver opened on a target, its two state types hidden: whoever needs them goes through `use`, so the engine stays generic
 * without a cast.
 */
export interface OpenDriver {
  readonly use: <A>(body: <Desired, Observed>(driver: Driver<Desired, Observed>) => A) => A
}

export const openDriver = <Desired, Observed>(driver: Driver<Desired, Observed>): OpenDriver => ({
  use: (body) => body(driver),
})
