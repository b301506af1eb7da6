/** Runs about containers that are there: locked and journalled like any other, without a revision; and forgetting a deployment. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import type { Request } from "../driver/Request.ts"
import { bed, shop } from "./run.fixture.ts"

const stop: Request = { _tag: "Stop", project: "shop" }
const restart: Request = { _tag: "Restart", project: "shop", noDeps: false, waitTimeout: 1 }

describe("stop, start, restart, kill and rm", () => {
  it.effect("act under lock and journal, and leave history as it is", () =>
    Effect.gen(function* () {
      const { deployments, engine, journal, locks, onEvent, events } = bed()
      const deployed = yield* deployments.run(shop)
      const stopped = yield* deployments.run(stop, { onEvent })
      assert.deepStrictEqual(stopped, { ...deployed, summary: "3 stopped" })
      assert.isTrue(engine.containers().every(({ state }) => state === "exited"))
      assert.deepInclude(events.at(-1), { _tag: "RunEnded", changed: true })
      assert.deepStrictEqual(
        (yield* journal.rows("shop@local")).flatMap((row) => (row._tag === "RunStarted" ? [row.intent] : [])),
        ["up", "stop"],
      )
      assert.deepStrictEqual(yield* locks, [])
      assert.deepStrictEqual(yield* deployments.run(stop), deployed)
      const kill: Request = { _tag: "Kill", project: "shop", services: ["web"], signal: "SIGHUP" }
      const summaries = []
      for (const request of [
        { _tag: "Start", project: "shop", wait: false, waitTimeout: 1 },
        restart,
        kill,
        { _tag: "Remove", project: "shop", stop: false, volumes: false },
      ] satisfies ReadonlyArray<Request>)
        summaries.push((yield* deployments.run(request)).summary)
      assert.deepStrictEqual(summaries, ["3 started", "3 restarted", "1 signalled", "1 removed"])
      assert.strictEqual((yield* deployments.history("shop")).length, 1)
    }),
  )

  it.effect("that fail make no revision either, and the deployment is not held to have failed", () =>
    Effect.gen(function* () {
      const { deployments } = bed({ fail: ({ verb }) => verb === "RestartContainer" })
      const deployed = yield* deployments.run(shop)
      const error = yield* Effect.flip(deployments.run(restart))
      assert.strictEqual(error._tag, "EngineFailed")
      assert.deepStrictEqual(yield* deployments.run(shop), deployed)
    }),
  )

  it.effect("that crashed are settled, and become no revision of what comes next", () =>
    Effect.gen(function* () {
      const { deployments, journal } = bed()
      const deployed = yield* deployments.run(shop)
      // A process that died right after it had begun.
      yield* journal.append({
        _tag: "RunStarted",
        deployment: "shop@local",
        run: "dead",
        epoch: (yield* journal.lastEpoch("shop@local")) + 1,
        at: "",
        owner: "bob@laptop",
        intent: "restart",
        planHash: "",
        operations: 1,
        desired: {},
      })
      assert.strictEqual((yield* journal.openRun("shop@local"))?.intent, "restart")
      assert.deepStrictEqual(yield* deployments.run(shop), deployed)
      assert.strictEqual(yield* journal.openRun("shop@local"), undefined)
      assert.strictEqual((yield* deployments.history("shop")).length, 1)
    }),
  )
})

describe("forget", () => {
  it.effect("removes revisions, tags and what is open, and nothing that runs", () =>
    Effect.gen(function* () {
      const forgotten: Array<readonly [string, ReadonlyArray<number>]> = []
      const { as, engine, running, locks } = bed()
      const deployments = as("ann@laptop", {
        forget: (project, stored) => Effect.sync(() => void forgotten.push([project, stored])),
      })
      yield* deployments.run(shop)
      const before = running()
      const calls = engine.calls.length
      yield* deployments.forget("shop")
      assert.deepStrictEqual(yield* deployments.history("shop"), [])
      assert.deepStrictEqual(forgotten.at(-1), ["shop", []])
      assert.deepStrictEqual(running(), before)
      assert.strictEqual(engine.calls.length, calls)
      assert.deepStrictEqual(yield* locks, [])
      // The next one takes over what is there.
      assert.strictEqual((yield* deployments.run(shop)).number, 0)
    }),
  )
})
