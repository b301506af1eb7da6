import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import { describe } from "vitest"
import { EngineUnreachable, type WindFlowError } from "../model/errors/union.ts"
import { makeLocks } from "./lease.ts"
import type { Owner } from "./Locks.ts"
import { memoryRecords } from "./memory.ts"
import type { RecordStore } from "./RecordStore.ts"

const owner = (name: string): Owner => ({ name, run: `run of ${name}`, bootId: "boot", pid: name.length, started: "1" })
const ann = owner("ann@laptop")
const bob = owner("bob@ci")

const counted = (store: RecordStore) => {
  const calls: Array<string> = []
  const count = <A, E>(name: string, call: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      calls.push(name)
      return call
    })
  const records: RecordStore = {
    claim: (record) => count("claim", store.claim(record)),
    list: (labels) => count("list", store.list(labels)),
    remove: (name) => count("remove", store.remove(name)),
    now: count("now", store.now),
  }
  return { records, calls }
}

const unreachable = new EngineUnreachable({ endpoint: "x", reason: "closed", detail: "gone" })
const alive = { target: "local", isDead: () => Effect.succeed(false) }
const lockRecords = (store: RecordStore) => store.list({ "windflow.lock": "shop" })

/** A lock of ann whose process is gone without a word: nothing it does afterwards reaches the store. */
const abandoned = (store: RecordStore) =>
  Effect.gen(function* () {
    let gone = false
    const cut = <A, E>(call: Effect.Effect<A, E>) => Effect.suspend(() => (gone ? Effect.never : call))
    const view: RecordStore = { ...store, now: cut(store.now), remove: (name) => cut(store.remove(name)) }
    const lease = yield* Scope.provide(makeLocks(view, alive).acquire("shop", ann), yield* Scope.make())
    gone = true
    return lease
  })

/** A process's view of the store: while it is frozen nothing of it gets through; time passes for the others. */
const freezable = (store: RecordStore): { frozen: boolean; readonly view: RecordStore } => {
  const process: ReturnType<typeof freezable> = {
    frozen: false,
    view: {
      ...store,
      now: Effect.suspend(() => (process.frozen ? Effect.fail(unreachable) : store.now)),
    },
  }
  return process
}

describe("a lock", () => {
  it.effect("is free at once for the next run when its own ended while the target could not be reached", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      let cut = false
      const through = <A>(call: Effect.Effect<A, WindFlowError>) =>
        Effect.suspend(() => (cut ? Effect.fail(unreachable) : call))
      const view: RecordStore = {
        claim: (record) => through(store.claim(record)),
        list: (labels) => through(store.list(labels)),
        remove: (name) => through(store.remove(name)),
        now: through(store.now),
      }
      const first: Owner = { ...ann, run: "the run that is cut off" }
      const scope = yield* Scope.make()
      yield* Scope.provide(makeLocks(view, alive).acquire("shop", first), scope)
      cut = true
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* lockRecords(store)).length, 1)
      cut = false
      // The owner lives and nothing has expired.
      yield* Effect.scoped(makeLocks(view, alive).acquire("shop", { ...ann, run: "the next run" }))
      assert.strictEqual((yield* lockRecords(store)).length, 0)
    }),
  )

  it.effect("is refused to others with owner, since and expiry, and free again after its scope", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      const locks = makeLocks(store, alive)
      yield* TestClock.adjust("10 seconds")
      const scope = yield* Scope.make()
      yield* Scope.provide(locks.acquire("shop", ann), scope)
      yield* TestClock.adjust("1 second")
      const refused = yield* Effect.flip(Effect.scoped(locks.acquire("shop", bob)))
      assert.deepInclude(refused, {
        _tag: "Locked",
        deployment: "shop@local",
        owner: "ann@laptop",
        since: "1970-01-01T00:00:10.000Z",
        expires: "1970-01-01T00:01:10.000Z",
      })
      assert.deepStrictEqual((yield* locks.holder("shop"))?.owner, ann)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* lockRecords(store), [])
      assert.isUndefined(yield* locks.holder("shop"))
      yield* Effect.scoped(locks.acquire("shop", bob))
    }),
  )

  it.effect("of one project does not concern another", () =>
    Effect.gen(function* () {
      const locks = makeLocks(memoryRecords(), alive)
      yield* locks.acquire("shop", ann)
      yield* locks.acquire("blog", bob)
    }).pipe(Effect.scoped),
  )

  it.effect("is renewed, keeps its since, and leaves one record", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      const locks = makeLocks(store, alive)
      yield* TestClock.adjust("10 seconds")
      const lease = yield* locks.acquire("shop", ann)
      const first = yield* lease.epoch
      for (let i = 0; i < 10; i++) yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* lease.epoch, first + 10)
      yield* lease.check
      assert.strictEqual((yield* lockRecords(store)).length, 1)
      const holder = yield* locks.holder("shop")
      assert.strictEqual(holder?.since, 10_000)
      assert.strictEqual(holder?.expires, 10_000 + 200_000 + 60_000)
    }).pipe(Effect.scoped),
  )

  it.effect("of a dead process of this host is taken over at once, of any other when it expires", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      yield* abandoned(store)
      const elsewhere = makeLocks(store, alive)
      assert.strictEqual((yield* Effect.flip(Effect.scoped(elsewhere.acquire("shop", bob))))._tag, "Locked")
      const here = makeLocks(store, { target: "local", isDead: (dead) => Effect.succeed(dead.run === ann.run) })
      assert.isUndefined(yield* here.holder("shop"))
      yield* Effect.scoped(here.acquire("shop", bob))
      assert.deepStrictEqual(yield* lockRecords(store), [])

      yield* abandoned(store)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* Effect.flip(Effect.scoped(elsewhere.acquire("shop", bob))))._tag, "Locked")
      yield* TestClock.adjust("1 second")
      yield* Effect.scoped(elsewhere.acquire("shop", bob))
      assert.deepStrictEqual(yield* lockRecords(store), [])
    }),
  )

  it.effect("starts above the epoch that the journal knows", () =>
    Effect.gen(function* () {
      const lease = yield* makeLocks(memoryRecords(), alive).acquire("shop", ann, 1_000_000)
      assert.strictEqual(yield* lease.epoch, 1_000_001)
    }).pipe(Effect.scoped),
  )

  it.effect("is not disturbed by records of ours that cannot be read", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      yield* store.claim({ name: "windflow.lock.shop.x", labels: { "windflow.lock": "shop" } })
      yield* Effect.scoped(makeLocks(store, alive).acquire("shop", ann))
    }),
  )
})

describe("the holder's check", () => {
  it.effect("costs no call while the lock was confirmed a moment ago", () =>
    Effect.gen(function* () {
      const { records, calls } = counted(memoryRecords())
      const lease = yield* makeLocks(records, alive).acquire("shop", ann)
      const before = calls.length
      for (let i = 0; i < 100; i++) yield* lease.check
      yield* TestClock.adjust("19 seconds")
      yield* lease.check
      assert.strictEqual(calls.length, before)
    }).pipe(Effect.scoped),
  )

  it.effect("asks the target when the last confirmation is old: a frozen process notices that it lost", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      const process = freezable(store)
      const lease = yield* makeLocks(process.view, alive).acquire("shop", ann)
      yield* lease.check
      process.frozen = true
      yield* TestClock.adjust("61 seconds")
      const other = yield* Scope.make()
      yield* Scope.provide(makeLocks(store, alive).acquire("shop", bob), other)
      process.frozen = false
      const lost = yield* Effect.flip(lease.check)
      assert.deepInclude(lost, { _tag: "LockLost", deployment: "shop@local", owner: "bob@ci" })
      // And for good, also when bob has finished; bob's lock was left alone.
      assert.strictEqual((yield* makeLocks(store, alive).holder("shop"))?.owner.name, "bob@ci")
      yield* Scope.close(other, Exit.void)
      assert.strictEqual((yield* Effect.flip(lease.check))._tag, "LockLost")
    }).pipe(Effect.scoped),
  )

  it.effect("notices a takeover that is over already", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      const process = freezable(store)
      const lease = yield* makeLocks(process.view, alive).acquire("shop", ann)
      process.frozen = true
      yield* TestClock.adjust("61 seconds")
      yield* Effect.scoped(makeLocks(store, alive).acquire("shop", bob))
      process.frozen = false
      assert.strictEqual((yield* Effect.flip(lease.check))._tag, "LockLost")
      assert.deepStrictEqual(yield* lockRecords(store), [])
    }).pipe(Effect.scoped),
  )

  it.effect("does not trust a renewal that took so long that somebody else took over meanwhile", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      let mode: "unreachable" | "slow" | "well" = "well"
      // Slow: the listing is made at once, and its answer arrives when what was claimed has expired.
      const view: RecordStore = {
        ...store,
        now: Effect.suspend(() => (mode === "unreachable" ? Effect.fail(unreachable) : store.now)),
        list: (labels) =>
          Effect.tap(store.list(labels), () => (mode === "slow" ? Effect.sleep("70 seconds") : Effect.void)),
      }
      const lease = yield* makeLocks(view, alive).acquire("shop", ann)
      mode = "unreachable"
      yield* TestClock.adjust("39 seconds")
      mode = "slow"
      const check = yield* Effect.forkChild(Effect.flip(lease.check))
      yield* TestClock.adjust("66 seconds")
      yield* makeLocks(store, alive).acquire("shop", bob)
      mode = "well"
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(check))._tag, "LockLost")
    }).pipe(Effect.scoped),
  )

  it.effect("fails when the record was removed by hand", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      const lease = yield* makeLocks(store, alive).acquire("shop", ann)
      for (const { name } of yield* lockRecords(store)) yield* store.remove(name)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* Effect.flip(lease.check))._tag, "LockLost")
      assert.deepStrictEqual(yield* lockRecords(store), [])
    }).pipe(Effect.scoped),
  )

  it.effect("survives an unreachable target for a while, then fails with what the target says", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      let broken = false
      const view: RecordStore = { ...store, now: Effect.suspend(() => (broken ? Effect.fail(unreachable) : store.now)) }
      const lease = yield* makeLocks(view, alive).acquire("shop", ann)
      broken = true
      yield* TestClock.adjust("25 seconds")
      yield* lease.check
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual((yield* Effect.flip(lease.check))._tag, "EngineUnreachable")
      broken = false
      yield* lease.check
    }).pipe(Effect.scoped),
  )

  it.effect("does not trust a renewal whose answer was lost", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      let lose = false
      const view: RecordStore = {
        ...store,
        claim: (record) =>
          Effect.flatMap(store.claim(record), (made) => (lose ? Effect.fail(unreachable) : Effect.succeed(made))),
      }
      const locks = makeLocks(view, alive)
      const lease = yield* locks.acquire("shop", ann)
      lose = true
      yield* TestClock.adjust("20 seconds")
      lose = false
      yield* TestClock.adjust("20 seconds")
      yield* lease.check
      // Confirmed at 40 s, so it holds until 100 s; the record of 20 s would have ended at 80 s.
      assert.strictEqual((yield* locks.holder("shop"))?.expires, 100_000)
      assert.strictEqual((yield* lockRecords(store)).length, 1)
    }).pipe(Effect.scoped),
  )

  it.effect("leaves nothing behind when a lost renewal had made a record", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      let lose = false
      const view: RecordStore = {
        ...store,
        claim: (record) =>
          Effect.flatMap(store.claim(record), (made) => (lose ? Effect.fail(unreachable) : Effect.succeed(made))),
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* makeLocks(view, alive).acquire("shop", ann)
          lose = true
          yield* TestClock.adjust("20 seconds")
        }),
      )
      assert.deepStrictEqual(yield* lockRecords(store), [])
    }),
  )
})
