/**
 * Where what outlives a process lies. Locks and revisions lie on the target by default, so that everybody who deploys there sees
 * the same; the journal is a local file in every case but `memory`.
 */

export type StateStore =
  | { readonly _state: "on-target"; readonly journal: string | undefined }
  | { readonly _state: "files"; readonly directory: string | undefined }
  | { readonly _state: "memory" }

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
} as const
