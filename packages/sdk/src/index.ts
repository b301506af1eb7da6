/**
 * WindFlow for TypeScript: plan, deploy and observe Compose stacks. Importing opens nothing; drivers are loaded when a target is
 * used. The library never prints, exits, handles signals or reads the environment by itself.
 */
import type { WindFlow as WindFlowInterface } from "./contract.ts"
import { type ConnectOptions, connect } from "./connect.ts"
import { open, type OpenOptions } from "./open.ts"

export type {
  Diagnostic,
  ErrorOf,
  ErrorTag,
  Event,
  Locale,
  Place,
  Revision,
  Stage,
  Target,
  TargetFacts,
  TargetReport,
  WindFlowError,
} from "@windflow/engine/model"
export { describeError } from "@windflow/engine/model"
export type {
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
} from "@windflow/engine/driver"
export type { FieldChange, OperationGroup } from "@windflow/engine/plan"
export { compose, type ComposeOptions } from "./composeFile.ts"
export { type Config, defineConfig } from "./config.ts"
export { type LoadedConfig, loadConfigFile } from "./configFile.ts"
export type { ConnectOptions } from "./connect.ts"
export type {
  Chosen,
  DownFlags,
  EventsOptions,
  ExecOptions,
  ExecResult,
  KillFlags,
  LogsOptions,
  PlanOptions,
  PortOptions,
  PsOptions,
  Ref,
  RestartFlags,
  RmFlags,
  RunOnceOptions,
  RunOnceResult,
  RunOptions,
  StartFlags,
  StopFlags,
  TargetEventsOptions,
  TerminalSize,
  UpFlags,
  Where,
  WorkOptions,
  WorkProgress,
} from "./contract.ts"
export { defineStack, type DefineStackOptions } from "./defineStack.ts"
export { fleet, type FleetOptions, type FleetResult } from "./fleet.ts"
export { isError, type RunFailure } from "./isError.ts"
export { type Keyring, type KeyringLocation, openKeyring } from "./keyring.ts"
export { defaultStateDirectory, type OpenOptions } from "./open.ts"
export { parsePlan, type Plan } from "./plan.ts"
export { secret, type SecretRef } from "./secret.ts"
export type { DriverContext, DriverFactory } from "./session.ts"
export { resolveModel, type Stack } from "./Stack.ts"
export type { ServiceDefinition, StackDefinition } from "./StackDefinition.ts"
export type { SshOptions } from "./sshHost.ts"
export { state, type StateStore, type Stores } from "./state.ts"
export { usable } from "./targetReport.ts"
export { target, type TargetInput, type TargetOptions } from "./target.ts"

/** The one interface, in-process and remote. */
export interface WindFlow extends WindFlowInterface {}

export const WindFlow: {
  /** In this process: deploys by itself. Reads the configuration file, opens no target. */
  readonly open: (options?: OpenOptions) => Promise<WindFlow>
  /** On a WindFlow server. There is none yet: rejects with `Unsupported`, which says so. */
  readonly connect: (url: string, options: ConnectOptions) => Promise<WindFlow>
} = { open, connect }
