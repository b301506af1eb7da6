import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import type { Event } from "../model/Event.ts"
import { renderPlan } from "../plan/render.ts"
import { memoryJournal } from "../state/memory.ts"
import { type FakeDriverOptions, fakeDriver, fakeStack, makeFakeEngine, up } from "../testing/index.ts"
import { makeDeployments } from "./makeDeployments.ts"

const target = { name: "local", type: "docker", driver: "fake", endpoints: ["unix:///fake.sock"] } as const
const owner = { name: "ann@laptop", bootId: "", pid: 1, started: "1" }
const shop = fakeStack("shop", {
  db: { healthcheck: true },
  api: { healthcheck: true, after: { db: "service_healthy" } },
  web: { after: { api: "service_healthy" } },
})

const bed = (options: FakeDriverOptions = {}, engine = makeFakeEngine(), journal = memoryJournal()) => {
  let runs = 0
  const events: Array<Event> = []
  const deployments = makeDeployments({
    driver: fakeDriver(engine, options),
    target,
    journal,
    owner,
    newRun: Effect.sync(() => `run-${++runs}`),
  })
  const onEvent = (event: Event) => void events.push(event)
  return { engine, journal, deployments, events, onEvent, tags: () => events.map(({ _tag }) => _tag) }
}

describe("a run", () => {
  it.effect("plans, deploys in order of need, and tells it", () =>
    Effect.gen(function* () {
      const { engine, deployments, events, onEvent } = bed()
      const plan = yield* deployments.plan(up(shop))
      assert.strictEqual(
        renderPlan(plan),
        [
          "shop@local: 4 changes",
          "  + create network:shop_default  (missing)",
          "  + create container:db:1  (missing)",
          "  + create container:api:1  (missing)",
          "  + create container:web:1  (missing)",
        ].join("\n"),
      )
      const revision = yield* deployments.run(up(shop), { onEvent })
      assert.deepStrictEqual(
        engine.containers().map(({ name, state, health }) => `${name} ${state} ${health}`),
        ["shop-db-1 running healthy", "shop-api-1 running healthy", "shop-web-1 running none"],
      )
      const starts = engine.calls.filter((call) => call.startsWith("Start"))
      assert.deepStrictEqual(starts, [
        "StartContainer shop-db-1",
        "StartContainer shop-api-1",
        "StartContainer shop-web-1",
      ])
      assert.strictEqual(revision.number, 1)
      assert.strictEqual(revision.status, "succeeded")
      assert.strictEqual(revision.summary, "4 created")
      assert.deepStrictEqual(
        events.map(({ seq }) => seq),
        events.map((_, index) => index + 1),
      )
      assert.strictEqual(events[0]?._tag, "RunStarted")
      assert.strictEqual(events[1]?._tag, "Planned")
      assert.deepStrictEqual(events.at(-1), {
        _tag: "RunEnded",
        seq: events.length,
        at: "1970-01-01T00:00:00.000Z",
        revision,
      })
    }),
  )
})
