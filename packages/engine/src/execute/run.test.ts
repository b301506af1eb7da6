import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { describe } from "vitest"
import { openDriver } from "../driver/Driver.ts"
import { EngineUnreachable } from "../model/errors/union.ts"
import { renderPlan } from "../plan/render.ts"
import { memoryJournal } from "../state/memory.ts"
import { counted, makeFakeDriver, makeFakeEngine, up } from "../testing/index.ts"
import { makeDeployments } from "./makeDeployments.ts"
import { bed, down, shop, shopOf, target, wait } from "./run.fixture.ts"

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
