/**
 * Locks as leases over a `RecordStore` (`docs/designs/runs.md` tells why it is safe).
 *
 * A lock is a record `windflow.lock.<project>.<epoch>`; labels cannot change, so a renewal claims a record of a higher epoch
 * and then removes the older one. Safety rests on one rule: whoever wants to hold claims first and lists afterwards. Of two
 * contenders at least one therefore sees the other; a contender that sees a new record of somebody else gives way, and a
 * holder whose previous record is gone, or who sees a higher one, has lost.
 */
import { Clock, Effect, type Scope, Semaphore } from "effect"
import { deploymentName } from "../model/Deployment.ts"
import { Locked, LockLost, type WindFlowError } from "../model/errors/union.ts"
import { decodeLock, type LockRecord, lockLabels, lockName, lockQuery } from "./lockRecord.ts"
import type { Lease, Locks, Owner } from "./Locks.ts"
import { isDeadHere } from "./owner.ts"
import type { RecordStore } from "./RecordStore.ts"

export interface LockOptions {
  /** Name of the target, for messages. */
  readonly target: string
  /** Milliseconds until a lock that is not renewed expires; renewed at a third. Default one minute. */
  readonly ttl?: number
  /** Whether an owner is known to be dead; default: by boot id, pid and start time of a process of this host. */
  readonly isDead?: (owner: Owner) => Effect.Effect<boolean>
}

/** How long and how often the lower of two contenders waits for the higher one to give way. */
const patience = { pause: "20 millis", times: 25 } as const
/** Rounds of claiming before a contender reports whoever it sees. */
const rounds = 5

/** Runs of this process that ended while their target could not be reached: what they hold there is nobody's any more. */
const orphaned = new Set<string>()

const mine = (record: LockRecord, owner: Owner) => record.owner.run === owner.run
const iso = (millis: number) => new Date(millis).toISOString()

export const makeLocks = (records: RecordStore, options: LockOptions): Locks => {
  const ttl = options.ttl ?? 60_000
  const isDead = options.isDead ?? isDeadHere

  /** Highest epoch last. Records under our name that are no locks of ours are left alone. */
  const listed = (project: string) =>
    Effect.map(records.list(lockQuery(project)), (all) =>
      all.flatMap((record) => decodeLock(record) ?? []).sort((a, b) => a.epoch - b.epoch),
    )

  /** Those that still count: not expired by the target's clock and not of a process known to be dead. */
  const living = (all: ReadonlyArray<LockRecord>, now: number) =>
    Effect.filter(all, (record) =>
      record.expires <= now || orphaned.has(record.owner.run)
        ? Effect.succeed(false)
        : Effect.map(isDead(record.owner), (dead) => !dead),
    )

  const locked = (project: string, holder: Pick<LockRecord, "owner" | "since" | "expires">) =>
    new Locked({
      deployment: deploymentName(project, options.target),
      owner: holder.owner.name,
      since: iso(holder.since),
      expires: iso(holder.expires),
    })

  const lost = (project: string, epoch: number, by: LockRecord | undefined) =>
    new LockLost({
      deployment: deploymentName(project, options.target),
      epoch,
      owner: by?.owner.name ?? "nobody (its record was removed, or the target answers too slowly to renew it)",
    })

  const claim = (project: string, lock: Omit<LockRecord, "name">) =>
    Effect.map(records.claim({ name: lockName(project, lock.epoch), labels: lockLabels(project, lock) }), decodeLock)

  /** Older records go from the oldest on: while a newer one is there, no gap tells a lie about what was superseded. */
  const removeAll = (all: ReadonlyArray<LockRecord>) =>
    Effect.forEach(all, (record) => records.remove(record.name), { discard: true })

  /** Claims, then looks: the record when nobody else can hold, else undefined (and our record is gone again). */
  const contend = (project: string, owner: Owner, before: ReadonlyArray<LockRecord>, epoch: number, now: number) =>
    Effect.gen(function* () {
      const won = yield* claim(project, { epoch, owner, since: now, expires: now + ttl })
      if (won === undefined || !mine(won, owner)) return undefined
      const known = new Set(before.map((record) => record.name))
      for (let i = 0; i < patience.times; i++) {
        const after = yield* listed(project)
        const others = after.filter((record) => !mine(record, owner) && !known.has(record.name))
        if (!after.some((record) => record.name === won.name)) return undefined
        if (others.length === 0) return won
        if (others.some((record) => record.epoch < epoch)) break
        // All of them are higher, so they will see ours and give way, unless one of them held before we claimed.
        yield* Effect.sleep(patience.pause)
      }
      yield* records.remove(won.name)
      return undefined
    })

  const take = (project: string, owner: Owner, after: number) =>
    Effect.gen(function* () {
      let seen: LockRecord | undefined
      for (let round = 0; round < rounds; round++) {
        const readAt = yield* stamp
        const before = yield* listed(project)
        const now = yield* records.now
        const holder = (yield* living(before, now)).at(-1)
        if (holder !== undefined) return yield* Effect.fail(locked(project, holder))
        // The target's clock as the first epoch: it grows although a released lock leaves nothing behind.
        const epoch = Math.max(now, after + 1, (before.at(-1)?.epoch ?? 0) + 1)
        const won = yield* contend(project, owner, before, epoch, now)
        if (won !== undefined) return { won, before, readAt }
        seen = (yield* listed(project)).findLast((record) => !mine(record, owner)) ?? seen
      }
      const now = yield* records.now
      const unseen = { since: now, expires: now + ttl, owner: { ...owner, name: "another run" } }
      return yield* Effect.fail(locked(project, seen ?? unseen))
    })

  const acquire = (project: string, owner: Owner, after = 0): Effect.Effect<Lease, WindFlowError, Scope.Scope> =>
    Effect.uninterruptible(
      Effect.gen(function* () {
        const { won, before, readAt } = yield* take(project, owner, after)
        let held = won
        let confirmed = readAt
        let failure: LockLost | undefined
        let stale = before
        // A claim whose answer was lost may have made a record: its name is not used again, its expiry would be too early.
        let attempted = won.epoch
        const one = yield* Semaphore.make(1)

        /** Claims the next epoch; fails with `LockLost` when somebody else may hold. */
        const renewal = Effect.gen(function* () {
          if (failure !== undefined) yield* Effect.fail(failure)
          const startedAt = yield* stamp
          const now = yield* records.now
          attempted++
          const claimed = yield* claim(project, {
            epoch: attempted,
            owner,
            since: held.since,
            expires: now + ttl,
          })
          const all = yield* listed(project)
          const rival = all.findLast((record) => !mine(record, owner) && record.epoch > held.epoch)
          const previous = all.some((record) => record.name === held.name)
          if (claimed === undefined || !mine(claimed, owner) || rival !== undefined || !previous) {
            failure = lost(project, held.epoch, rival ?? claimed)
            if (claimed !== undefined && mine(claimed, owner)) yield* Effect.ignore(records.remove(claimed.name))
            yield* Effect.fail(failure)
          } else {
            stale = all.filter((record) => record.epoch < claimed.epoch)
            held = claimed
            confirmed = startedAt
            yield* Effect.ignore(sweep)
          }
        })

        /** What was superseded, oldest first; a failure leaves the rest for the next time. */
        const sweep = Effect.suspend(() =>
          Effect.andThen(
            removeAll(stale),
            Effect.sync(() => {
              stale = []
            }),
          ),
        )
        const renew = one.withPermits(1)(renewal)

        /** Our record goes last and only when those before it are gone, else it must stay until it expires. */
        const release = Effect.gen(function* () {
          if (failure !== undefined) return
          if (attempted !== held.epoch) stale = (yield* listed(project)).filter((record) => record.name !== held.name)
          yield* sweep
          yield* records.remove(held.name)
        })
        const abandon = Effect.sync(() => void orphaned.add(owner.run))
        yield* Effect.addFinalizer(() =>
          one.withPermits(1)(Effect.matchEffect(release, { onSuccess: () => Effect.void, onFailure: () => abandon })),
        )
        yield* Effect.ignore(sweep)
        // A renewal that cannot reach the target is tried again; `check` decides whether what we have is recent enough.
        yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(ttl / 3), Effect.ignore(renew))))
        return {
          epoch: Effect.sync(() => held.epoch),
          check: Effect.gen(function* () {
            if (failure !== undefined) yield* Effect.fail(failure)
            // Again after a renewal: while a slow target answered, the lock may have expired and gone to somebody else.
            for (let i = 0; elapsed(confirmed, yield* stamp) >= ttl / 2; i++)
              yield* i < 3 ? renew : Effect.fail(lost(project, held.epoch, undefined))
          }),
        }
      }),
    )

  return {
    acquire,
    holder: (project) =>
      Effect.gen(function* () {
        const all = yield* listed(project)
        if (all.length === 0) return undefined
        const holder = (yield* living(all, yield* records.now)).at(-1)
        return holder === undefined ? undefined : { owner: holder.owner, since: holder.since, expires: holder.expires }
      }),
  }
}

/** A moment of this machine, by both its clocks. */
interface Stamp {
  readonly wall: number
  readonly monotonic: bigint
}

const stamp: Effect.Effect<Stamp> = Effect.gen(function* () {
  return { wall: yield* Clock.currentTimeMillis, monotonic: yield* Clock.monotonicTimeNanos }
})

/** The longer of both: the monotonic clock stands still while a machine sleeps, the wall clock may be set back. */
const elapsed = (from: Stamp, to: Stamp): number =>
  Math.max(to.wall - from.wall, Number((to.monotonic - from.monotonic) / 1_000_000n))
