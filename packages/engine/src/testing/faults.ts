/**
 * Faults: a process that dies at a chosen journal row. From that moment none of its calls reaches anything and none comes
 * back, as after `kill -9`; what lies on the engine and in the journal stays for the next process.
 */
import { Deferred, Effect } from "effect"
import type { Driver } from "../driver/Driver.ts"
import type { Journal } from "../state/Journal.ts"
import type { Owner } from "../state/Locks.ts"
import type { RecordStore } from "../state/RecordStore.ts"

export interface CrashPoint {
  /** Counts the rows this process appends, from 1. */
  readonly row: number
  readonly when: "before" | "after"
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
    let rows = 0
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
      journal: (journal) => ({
        append: (row) =>
          alive(
            Effect.suspend(() => {
              rows++
              if (rows !== crash?.row) return journal.append(row)
              return crash.when === "before"
                ? Effect.andThen(kill, Effect.never)
                : Effect.andThen(journal.append(row), Effect.andThen(kill, Effect.never))
            }),
          ),
        openRun: (deployment) => alive(journal.openRun(deployment)),
        lastEpoch: (deployment) => alive(journal.lastEpoch(deployment)),
        rows: (deployment) => alive(journal.rows(deployment)),
      }),
      driver: <D, O>(driver: Driver<D, O>): Driver<D, O> => ({
        ...driver,
        prepare: (request, options) => alive(driver.prepare(request, options)),
        observe: (desired) => alive(driver.observe(desired)),
        execute: (operation, context) => alive(driver.execute(operation, context)),
        recover: (operation, context) => alive(driver.recover(operation, context)),
        urls: (desired) => alive(driver.urls(desired)),
        records: records(driver.records),
      }),
      records,
    }
  })
