/**
 * A model of contenders over one store: every call of theirs waits until the script lets it through, so that any interleaving
 * of claims, listings and removals occurs, with crashes, stalls longer than the lock lives, and renewals that come too late.
 */
import { assert, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Scheduler, Schema } from "effect"
import { afterAll, describe } from "vitest"
import { makeLocks } from "./lease.ts"
import type { Owner } from "./Locks.ts"
import { memoryRecords } from "./memory.ts"
import type { RecordStore } from "./RecordStore.ts"

const ttl = 300
const contenders = 3

/** What a contender believed: it held from its first to its last successful check. */
interface Held {
  readonly who: number
  readonly from: number
  until: number
}

interface Action {
  readonly who: number
  readonly crash: boolean
  /** Milliseconds that pass afterwards. */
  readonly pass: number
}

/** Mostly one, seldom longer than a lock lives. */
const passing = (percent: number): number =>
  percent < 88 ? 1 : percent < 93 ? 20 : percent < 96 ? ttl / 3 : percent < 98 ? ttl / 2 : ttl + 1

/** Long scripts from a seed (mulberry32): shrinking a failure shortens them. */
const scriptOf = (seed: number, length: number): ReadonlyArray<Action> => {
  let state = seed
  const below = (bound: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
  return Array.from({ length }, () => ({
    who: below(contenders),
    crash: below(150) === 0,
    pass: passing(below(100)),
  }))
}

/** Calls of one contender, waiting to be let through. */
const makeGate = (store: RecordStore) => {
  const waiting: Array<Deferred.Deferred<void>> = []
  const gated = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.gen(function* () {
      const turn = yield* Deferred.make<void>()
      waiting.push(turn)
      yield* Deferred.await(turn)
      return yield* call
    })
  const records: RecordStore = {
    claim: (record) => gated(store.claim(record)),
    list: (labels) => gated(store.list(labels)),
    remove: (name) => gated(store.remove(name)),
    now: gated(store.now),
  }
  const letOne = Effect.suspend(() => {
    const turn = waiting.shift()
    return turn === undefined ? Effect.void : Deferred.succeed(turn, undefined)
  })
  return { records, letOne }
}

/** A clock that only the script moves; many times quicker than `TestClock`, whose every step waits for timers. */
const makeClock = () => {
  let now = 1_000_000
  let sleepers: Array<{ readonly at: number; readonly wake: Deferred.Deferred<void> }> = []
  const nanos = () => BigInt(now) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.gen(function* () {
        const wake = yield* Deferred.make<void>()
        sleepers.push({ at: now + Duration.toMillis(duration), wake })
        yield* Deferred.await(wake)
      }),
  }
  /** Lets everything run that can, then wakes sleepers one by one in order of time. */
  const pass = (millis: number) =>
    Effect.gen(function* () {
      const end = now + millis
      for (;;) {
        for (let i = 0; i < 3; i++) yield* Effect.yieldNow
        const next = sleepers.toSorted((a, b) => a.at - b.at)[0]
        if (next === undefined || next.at > end) break
        sleepers = sleepers.filter((sleeper) => sleeper !== next)
        now = Math.max(now, next.at)
        yield* Deferred.succeed(next.wake, undefined)
      }
      now = end
    })
  return { clock, pass }
}

let leases = 0
let takeovers = 0

/** Gets the lock again and again, and uses it for a while. */
const contend = (who: number, records: RecordStore, held: Array<Held>, dead: ReadonlySet<number>) =>
  Effect.gen(function* () {
    const isDead = (owner: Owner) => Effect.sync(() => dead.has(owner.pid))
    const locks = makeLocks(records, { target: "t", ttl, isDead })
    const turnOf = (owner: Owner) =>
      Effect.gen(function* () {
        const lease = yield* locks.acquire("p", owner)
        let mine: Held | undefined
        for (let i = 0; i < 5; i++) {
          yield* lease.check
          // A dead process sends nothing, even if its fiber is still there.
          if (dead.has(who)) yield* Effect.never
          const now = yield* Clock.currentTimeMillis
          if (mine === undefined) held.push((mine = { who, from: now, until: now }))
          mine.until = now
          yield* Effect.sleep("40 millis")
        }
      })
    for (let turn = 0; ; turn++) {
      const owner = { name: `c${who}`, run: `c${who}-${turn}`, bootId: "b", pid: who, started: "1" }
      yield* Effect.ignore(Effect.scoped(turnOf(owner)))
      yield* Effect.sleep("5 millis")
    }
  })

const play = (script: ReadonlyArray<Action>, tick: number, pass: (millis: number) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const memory = memoryRecords()
    const store = { ...memory, now: Effect.map(memory.now, (now) => now - (now % tick)) }
    const held: Array<Held> = []
    const dead = new Set<number>()
    const gates = Array.from({ length: contenders }, () => makeGate(store))
    // Detached: what waits at a gate when the script ends is left there.
    for (const [who, { records }] of gates.entries()) yield* Effect.forkDetach(contend(who, records, held, dead))
    for (const action of script) {
      if (action.crash && dead.size < contenders - 1) dead.add(action.who)
      else if (!dead.has(action.who)) yield* gates[action.who]!.letOne
      yield* pass(action.pass)
    }
    return { held: held.toSorted((a, b) => a.from - b.from), dead }
  })

describe("several contenders", () => {
  it.effect.prop(
    "never hold a lock at the same time",
    [
      Schema.Int,
      Schema.Int.check(Schema.isBetween({ minimum: 50, maximum: 500 })),
      // How coarse the store's clock is (Kubernetes tells whole seconds).
      Schema.Literals([1, 50]),
    ],
    ([seed, length, tick]) => {
      const { clock, pass } = makeClock()
      return play(scriptOf(seed, length), tick, pass).pipe(
        Effect.provideService(Clock.Clock, clock),
        Effect.provideService(Scheduler.Scheduler, new Scheduler.MixedScheduler("sync")),
        Effect.map(({ held, dead }) => {
          leases += held.length
          for (const [index, later] of held.entries())
            for (const earlier of held.slice(0, index)) {
              assert.isAtMost(earlier.until, later.from, JSON.stringify(held))
              if (dead.has(earlier.who)) takeovers++
            }
        }),
      )
    },
    { arbitrary: { runs: Number(process.env["WINDFLOW_PROPERTY_RUNS"] ?? 300) }, timeout: 120_000 },
  )

  // Without this the property could hold because nobody ever gets a lock.
  afterAll(() => {
    assert.isAbove(leases, 300)
    assert.isAbove(takeovers, 5)
  })
})
