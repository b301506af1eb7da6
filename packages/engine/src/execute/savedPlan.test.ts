import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import type { Plan } from "../plan/Plan.ts"
import { planHash } from "../plan/seal.ts"
import { up } from "../testing/index.ts"
import type { Deployments } from "./Deployments.ts"
import { bed, down, shop, shopOf } from "./run.fixture.ts"

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
      const missing = yield* Effect.flip(deployments.rollback("shop", { to: 9 }))
      assert.strictEqual(missing._tag, "NotDeployed")
      assert.include(missing.remedy, "windflow history")
    }),
  )
})
