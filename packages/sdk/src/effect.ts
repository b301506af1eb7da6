/** The Effect face: the same names as `@windflow/sdk`, as Effects, Streams and a service. */
import { Context, Effect, Layer } from "effect"
import type { WindFlowShape } from "./effectContract.ts"
import { openEffect, type OpenOptions } from "./open.ts"

export { composeEffect as compose, type ComposeOptions } from "./composeFile.ts"
export { type Config, defineConfig } from "./config.ts"
export type { DownFlags, EventsOptions, LogsOptions, PlanOptions, Ref, UpFlags, Where } from "./contract.ts"
export type { Stage, TargetFacts, TargetReport } from "@windflow/engine/model"
export { defineStack } from "./defineStack.ts"
export type { WindFlowShape } from "./effectContract.ts"
export { isError, type RunFailure } from "./isError.ts"
export type { OpenOptions } from "./open.ts"
export { parsePlan, type Plan } from "./plan.ts"
export { secret, type SecretRef } from "./secret.ts"
export type { DriverContext, DriverFactory } from "./session.ts"
export type { Stack } from "./Stack.ts"
export { state, type StateStore, type Stores } from "./state.ts"
export { target, type TargetInput, type TargetOptions } from "./target.ts"

/** WindFlow as a service; `WindFlow.layer({ … })` opens it, the layer's scope closes it. */
export class WindFlow extends Context.Service<WindFlow, WindFlowShape>()("windflow/sdk/WindFlow") {
  /** Opens nothing but the configuration file; targets are opened when they are used. */
  static readonly open = (options?: OpenOptions) => openEffect(options)
  static readonly layer = (options?: OpenOptions) =>
    Layer.effect(WindFlow, Effect.map(openEffect(options), WindFlow.of))
}
