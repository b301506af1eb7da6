/** Stacks from Compose files. */
import type { Diagnostic, WindFlowError } from "@windflow/engine/model"
import { Effect } from "effect"
import { resolveStack, type Stack } from "./Stack.ts"

export interface ComposeOptions {
  /** Project name, over the file's. */
  readonly project?: string
  readonly profiles?: ReadonlyArray<string>
  /**
   * Variables for interpolation and COMPOSE_*; default: none but those of `.env`. Hand over `process.env` to use it: the library
   * does not read it by itself.
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly envFiles?: ReadonlyArray<string>
  /** Where files are searched and relative names are seen from; default: the current directory. */
  readonly directory?: string
  /** What relative paths in the files are seen from, when not the directory of the first file. */
  readonly projectDirectory?: string
  /** Text of the file named `-`. */
  readonly stdin?: string
  readonly onWarning?: (warning: Diagnostic) => void
}

/** As an Effect. */
export const composeEffect = (
  file?: string | ReadonlyArray<string>,
  options: ComposeOptions = {},
): Effect.Effect<Stack, WindFlowError> =>
  Effect.promise(() => import("./loader.ts")).pipe(
    Effect.flatMap((loader) => loader.fromFiles(typeof file === "string" ? [file] : file, options)),
    Effect.map((stack) => ({ name: stack.name, [resolveStack]: Effect.succeed(stack) })),
  )

/**
 * Loads Compose files (default: those that Docker Compose would find). Rejects with `ComposeInvalid`, every finding at once, or
 * `FileUnreadable`.
 */
export const compose = (file?: string | ReadonlyArray<string>, options: ComposeOptions = {}): Promise<Stack> =>
  Effect.runPromise(composeEffect(file, options))
