/** The Effect face's interface: the names of `contract.ts`, as Effects and Streams; cancelling is interruption or `cancel`. */
import type { Event, Revision, Target, TargetReport, WindFlowError } from "@windflow/engine/model"
import type {
  BuiltImage,
  EngineEvent,
  EngineEventFilter,
  ExecRequest,
  ExecSession,
  ImageUse,
  Instance,
  LogLine,
  OneOffOptions,
  OneOffSession,
  ProcessList,
  PublishedPort,
  PulledImage,
  Report,
} from "@windflow/engine/driver"
import type { ApplyOptions, RunOptions as EngineRunOptions } from "@windflow/engine/execute"
import type { Effect, Scope, Stream } from "effect"
import type {
  BootstrapOptions,
  BuildFlags,
  DownFlags,
  EventsOptions,
  KillFlags,
  LogsOptions,
  PlanOptions,
  PortOptions,
  PsOptions,
  PullFlags,
  Ref,
  RestartFlags,
  RmFlags,
  RunOnceOptions,
  StartFlags,
  StopFlags,
  UpFlags,
  Where,
} from "./contract.ts"
import type { Plan } from "./plan.ts"
import type { Stack } from "./Stack.ts"
import type { TargetInput } from "./target.ts"

type Plain<Options> = Omit<Options, "signal">
type Answer<A> = Effect.Effect<A, WindFlowError>

/** Where work outside of a run tells how far it is. */
interface Reporting {
  readonly report?: Report
}

export interface WindFlowShape {
  readonly plan: (stack: Stack, options?: Plain<PlanOptions>) => Answer<Plan>
  readonly planDown: (ref: Ref, options?: DownFlags) => Answer<Plan>
  readonly apply: (plan: Plan, options?: ApplyOptions) => Answer<Revision>
  readonly up: (stack: Stack, options?: Where & UpFlags & EngineRunOptions) => Answer<Revision>
  readonly down: (ref: Ref, options?: DownFlags & EngineRunOptions) => Answer<Revision>
  readonly stop: (ref: Ref, options?: StopFlags & EngineRunOptions) => Answer<Revision>
  readonly start: (ref: Ref, options?: StartFlags & EngineRunOptions) => Answer<Revision>
  readonly restart: (ref: Ref, options?: RestartFlags & EngineRunOptions) => Answer<Revision>
  readonly kill: (ref: Ref, options?: KillFlags & EngineRunOptions) => Answer<Revision>
  readonly rm: (ref: Ref, options?: RmFlags & EngineRunOptions) => Answer<Revision>
  /** The session with both ends open; the Promise face's `runOnce` is made from it. */
  readonly runOnce: (
    stack: Stack,
    service: string,
    options?: Where &
      OneOffOptions &
      Pick<RunOnceOptions, "removeOrphans"> &
      Pick<EngineRunOptions, "onEvent"> &
      Reporting,
  ) => Effect.Effect<OneOffSession, WindFlowError, Scope.Scope>
  readonly pull: (stack: Stack, options?: Where & PullFlags & Reporting) => Answer<ReadonlyArray<PulledImage>>
  readonly build: (stack: Stack, options?: Where & BuildFlags & Reporting) => Answer<ReadonlyArray<BuiltImage>>
  readonly rollback: (ref: Ref, options?: EngineRunOptions & { readonly to?: number }) => Answer<Revision>
  readonly promote: (ref: Ref, options: EngineRunOptions & { readonly to: string }) => Answer<Revision>
  readonly adopt: (ref: Ref) => Answer<Revision>
  readonly ps: (where?: Ref | Where, options?: Plain<PsOptions>) => Answer<ReadonlyArray<Instance>>
  readonly images: (ref: Ref) => Answer<ReadonlyArray<ImageUse>>
  readonly top: (ref: Ref) => Answer<ReadonlyArray<ProcessList>>
  readonly port: (ref: Ref, service: string, port: number, options?: Plain<PortOptions>) => Answer<PublishedPort>
  readonly forget: (ref: Ref) => Answer<void>
  readonly history: (ref: Ref) => Answer<ReadonlyArray<Revision>>
  readonly logs: (ref: Ref, options?: Plain<LogsOptions>) => Stream.Stream<LogLine, WindFlowError>
  readonly events: (options?: Plain<EventsOptions>) => Stream.Stream<Event, WindFlowError>
  /** The session with both ends open; the Promise face's `exec` is made from it. */
  readonly exec: (
    ref: Ref,
    service: string,
    argv: ReadonlyArray<string>,
    options?: Omit<ExecRequest, "project" | "service" | "argv">,
  ) => Effect.Effect<ExecSession, WindFlowError, Scope.Scope>
  readonly targets: {
    readonly list: Answer<ReadonlyArray<Target>>
    readonly add: (target: Target) => Answer<Target>
    readonly test: (target: TargetInput) => Answer<TargetReport>
    readonly events: (target: TargetInput, filter?: EngineEventFilter) => Stream.Stream<EngineEvent, WindFlowError>
    readonly bootstrap: (target: TargetInput, options?: Plain<BootstrapOptions>) => Answer<Plan>
    readonly remove: (name: string) => Answer<void>
  }
}
