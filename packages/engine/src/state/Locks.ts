/**
 * One run a deployment. The lock lies on the target, so that two laptops, CI and a server see the same one.
 * (Interface; the algorithm over a `RecordStore` stands in `lease.ts`.)
 */
import type { Effect, Scope } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"

/** Who holds a lock; enough to tell on the same machine whether it still lives. */
export interface Owner {
  /** `user@host`, for people. */
  readonly name: string
  readonly run: string
  /** Boot id and pid namespace: pids are comparable only where this is equal. Empty: unknown, only expiry ends the lock. */
  readonly bootId: string
  readonly pid: number
  /** Start time of the process in clock ticks: a recycled pid is another process. */
  readonly started: string
}

export interface Lease {
  /** Grows with each acquisition and renewal: rows of an older epoch are void. */
  readonly epoch: Effect.Effect<number>
  /** Fails with `LockLost` when the lock may belong to somebody else: called before each operation, cheap while fresh. */
  readonly check: Effect.Effect<void, WindFlowError>
}

export interface Locks {
  /**
   * Fails with `Locked` (owner, since, expiry) when a live run holds it. Released with the scope. The lease's epoch is above
   * `after`, the highest one the caller's journal knows.
   */
  readonly acquire: (project: string, owner: Owner, after?: number) => Effect.Effect<Lease, WindFlowError, Scope.Scope>
  readonly holder: (
    project: string,
  ) => Effect.Effect<
    { readonly owner: Owner; readonly since: number; readonly expires: number } | undefined,
    WindFlowError
  >
}
