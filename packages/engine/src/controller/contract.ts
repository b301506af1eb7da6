/**
 * What a controller promises and what it may count on. The pieces: sources yield keys, a work queue keeps them, workers reconcile.
 *
 * - **Level-triggered.** A key says *where to look*, never what happened: `reconcile` reads the present state and acts on that.
 *   Events are only hints; sources list what is there when they start and again after every break, so a lost one costs nothing.
 * - **Keyed.** Keys are data. Equal keys are one piece of work: waiting it is kept once, and it is never with two workers at once.
 *   A key that comes while it is being reconciled is reconciled once more afterwards.
 * - **Idempotent.** `reconcile` may run again at any time, for no reason or after half of it was done; it must come to the same end.
 *
 * What a reconcile may answer:
 * - nothing: done. Backoff and `attempt` begin anew.
 * - `{ requeueAfter }`: it went well, look again then. Backoff begins anew, `attempt` counts on. A hint in between comes first.
 * - a failure or a defect: again after a backoff of 5 ms, doubled each time up to 1000 s, with jitter. A hint in between comes
 *   first, and the backoff goes on growing.
 * - `TerminalError`: trying again is of no use. The key is let go until the next hint.
 *
 * Draining takes no more keys and forgets delays and retries (a new start lists again); what is ready or runs is finished.
 */
import type { Duration, Effect } from "effect"

export type Outcome = void | { readonly requeueAfter: Duration.Duration }

/** `attempt`: how many times in a row, from 1, this key was run without being done. */
export type Reconcile<Key> = (key: Key, attempt: number) => Effect.Effect<Outcome, unknown>

/** A failure that no retry mends. Told apart by its tag: several copies of a package may exist in one process. */
export class TerminalError extends Error {
  readonly _tag = "TerminalError"
  override readonly name = "TerminalError"
}

export const isTerminal = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "TerminalError"
