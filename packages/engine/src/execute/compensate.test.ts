// What a failed run owes: which compensations are due, and what becomes of them.
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Result } from "effect"
import { describe } from "vitest"
import type { Driver } from "../driver/Driver.ts"
import { LockLost } from "../model/errors/union.ts"
import { type Compensation, owed } from "../plan/Compensation.ts"
import type { PlanDraft } from "../plan/Plan.ts"
import { brokenRule } from "../plan/seal.ts"
import { type FakeDesired, type FakeObserved, makeFakeDriver, up } from "../testing/index.ts"
import { bed, type BedOptions, shop, shopOf } from "./run.fixture.ts"

const compensation = (id: string, over: Partial<Compensation> = {}): Compensation => ({
  id,
  verb: "Do",
  resource: "service:web:1",
  group: "g",
  cause: "",
  needs: [],
  recovery: "idempotent",
  args: {},
  undoes: "a",
  until: "z",
  ...over,
})

describe("owed", () => {
  const walked = (
    sent: ReadonlyArray<string>,
    done: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  ) => ({
    sent: new Set(sent),
    outputs: new Map(Object.entries(done)),
  })
  const due = (one: Compensation, ...rest: Parameters<typeof walked>) =>
    owed([one], walked(...rest)).map(({ id }) => id)

  it("is what undoes something that was sent, whatever became of it, until it is past undoing", () => {
    const one = compensation("c")
    assert.deepStrictEqual(due(one, []), [])
    assert.deepStrictEqual(due(one, ["a"]), ["c"])
    assert.deepStrictEqual(due(one, ["a", "z"], { a: {} }), ["c"])
    assert.deepStrictEqual(due(one, ["a", "z"], { a: {}, z: {} }), [])
  })

  it("needs its inputs; and of what it needs only what is owed too", () => {
    const inputs = { container: { operation: "a", output: "id" } }
    assert.deepStrictEqual(due(compensation("c", { inputs }), ["a"]), [])
    assert.deepStrictEqual(due(compensation("c", { inputs }), ["a"], { a: { id: "x" } }), ["c"])
    const [first, second] = owed(
      [compensation("c"), compensation("not", { undoes: "b" }), compensation("d", { needs: ["c", "not"] })],
      walked(["a"]),
    )
    assert.strictEqual(first?.id, "c")
    assert.deepStrictEqual(second?.needs, ["c"])
    assert.notProperty(second, "undoes")
  })
})

it("a plan's compensations name operations of the plan", () => {
  const draft = (compensations: ReadonlyArray<Compensation>): PlanDraft => ({
    groups: [{ id: "g", kind: "create", resource: "r", cause: "", fields: [] }],
    operations: ["a", "z"].map((id) => ({ ...compensation(id), id })),
    compensations,
    snapshot: null,
    warnings: [],
  })
  assert.isUndefined(brokenRule(draft([compensation("c"), compensation("d", { needs: ["c"] })])))
  const broken: ReadonlyArray<readonly [Partial<Compensation>, string]> = [
    [{ id: "a" }, "two operations have the id a"],
    [{ undoes: "x" }, "c compensates for x, which is not in the plan"],
    [{ until: "x" }, "c compensates for x, which is not in the plan"],
    [{ inputs: { i: { operation: "x", output: "o" } } }, "c compensates for x, which is not in the plan"],
    [{ needs: ["a"] }, "c needs a, which does not stand before it"],
    [{ group: "x" }, "c belongs to the unknown group x"],
  ]
  for (const [over, rule] of broken) assert.strictEqual(brokenRule(draft([compensation("c", over)])), rule)
})

/** The shop's web is replaced; what its plan undoes is the stop of the old container. */
const upgrade = (options: BedOptions = {}) => {
  const world = bed(options)
  const fake = makeFakeDriver(world.engine, options)
  const plan: Driver<FakeDesired, FakeObserved>["plan"] = (desired, observed) =>
    Result.map(fake.plan(desired, observed), (draft) => {
      const stop = draft.operations.find(
        ({ verb, resource }) => verb === "StopContainer" && resource === "container:web:1",
      )
      const removal = draft.operations.find(({ verb }) => verb === "RemoveContainer")
      if (stop === undefined || removal === undefined) return draft
      const start: Compensation = {
        ...stop,
        id: "undo",
        verb: "StartContainer",
        needs: [],
        undoes: stop.id,
        until: removal.id,
      }
      return { ...draft, compensations: [start] }
    })
  return { ...world, deployments: world.as("ann@laptop", { plan }), second: up(shopOf("2")) }
}
const statusOf = (world: ReturnType<typeof upgrade>) =>
  Effect.map(world.deployments.history("shop"), ([newest]) => newest?.revision.status)

describe("a run that fails", () => {
  it.effect("runs what it owes under the lock, journalled, and its revision says so", () =>
    Effect.gen(function* () {
      const world = upgrade({ fail: ({ verb }) => verb === "RemoveContainer" })
      yield* world.deployments.run(shop)
      const error = yield* Effect.flip(world.deployments.run(world.second, { onEvent: world.onEvent }))
      assert.strictEqual(error._tag, "EngineFailed")
      assert.include(world.running(), "shop-web-1 web:1 running")
      assert.strictEqual(yield* statusOf(world), "rolled-back")
      const tags = world.tags()
      assert.isBelow(tags.indexOf("OperationFailed"), tags.indexOf("Compensating"))
      const rows = (yield* world.journal.rows("shop@local")).filter(
        (row) => row._tag === "Intent" || row._tag === "Succeeded",
      )
      const ids = rows.map((row) => (row._tag === "Intent" ? `intent ${row.operation.id}` : `done ${row.operation}`))
      assert.deepStrictEqual(ids.slice(-2), ["intent undo", "done undo"])
      assert.deepStrictEqual(yield* world.locks, [])
    }),
  )

  it.effect("that cannot put everything back is a failed one, and says what is missing", () =>
    Effect.gen(function* () {
      let second = false
      const world = upgrade({ fail: ({ id, verb }) => second && (verb === "RemoveContainer" || id === "undo") })
      yield* world.deployments.run(shop)
      second = true
      yield* Effect.flip(world.deployments.run(world.second, { onEvent: world.onEvent }))
      assert.strictEqual(yield* statusOf(world), "failed")
      const warning = world.events.find((event) => event._tag === "Warning")
      assert.include(warning?._tag === "Warning" ? warning.text : "", "could be put back")
    }),
  )

  it.effect("owes nothing after it succeeded, and sends nothing after it lost its lock", () =>
    Effect.gen(function* () {
      const lost = new LockLost({ deployment: "shop@local", epoch: 1, owner: "bob" })
      let taken = false
      const sent: Array<string> = []
      const world = upgrade({
        onExecute: ({ id }) => sent.push(id),
        fail: ({ verb }) => (taken && verb === "RemoveContainer" ? lost : false),
      })
      yield* world.deployments.run(shop)
      yield* world.deployments.run(world.second)
      assert.notInclude(sent, "undo")
      taken = true
      assert.strictEqual((yield* Effect.flip(world.deployments.run(up(shopOf("3")))))._tag, "LockLost")
      assert.notInclude(sent, "undo")
    }),
  )

  it.effect("because it was cancelled puts back what it had begun, too", () =>
    Effect.gen(function* () {
      const stop = Deferred.makeUnsafe<void>()
      const world = upgrade()
      yield* world.deployments.run(shop)
      const error = yield* Effect.flip(
        world.deployments.run(world.second, {
          cancel: Deferred.await(stop),
          concurrency: 1,
          onEvent: (event) => {
            if (event._tag === "OperationStarted" && event.operation.endsWith("/StopContainer"))
              Deferred.doneUnsafe(stop, Effect.void)
          },
        }),
      )
      assert.strictEqual(error._tag, "Cancelled")
      assert.include(world.running(), "shop-web-1 web:1 running")
      assert.strictEqual(yield* statusOf(world), "cancelled")
    }),
  )
})
