/**
 * A stack as the engine receives it: the resolved model, and where each part of it came from. Made by the Compose loader or by
 * `defineStack`; never by a driver.
 */
import { type Redacted, Schema } from "effect"
import type { Place } from "./Place.ts"
import type { StackModel } from "./StackModel.ts"

/** service → environment variable → name of a secret in the secret store. Values never enter the model. */
export const SecretReferences = Schema.Record(Schema.String, Schema.Record(Schema.String, Schema.String))
export type SecretReferences = typeof SecretReferences.Type

/** A path into the model: `["services", "web", "ports", 0]`. */
export type ModelPath = ReadonlyArray<string | number>

export interface StackOrigin {
  /** Absolute; relative paths of the model were resolved against it. */
  readonly workingDirectory: string
  /** Absolute paths of the Compose files in merge order; empty for a stack made in code. */
  readonly files: ReadonlyArray<string>
  /** Env files named on the command line, as Compose records them in its labels. */
  readonly environmentFiles: ReadonlyArray<string>
  /** The place of a node, or of its nearest ancestor that has one; undefined for stacks made in code. */
  readonly locate: (path: ModelPath) => Place | undefined
  /** What a config or secret declared with `environment` holds; it never enters the model. */
  readonly content?: (kind: "configs" | "secrets", name: string) => Redacted.Redacted | undefined
  /** A variable as the files saw it: the environment and, below it, env files. */
  readonly variable?: (name: string) => string | undefined
  /** Every profile that a service of the files names, in order. */
  readonly profiles?: ReadonlyArray<string>
}

export interface Stack {
  /** The Compose project name. */
  readonly name: string
  readonly model: StackModel
  /** Services left out by profiles: known, not deployed, and not orphans. */
  readonly disabled: ReadonlyArray<string>
  readonly secretReferences: SecretReferences
  readonly origin: StackOrigin
}
