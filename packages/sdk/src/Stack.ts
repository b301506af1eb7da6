/**
 * A stack as SDK users hold it: a name, and how to make the engine's model of it. Making reads files or checks a definition, so
 * it happens when the stack is used, not when it is defined.
 */
import type { Stack as EngineStack, StackModel, WindFlowError } from "@windflow/engine/model"
import { Effect } from "effect"

/** `Symbol.for`: two copies of this package in one process understand each other's stacks. */
export const resolveStack: unique symbol = Symbol.for("windflow/sdk/resolveStack")

export interface Stack {
  /** The Compose project name. */
  readonly name: string
  /** @internal */
  readonly [resolveStack]: Effect.Effect<EngineStack, WindFlowError>
}

/** The resolved Compose model of a stack, as `windflow config` prints it. Rejects with `ComposeInvalid`. */
export const resolveModel = async (stack: Stack): Promise<StackModel> =>
  (await Effect.runPromise(stack[resolveStack])).model
