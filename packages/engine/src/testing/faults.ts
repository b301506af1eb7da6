/**
 * Faults: a process that dies at a chosen journal row. From that moment none of its calls reaches anything and none comes
 * back, as after `kill -9`; what lies on the engine and in the journal stays for the next process.
 */
import { Deferred, Effect } from "effect"
import type { Driver } from "../driver/Driver.ts"
import type { Journal } from "../state/Journal.ts"
import { LockLost } from "../model/errors/union.ts"
import type { Locks, Owner } from "../state/Locks.ts"
import type { RecordStore } from "../state/RecordStore.ts"

export interface CrashPoint {
  /** Counts the rows this process appends, from 1. */
  readonly row: number
  readonly when: "before" | "after"
}

/** A journal that dies, in whatever way, just before or after a row of its own. */
export const crashingJournal = (journal: Journal, point: CrashPoint, die: Effect.Effect<never>): Journal => {
  let rows = 0
  return {
    ...journal,
    append: (row) =>
      Effect.suspend(() => {
        rows++
        if (rows !== point.row) return journal.append(row)
        return point.when === "before" ? die : Effect.andThen(journal.append(row), die)
      }),
  }
}

/** The real thing, for tests that run in a child process. */
export const killThisProcess: Effect.Effect<never> = Effect.andThen(
  Effect.sync(() => process.kill(process.pid, "SIGKILL")),
  Effect.never,
)

/** Locks whose leases are lost on command, as if somebody had taken over. */
export const losableLocks = (
  locks: Locks,
  by: string,
): { readonly locks: Locks; readonly lose: Effect.Effect<void> } => {
  let lost = false
  return {
    lose: Effect.sync(() => {
      lost = true
    }),
    locks: {
      ...locks,
      acquire: (project, owner, after) =>
        Effect.map(locks.acquire(project, owner, after), (lease) => ({
          ...lease,
          check: Effect.gen(function* () {
            if (lost) yield* new LockLost({ deployment: project, epoch: yield* lease.epoch, owner: by })
            yield* lease.check
          }),
        })),
    },
  }
}

export interface Mortal {
  readonly owner: Omit<Owner, "run">
  /** Completes when it dies. */
  readonly died: Effect.Effect<void>
  readonly isDead: () => boolean
  /** Kills it now. */
  readonly kill: Effect.Effect<void>
  /** Its view of journal, driver and records. */
  readonly journal: (journal: Journal) => Journal
  readonly driver: <D, O>(driver: Driver<D, O>) => Driver<D, O>
  readonly records: (records: RecordStore) => RecordStore
}

/** A process with a pid; without a crash point it lives until `kill`. */
export const makeMortal = (pid: number, crash?: CrashPoint): Effect.Effect<Mortal> =>
  Effect.gen(function* () {
    const died = yield* Deferred.make<void>()
    let dead = false
    const kill = Effect.suspend(() => {
      dead = true
      return Deferred.succeed(died, undefined)
    })
    const alive = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() =>
        dead ? Effect.never : Effect.flatMap(call, (a) => (dead ? Effect.never : Effect.succeed(a))),
      )
    const records = (store: RecordStore): RecordStore => ({
      claim: (record) => alive(store.claim(record)),
      list: (labels) => alive(store.list(labels)),
      remove: (name) => alive(store.remove(name)),
      now: alive(store.now),
    })
    return {
      owner: { name: `ann@host (pid ${pid})`, bootId: "boot", pid, started: String(pid) },
      died: Deferred.await(died),
      isDead: () => dead,
      kill: Effect.asVoid(kill),
      journal: (journal) => {
        const its = crash === undefined ? journal : crashingJournal(journal, crash, Effect.andThen(kill, Effect.never))
        return {
          append: (row) => alive(its.append(row)),
          openRun: (deployment) => alive(its.openRun(deployment)),
          lastEpoch: (deployment) => alive(its.lastEpoch(deployment)),
          rows: (deployment) => alive(its.rows(deployment)),
        }
      },
      driver: <D, O>({ prepareAndObserve, ...driver }: Driver<D, O>): Driver<D, O> => ({
        ...driver,
        prepare: (request, options) => alive(driver.prepare(request, options)),
        ...(prepareAndObserve === undefined
          ? {}
          : { prepareAndObserve: (request, options) => alive(prepareAndObserve(request, options)) }),
        observe: (desired) => alive(driver.observe(desired)),
        execute: (operation, context) => alive(driver.execute(operation, context)),
        recover: (operation, context) => alive(driver.recover(operation, context)),
        urls: (desired) => alive(driver.urls(desired)),
        records: records(driver.records),
      }),
      records,
    }
  })
