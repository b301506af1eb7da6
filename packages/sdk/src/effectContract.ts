/** The Effect face's interface: the names of `contract.ts`, as Effects and Streams; cancelling is interruption or `cancel`. */
import type { Event, Revision, Target, TargetReport, WindFlowError } from "@windflow/engine/model"
import type {
  EngineEvent,
  EngineEventFilter,
  ExecRequest,
  ExecSession,
  Instance,
  LogLine,
} from "@windflow/engine/driver"
import type { ApplyOptions, RunOptions as EngineRunOptions } from "@windflow/engine/execute"
import type { Effect, Scope, Stream } from "effect"
import type {
  BootstrapOptions,
  DownFlags,
  EventsOptions,
  LogsOptions,
  PlanOptions,
  Ref,
  UpFlags,
  Where,
} from "./contract.ts"
import type { Plan } from "./plan.ts"
import type { Stack } from "./Stack.ts"
import type { TargetInput } from "./target.ts"

type Plain<Options> = Omit<Options, "signal">
type Answer<A> = Effect.Effect<A, WindFlowError>

export interface WindFlowShape {
  readonly plan: (stack: Stack, options?: Plain<PlanOptions>) => Answer<Plan>
  readonly planDown: (ref: Ref, options?: DownFlags) => Answer<Plan>
  readonly apply: (plan: Plan, options?: ApplyOptions) => Answer<Revision>
  readonly up: (stack: Stack, options?: Where & UpFlags & EngineRunOptions) => Answer<Revision>
  readonly down: (ref: Ref, options?: DownFlags & EngineRunOptions) => Answer<Revision>
  readonly rollback: (ref: Ref, options?: EngineRunOptions & { readonly to?: number }) => Answer<Revision>
  readonly promote: (ref: Ref, options: EngineRunOptions & { readonly to: string }) => Answer<Revision>
  readonly adopt: (ref: Ref) => Answer<Revision>
  readonly ps: (where?: Ref | Where) => Answer<ReadonlyArray<Instance>>
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
