import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { describe } from "vitest"
import { type Driver, openDriver } from "../driver/Driver.ts"
import { defaultDownOptions, type Request } from "../driver/Request.ts"
import { EngineUnreachable } from "../model/errors/union.ts"
import type { Event } from "../model/Event.ts"
import type { Plan } from "../plan/Plan.ts"
import { planHash } from "../plan/seal.ts"
import { renderPlan } from "../plan/render.ts"
import { makeLocks } from "../state/lease.ts"
import { memoryJournal } from "../state/memory.ts"
import {
  counted,
  fakeDriver,
  type FakeDriverOptions,
  type FakeDesired,
  type FakeObserved,
  type FakeEngineOptions,
  fakeStack,
  losableLocks,
  makeFakeDriver,
  makeFakeEngine,
  up,
} from "../testing/index.ts"
import type { Deployments } from "./Deployments.ts"
import { makeDeployments } from "./makeDeployments.ts"

const target = { name: "local", type: "docker", driver: "fake", endpoints: ["unix:///fake.sock"] } as const
const shopOf = (version: string) =>
  fakeStack(
    "shop",
    {
      db: { healthcheck: true },
      api: { healthcheck: true, after: { db: "service_healthy" } },
      web: { image: `web:${version}`, after: { api: "service_healthy" } },
    },
    ["data"],
  )
const shop = up(shopOf("1"))
const down: Request = { _tag: "Down", project: "shop", options: defaultDownOptions }

interface BedOptions extends FakeDriverOptions {
  readonly engine?: FakeEngineOptions
}

const bed = (options: BedOptions = {}) => {
  const engine = makeFakeEngine(options.engine)
  const journal = memoryJournal()
  const { driver, calls } = counted(makeFakeDriver(engine, options))
  const events: Array<Event> = []
  let runs = 0
  const as = (name: string, over: Partial<Driver<FakeDesired, FakeObserved>> = {}) =>
    makeDeployments({
      driver: openDriver({ ...driver, ...over }),
      target,
      journal,
      owner: { name, bootId: "", pid: 1, started: "1" },
      newRun: Effect.sync(() => `run-${++runs}`),
    })
  return {
    engine,
    journal,
    calls,
    events,
    as,
    deployments: as("ann@laptop"),
    onEvent: (event: Event) => void events.push(event),
    tags: () => events.map(({ _tag }) => _tag),
    running: () => engine.containers().map(({ name, image, state }) => `${name} ${image} ${state}`),
    locks: engine.records.list({ "windflow.lock": "" }),
  }
}

const wait = (tag: Event["_tag"], about?: string) => {
  const seen = Deferred.makeUnsafe<void>()
  const onEvent = (event: Event) => {
    if (event._tag === tag && (about === undefined || ("operation" in event && event.operation === about)))
      Deferred.doneUnsafe(seen, Effect.void)
  }
  return { onEvent, seen: Deferred.await(seen) }
}

describe("a run", () => {
  it.effect("lets go of the images of revisions that are no longer stored", () =>
    Effect.gen(function* () {
      const retained: Array<number> = []
      const forgotten: Array<ReadonlyArray<number>> = []
      const deployments = bed().as("ann@laptop", {
        retain: (_, revision) => Effect.sync(() => void retained.push(revision)),
        forget: (project, stored) => Effect.sync(() => void forgotten.push(project === "shop" ? stored : [])),
      })
      // Twenty are stored.
      for (let version = 1; version <= 20; version++) yield* deployments.run(up(shopOf(String(version))))
      yield* deployments.run(down)
      assert.deepStrictEqual(
        retained.slice(0, 20),
        Array.from({ length: 20 }, (_, index) => index + 1),
      )
      assert.deepStrictEqual(forgotten, [Array.from({ length: 20 }, (_, index) => 21 - index)])
    }),
  )

  it.effect("plans, deploys in order of need, and tells it", () =>
    Effect.gen(function* () {
      const { engine, deployments, events, onEvent, running, locks, journal } = bed()
      assert.strictEqual(
        renderPlan(yield* deployments.plan(shop)),
        [
          "shop@local: 5 changes",
          "  + create network:shop_default  (missing)",
          "  + create volume:shop_data  (missing)",
          "  + create container:db:1  (missing)",
          "  + create container:api:1  (missing)",
          "  + create container:web:1  (missing)",
        ].join("\n"),
      )
      const revision = yield* deployments.run(shop, { onEvent })
      assert.sameMembers(running(), ["shop-db-1 db:1 running", "shop-api-1 api:1 running", "shop-web-1 web:1 running"])
      assert.deepStrictEqual(
        engine.calls.filter((call) => call.startsWith("Start")),
        ["StartContainer shop-db-1", "StartContainer shop-api-1", "StartContainer shop-web-1"],
      )
      const at = "1970-01-01T00:00:00.000Z"
      assert.deepStrictEqual(revision, {
        deployment: "shop@local",
        number: 1,
        status: "succeeded",
        urls: ["http://db.fake", "http://api.fake", "http://web.fake"],
        at,
        owner: "ann@laptop",
        summary: "5 created",
      })
      assert.deepStrictEqual(
        events.map(({ seq }) => seq),
        events.map((_, index) => index + 1),
      )
      assert.deepStrictEqual(events[0], { _tag: "RunStarted", run: "run-1", deployment: "shop@local", seq: 1, at })
      assert.strictEqual(events[1]?._tag, "Planned")
      assert.deepStrictEqual(events.at(-1), { _tag: "RunEnded", seq: events.length, at, revision, changed: true })
      const rows = yield* journal.rows("shop@local")
      assert.strictEqual(rows[0]?._tag, "RunStarted")
      assert.strictEqual(rows.at(-1)?._tag, "RunEnded")
      assert.strictEqual(rows.filter(({ _tag }) => _tag === "Intent").length, 10)
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect("that finds nothing to do takes no lock, writes nothing, and asks little", () =>
    Effect.gen(function* () {
      const { deployments, calls, journal, onEvent, tags, events } = bed()
      const first = yield* deployments.run(shop)
      const rows = (yield* journal.rows("shop@local")).length
      calls.length = 0
      assert.deepStrictEqual(yield* deployments.run(shop, { onEvent }), first)
      assert.deepStrictEqual(calls, ["prepare", "observe", "records.list"])
      assert.strictEqual((yield* journal.rows("shop@local")).length, rows)
      assert.deepStrictEqual(tags(), ["RunStarted", "Planned", "RunEnded"])
      const last = events.at(-1)
      assert.deepStrictEqual(last?._tag === "RunEnded" && last.changed, false)
    }),
  )

  it.effect("without anything to deploy, ever, is revision 0", () =>
    Effect.gen(function* () {
      const { deployments } = bed()
      const revision = yield* deployments.run(down)
      assert.strictEqual(revision.number, 0)
      assert.strictEqual(revision.summary, "nothing changed")
      assert.deepStrictEqual(yield* deployments.history("shop"), [])
    }),
  )

  it.effect("with only waits waits for them, without lock, journal and revision", () =>
    Effect.gen(function* () {
      const { deployments, engine, journal, locks } = bed({ engine: { health: () => "starting" } })
      yield* deployments.run({ ...up(shopOf("1"), { services: ["db"], until: "started" }) })
      const rows = (yield* journal.rows("shop@local")).length
      const request = up(shopOf("1"), { services: ["db"] })
      const waiting = wait("OperationStarted")
      const fiber = yield* Effect.forkChild(deployments.run(request, waiting))
      yield* waiting.seen
      assert.deepStrictEqual(yield* locks, [])
      yield* engine.setHealth("shop-db-1", "healthy")
      assert.strictEqual((yield* Fiber.join(fiber)).number, 1)
      yield* engine.setHealth("shop-db-1", "unhealthy")
      assert.strictEqual((yield* Effect.flip(deployments.run(request)))._tag, "Unhealthy")
      assert.strictEqual((yield* journal.rows("shop@local")).length, rows)
      assert.strictEqual((yield* deployments.history("shop")).length, 1)
    }),
  )

  it.effect("plans again under the lock when the target changed before it", () =>
    Effect.gen(function* () {
      const { deployments, as, engine, journal } = bed()
      let observed = 0
      const inner = makeFakeDriver(engine)
      // Somebody else deploys the same between our observation and our lock.
      const late = as("bob@ci", {
        observe: (desired) =>
          Effect.tap(inner.observe(desired), () => (++observed === 1 ? deployments.run(shop) : Effect.void)),
      })
      const revision = yield* late.run(shop)
      assert.strictEqual(observed, 2)
      assert.strictEqual(revision.owner, "ann@laptop")
      const started = (yield* journal.rows("shop@local")).filter(({ _tag }) => _tag === "RunStarted")
      assert.strictEqual(started.length, 1)
    }),
  )

  it.effect("refuses while another one is under way, and says whose and since when", () =>
    Effect.gen(function* () {
      const { deployments, as, locks } = bed({ delay: () => "10 seconds" })
      yield* TestClock.adjust("1 hour")
      const working = wait("OperationStarted")
      const fiber = yield* Effect.forkChild(deployments.run(shop, working))
      yield* working.seen
      const refused = yield* Effect.flip(as("bob@ci").run(shop))
      assert.deepInclude(refused, {
        _tag: "Locked",
        deployment: "shop@local",
        owner: "ann@laptop",
        since: "1970-01-01T01:00:00.000Z",
        expires: "1970-01-01T01:01:00.000Z",
      })
      // It outlives the first expiry: the lock is renewed.
      yield* TestClock.adjust("61 seconds")
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).number, 1)
      assert.deepStrictEqual(yield* locks, [])
      assert.strictEqual((yield* as("bob@ci").run(shop)).number, 1)
    }),
  )

  it.effect("that starts together with another one: one works, the other is refused", () =>
    Effect.gen(function* () {
      const { as, locks } = bed({ delay: () => "1 second" as const })
      const both = yield* Effect.forkChild(
        Effect.all([Effect.result(as("ann@laptop").run(shop)), Effect.result(as("bob@ci").run(shop))], {
          concurrency: "unbounded",
        }),
      )
      for (let i = 0; i < 30; i++) yield* TestClock.adjust("1 second")
      const results = yield* Fiber.join(both)
      const [worked] = results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
      const [refused] = results.flatMap((result) => (Result.isFailure(result) ? [result.failure] : []))
      assert.deepInclude(worked, { number: 1, status: "succeeded" })
      assert.strictEqual(refused?._tag, "Locked")
      assert.include(refused?.message, worked?.owner ?? "nobody worked")
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect("that fails is recorded, told with its revision, and continued by the next", () =>
    Effect.gen(function* () {
      let broken = true
      const { deployments, events, onEvent, locks, journal } = bed({
        fail: ({ id }) => broken && id === "container:api:1/StartContainer",
      })
      const error = yield* Effect.flip(deployments.run(shop, { onEvent }))
      assert.strictEqual(error._tag, "EngineFailed")
      const last = events.at(-1)
      assert.strictEqual(last?._tag, "RunEnded")
      if (last?._tag !== "RunEnded") return
      assert.deepInclude(last.revision, { number: 1, status: "failed", urls: [], summary: "3 created, 2 not done" })
      assert.deepStrictEqual(
        (yield* deployments.history("shop")).map(({ revision }) => revision),
        [last.revision],
      )
      assert.deepStrictEqual(yield* locks, [])
      assert.isUndefined(yield* journal.openRun("shop@local"))
      broken = false
      const next = yield* deployments.run(shop)
      assert.deepInclude(next, { number: 2, status: "succeeded", summary: "2 updated" })
    }),
  )

  it.effect("that failed and has become healthy since is recorded as succeeded by the next", () =>
    Effect.gen(function* () {
      const { deployments, engine, locks } = bed({ engine: { health: () => "unhealthy" } })
      const request = up(shopOf("1"), { services: ["db"] })
      assert.strictEqual((yield* Effect.flip(deployments.run(request)))._tag, "Unhealthy")
      yield* engine.setHealth("shop-db-1", "healthy")
      assert.deepInclude(yield* deployments.run(request), {
        number: 2,
        status: "succeeded",
        summary: "nothing changed",
      })
      assert.strictEqual((yield* deployments.run(request)).number, 2)
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect(
    "stops at an operation whose precondition does not hold any more, and the next one plans from what is there",
    () =>
      Effect.gen(function* () {
        let meddle = false
        const engine = makeFakeEngine()
        const { driver } = counted(
          makeFakeDriver(engine, {
            onExecute: ({ verb }) => {
              if (meddle && verb === "CreateContainer") Effect.runSync(engine.vanish("shop-web-1"))
            },
          }),
        )
        const deployments = makeDeployments({
          driver: openDriver(driver),
          target,
          journal: memoryJournal(),
          owner: { name: "ann@laptop", bootId: "", pid: 1, started: "1" },
        })
        yield* deployments.run(shop)
        meddle = true
        const error = yield* Effect.flip(deployments.run(up(shopOf("2"))))
        assert.strictEqual(error._tag, "PreconditionFailed")
        assert.notInclude(engine.calls, "RenameContainer shop-web-1.next")
        meddle = false
        yield* deployments.run(up(shopOf("2")))
        const web = engine.containers().filter(({ service }) => service === "web")
        assert.deepStrictEqual(
          web.map(({ name, image, state }) => `${name} ${image} ${state}`),
          ["shop-web-1 web:2 running"],
        )
      }),
  )

  it.effect("that fails before it sent anything leaves no revision", () =>
    Effect.gen(function* () {
      const { deployments, as, tags, onEvent } = bed()
      const down = Effect.fail(new EngineUnreachable({ endpoint: "x", reason: "refused", detail: "" }))
      const error = yield* Effect.flip(as("ann@laptop", { prepare: () => down }).run(shop, { onEvent }))
      assert.strictEqual(error._tag, "EngineUnreachable")
      assert.deepStrictEqual(tags(), ["RunStarted"])
      assert.deepStrictEqual(yield* deployments.history("shop"), [])
    }),
  )

  it.effect("does not mind a listener that throws", () =>
    Effect.gen(function* () {
      const { deployments } = bed()
      const revision = yield* deployments.run(shop, {
        onEvent: () => {
          throw new Error("a defect of the caller")
        },
      })
      assert.strictEqual(revision.status, "succeeded")
    }),
  )
})

describe("stopping a run", () => {
  const slow = { delay: () => "10 seconds" as const }

  it.effect("by cancellation finishes what is in flight, records it, and the next run continues", () =>
    Effect.gen(function* () {
      const { deployments, engine, locks, tags, onEvent, events, journal } = bed(slow)
      const cancel = yield* Deferred.make<void>()
      const working = wait("OperationStarted", "container:db:1/CreateContainer")
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          deployments.run(shop, {
            cancel: Deferred.await(cancel),
            onEvent: (event) => {
              onEvent(event)
              working.onEvent(event)
            },
          }),
        ),
      )
      yield* TestClock.adjust("10 seconds")
      yield* working.seen
      yield* Deferred.succeed(cancel, undefined)
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(fiber)
      assert.deepInclude(error, { _tag: "Cancelled", deployment: "shop@local", total: 10 })
      assert.include(engine.calls, "CreateContainer shop-db-1")
      assert.notInclude(engine.calls, "StartContainer shop-db-1")
      assert.strictEqual(tags().at(-1), "RunEnded")
      const done = events.filter(({ _tag }) => _tag === "OperationSucceeded").length
      assert.deepInclude(error, { done })
      assert.strictEqual((yield* deployments.history("shop"))[0]?.revision.status, "cancelled")
      assert.deepStrictEqual(yield* locks, [])
      assert.isUndefined(yield* journal.openRun("shop@local"))
      const next = yield* Effect.forkChild(deployments.run(shop))
      for (let i = 0; i < 12; i++) yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(next)).status, "succeeded")
    }),
  )

  it.effect("while it prepares leaves nothing", () =>
    Effect.gen(function* () {
      const { deployments, as, locks } = bed()
      const preparing = yield* Deferred.make<void>()
      const cancel = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          as("ann@laptop", {
            prepare: () => Effect.andThen(Deferred.succeed(preparing, undefined), Effect.never),
          }).run(shop, { cancel: Deferred.await(cancel) }),
        ),
      )
      yield* Deferred.await(preparing)
      yield* Deferred.succeed(cancel, undefined)
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "Cancelled", done: 0 })
      assert.deepStrictEqual(yield* deployments.history("shop"), [])
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect("by its deadline does the same, with another error", () =>
    Effect.gen(function* () {
      const { deployments, locks } = bed({ engine: { health: () => "starting" } })
      const working = wait("OperationStarted", "service:db/WaitReady")
      const fiber = yield* Effect.forkChild(Effect.flip(deployments.run(shop, { ...working, deadline: 30 })))
      yield* working.seen
      yield* TestClock.adjust("30 seconds")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "DeadlineExceeded", seconds: 30 })
      assert.strictEqual((yield* deployments.history("shop"))[0]?.revision.status, "failed")
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect("by interrupting its fiber records it as cancelled and gives the lock back", () =>
    Effect.gen(function* () {
      const { deployments, locks, journal, engine } = bed(slow)
      const working = wait("OperationStarted", "container:db:1/CreateContainer")
      const fiber = yield* Effect.forkChild(deployments.run(shop, working))
      yield* TestClock.adjust("10 seconds")
      yield* working.seen
      const interruption = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(interruption)
      assert.include(engine.calls, "CreateContainer shop-db-1")
      assert.strictEqual((yield* deployments.history("shop"))[0]?.revision.status, "cancelled")
      assert.isUndefined(yield* journal.openRun("shop@local"))
      assert.deepStrictEqual(yield* locks, [])
    }),
  )

  it.effect("because somebody took its lock sends nothing more", () =>
    Effect.gen(function* () {
      const engine = makeFakeEngine()
      const { locks, lose } = losableLocks(makeLocks(engine.records, { target: "local" }), "bob@ci")
      const deployments = makeDeployments({
        driver: fakeDriver(engine),
        target,
        journal: memoryJournal(),
        locks,
        owner: { name: "ann@laptop", bootId: "", pid: 1, started: "1" },
      })
      const events: Array<string> = []
      const error = yield* Effect.flip(
        deployments.run(shop, {
          concurrency: 1,
          onEvent: (event) => {
            events.push(event._tag)
            if (event._tag === "OperationSucceeded") Effect.runSync(lose)
          },
        }),
      )
      assert.deepInclude(error, { _tag: "LockLost", owner: "bob@ci" })
      assert.deepStrictEqual(engine.calls, ["CreateNetwork shop_default"])
      assert.strictEqual(events.filter((tag) => tag === "OperationSkipped").length, 9)
    }),
  )

  it.effect("because its lock was lost sends nothing more and leaves history to the new holder", () =>
    Effect.gen(function* () {
      const { deployments, engine, locks } = bed(slow)
      const working = wait("OperationStarted", "container:db:1/CreateContainer")
      const fiber = yield* Effect.forkChild(Effect.flip(deployments.run(shop, working)))
      yield* TestClock.adjust("10 seconds")
      yield* working.seen
      for (const { name } of yield* locks) yield* engine.records.remove(name)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "LockLost")
      const sent = engine.calls.length
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(engine.calls.length, sent)
      assert.isBelow(engine.calls.filter((call) => call.startsWith("Start")).length, 3)
      assert.deepStrictEqual(yield* deployments.history("shop"), [])
    }),
  )
})

describe("a saved plan", () => {
  const roundTrip = <A>(value: A): A => JSON.parse(JSON.stringify(value))

  it.effect("is applied as it was agreed to, with one observation", () =>
    Effect.gen(function* () {
      const { deployments, calls, running } = bed()
      const plan = roundTrip(yield* deployments.plan(shop))
      calls.length = 0
      assert.strictEqual((yield* deployments.apply(plan)).number, 1)
      assert.strictEqual(running().length, 3)
      assert.strictEqual(calls.filter((call) => call === "observe").length, 1)
      assert.notInclude(calls, "prepare")
    }),
  )

  it.effect("that is stale is refused, or planned again when told", () =>
    Effect.gen(function* () {
      const { deployments, engine, locks } = bed()
      yield* deployments.run(shop)
      const plan = yield* deployments.plan(up(shopOf("2")))
      yield* engine.vanish("shop-web-1")
      const before = engine.calls.length
      assert.strictEqual((yield* Effect.flip(deployments.apply(plan)))._tag, "PlanStale")
      assert.strictEqual(engine.calls.length, before)
      assert.deepStrictEqual(yield* locks, [])
      const revision = yield* deployments.apply(plan, { onStale: "replan" })
      assert.deepInclude(revision, { number: 2, summary: "1 created" })
    }),
  )

  it.effect("that somebody edited, made for another target or by another driver is refused", () =>
    Effect.gen(function* () {
      const { deployments, engine } = bed()
      const plan = yield* deployments.plan(shop)
      const edited = { ...plan, operations: plan.operations.slice(1) }
      assert.strictEqual((yield* Effect.flip(deployments.apply(edited)))._tag, "StateCorrupt")
      // What was shown and where it goes are part of what was approved.
      const [first, ...others] = plan.groups
      assert.isDefined(first)
      const told = { ...plan, groups: [{ ...first, cause: "nothing much" }, ...others] }
      assert.strictEqual((yield* Effect.flip(deployments.apply(told)))._tag, "StateCorrupt")
      const moved: Plan = { ...plan, target: { ...plan.target, endpoints: ["tcp://192.0.2.1:2375"] } }
      assert.strictEqual((yield* Effect.flip(deployments.apply(moved)))._tag, "StateCorrupt")
      const elsewhere = { ...plan, target: { ...plan.target, name: "production" } }
      assert.strictEqual((yield* Effect.flip(deployments.apply(elsewhere)))._tag, "Usage")
      const foreign = { ...plan, driver: "swarm" }
      assert.strictEqual((yield* Effect.flip(deployments.apply(foreign)))._tag, "DriverUnavailable")
      const emptied = { ...plan, desired: { project: "shop" } }
      const torn = { ...emptied, hash: planHash(emptied) }
      assert.strictEqual((yield* Effect.flip(deployments.apply(torn)))._tag, "StateCorrupt")
      assert.deepStrictEqual(engine.calls, [])
    }),
  )
})

describe("going back", () => {
  const versions = (deployments: Deployments, ...of: ReadonlyArray<string>) =>
    Effect.forEach(of, (version) => deployments.run(up(shopOf(version))), { discard: true })

  it.effect("deploys the last revision that succeeded, or the one that is named", () =>
    Effect.gen(function* () {
      let broken = false
      const { deployments, running } = bed({ fail: () => broken })
      yield* versions(deployments, "1", "2")
      broken = true
      yield* Effect.flip(deployments.run(up(shopOf("3"))))
      broken = false
      // Nothing was changed by 3, so nothing is to be done; yet what runs succeeded, and that is recorded.
      const back = yield* deployments.rollback("shop")
      assert.deepInclude(back, { number: 4, status: "succeeded", summary: "nothing changed" })
      yield* versions(deployments, "4")
      assert.include(running(), "shop-web-1 web:4 running")
      assert.deepInclude(yield* deployments.rollback("shop", { to: 1 }), { number: 6, summary: "1 replaced" })
      assert.include(running(), "shop-web-1 web:1 running")
      assert.strictEqual((yield* deployments.history("shop"))[0]?.intent, "rollback")
      // And back from there: to the one before.
      assert.strictEqual((yield* deployments.rollback("shop")).number, 7)
      assert.include(running(), "shop-web-1 web:4 running")
    }),
  )

  it.effect("after a down brings the deployment back", () =>
    Effect.gen(function* () {
      const { deployments, running, engine } = bed()
      yield* versions(deployments, "1")
      const removed = yield* deployments.run(down)
      assert.deepInclude(removed, { number: 2, status: "succeeded", urls: [], summary: "4 removed" })
      assert.deepStrictEqual([running(), engine.networks()], [[], []])
      assert.strictEqual(engine.volumes().length, 1)
      assert.strictEqual((yield* deployments.run(down)).number, 2)
      yield* deployments.rollback("shop")
      assert.strictEqual(running().length, 3)
    }),
  )

  it.effect("without anything to go back to is refused", () =>
    Effect.gen(function* () {
      const { deployments } = bed()
      assert.strictEqual((yield* Effect.flip(deployments.rollback("shop")))._tag, "NotDeployed")
      yield* versions(deployments, "1")
      assert.strictEqual((yield* Effect.flip(deployments.rollback("shop")))._tag, "NotDeployed")
      assert.strictEqual((yield* Effect.flip(deployments.rollback("shop", { to: 9 })))._tag, "NotDeployed")
    }),
  )
})
