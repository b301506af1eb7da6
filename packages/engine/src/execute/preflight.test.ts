// What a driver's preflight finds is refused by plan, run, saved plan and rollback, before anything is changed.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import type { Finding } from "../model/errors/Finding.ts"
import { describeError } from "../model/errors/describe.ts"
import { PreflightRefused } from "../model/errors/union.ts"
import { up } from "../testing/index.ts"
import { bed, shop, shopOf } from "./run.fixture.ts"

const findings: ReadonlyArray<Finding> = [
  { check: "port", service: "web", what: "8080/tcp", detail: "other-web-1" },
  { check: "disk", what: "/d", detail: "3 MiB" },
]

const world = () => {
  const made = bed()
  let found: ReadonlyArray<Finding> = []
  let asked = 0
  const deployments = made.as("ann@laptop", {
    preflight: () =>
      Effect.sync(() => {
        asked++
        return found
      }),
  })
  return { ...made, deployments, find: (next: ReadonlyArray<Finding>) => void (found = next), asked: () => asked }
}

describe("what stands in the way", () => {
  it.effect("is refused with everything at once, by plan and by run", () =>
    Effect.gen(function* () {
      const { deployments, engine, find, locks } = world()
      find(findings)
      for (const refused of [deployments.plan(shop), deployments.run(shop)]) {
        const error = yield* Effect.flip<unknown, unknown, never>(refused)
        assert.deepInclude(error, { _tag: "PreflightRefused", deployment: "shop@local", findings })
      }
      assert.deepStrictEqual(engine.calls, [])
      assert.deepStrictEqual(yield* locks, [])
      assert.deepStrictEqual(yield* deployments.history("shop"), [])
    }),
  )

  it.effect("is asked again for a saved plan and a rollback", () =>
    Effect.gen(function* () {
      const { deployments, find } = world()
      yield* deployments.run(shop)
      const second = up(shopOf("2"))
      const plan = yield* deployments.plan(second)
      yield* deployments.run(second)
      const third = yield* deployments.plan(up(shopOf("3")))
      find(findings)
      assert.strictEqual((yield* Effect.flip(deployments.apply(plan)))._tag, "PlanStale")
      assert.strictEqual((yield* Effect.flip(deployments.apply(third)))._tag, "PreflightRefused")
      assert.strictEqual((yield* Effect.flip(deployments.rollback("shop")))._tag, "PreflightRefused")
    }),
  )

  it.effect("is not asked when there is nothing to do", () =>
    Effect.gen(function* () {
      const { deployments, asked, find } = world()
      yield* deployments.run(shop)
      const before = asked()
      find(findings)
      yield* deployments.run(shop)
      yield* deployments.plan(shop)
      assert.strictEqual(asked(), before)
    }),
  )

  it("is told in both languages, a line and a remedy each", () => {
    const [first, ...others] = findings
    const error = new PreflightRefused({ deployment: "shop@local", findings: [first!, ...others] })
    for (const locale of ["en", "fr"] as const) {
      const { message, remedy } = describeError(error, locale)
      for (const fact of ["web", "8080/tcp", "other-web-1", "3 MiB"]) assert.include(message, fact)
      assert.strictEqual(message.split("\n").length, 3)
      assert.strictEqual(remedy.split("\n").length, 2)
    }
  })
})
