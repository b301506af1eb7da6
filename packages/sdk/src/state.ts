/**
 * Where what outlives a process lies. Locks and revisions lie on the target by default, so that everybody who deploys there sees
 * the same; the journal is a local file in every case but `memory`.
 */
import type { Target, WindFlowError } from "@windflow/engine/model"
import type { Journal, Locks, Revisions } from "@windflow/engine/state"
import type { Effect, Scope } from "effect"

/** The stores of one target; absent locks and revisions lie on the target. */
export interface Stores {
  readonly journal: Journal
  readonly locks?: Locks
  readonly revisions?: Revisions
}

export type StateStore =
  | { readonly _state: "on-target"; readonly journal: string | undefined }
  | { readonly _state: "files"; readonly directory: string | undefined }
  | { readonly _state: "memory" }
  | {
      readonly _state: "custom"
      readonly open: (target: Target) => Effect.Effect<Stores, WindFlowError, Scope.Scope>
    }

export const state = {
  /** Locks and revisions on the target (the default), the journal in `journal` or the user's state directory. */
  onTarget: (options: { readonly journal?: string } = {}): StateStore => ({
    _state: "on-target",
    journal: options.journal,
  }),
  /** Everything in a local directory: for targets that only this machine deploys to. */
  files: (directory?: string): StateStore => ({ _state: "files", directory }),
  /** Nothing outlives the process: for tests and throw-away targets. */
  memory: (): StateStore => ({ _state: "memory" }),
  /** Stores of your own, over the engine's ports: a database, or faults for tests. */
  custom: (open: (target: Target) => Effect.Effect<Stores, WindFlowError, Scope.Scope>): StateStore => ({
    _state: "custom",
    open,
  }),
} as const
