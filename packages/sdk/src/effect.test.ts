/** The Effect face: a service by layer, a driver of one's own, state in memory and in files. */
import { fakeDriver, makeFakeEngine } from "@windflow/engine/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { defineStack, state, type StateStore, target, WindFlow } from "./effect.ts"

const stack = defineStack("shop", { services: { web: { image: "a" } } })
const where = { target: target("tcp://example:2375", { name: "box", driver: "mine" }) }

const deployed = (store: StateStore, engine = makeFakeEngine()) =>
  WindFlow.use((flow) =>
    Effect.gen(function* () {
      const revision = yield* flow.up(stack, where)
      const events = yield* flow.events().pipe(
        Stream.takeUntil((event) => event._tag === "RunEnded"),
        Stream.runCollect,
      )
      return {
        revision,
        tags: events.map((event) => event._tag),
        instances: yield* flow.ps({ project: "shop", ...where }),
      }
    }),
  ).pipe(
    Effect.provide(
      WindFlow.layer({
        config: false,
        state: store,
        drivers: [{ name: "mine", open: () => Effect.succeed(fakeDriver(engine)) }],
      }),
    ),
  )

it.live("deploys through a driver of one's own", () =>
  Effect.gen(function* () {
    const { revision, tags, instances } = yield* deployed(state.memory())
    assert.strictEqual(revision.deployment, "shop@box")
    assert.strictEqual(tags.at(-1), "RunEnded")
    assert.strictEqual(instances.length, 1)
  }),
)

it.live("keeps history in files: a second object goes on counting", () =>
  Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "windflow-effect-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
    )
    const first = yield* deployed(state.files(directory))
    // Another engine: everything is created again, under the next number of the same history.
    const second = yield* deployed(state.files(directory))
    assert.deepStrictEqual([first.revision.number, second.revision.number], [1, 2])
  }).pipe(Effect.scoped),
)
