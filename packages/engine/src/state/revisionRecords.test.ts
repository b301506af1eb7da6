import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import type { RevisionStatus } from "../model/Deployment.ts"
import { StateCorrupt } from "../model/errors/union.ts"
import { memoryRecords } from "./memory.ts"
import type { RecordStore } from "./RecordStore.ts"
import { makeRevisions, type RevisionOptions } from "./revisionRecords.ts"

const entry = (run: string, status: RevisionStatus = "succeeded") => ({
  revision: {
    deployment: "shop@local",
    status,
    urls: ["http://127.0.0.1:8080"],
    at: "2026-01-01T00:00:00.000Z",
    owner: "ann@laptop",
    summary: "1 created",
  },
  run,
  epoch: 3,
  driver: "fake",
  intent: "up",
  planHash: "hash",
  desired: { services: ["é".repeat(1000), { image: null }] },
})

const bed = (options?: RevisionOptions) => {
  const store = memoryRecords()
  return { store, revisions: makeRevisions(store, options) }
}

/** Replaces a record as nobody should. */
const tamper = (store: RecordStore, name: string, labels: Record<string, string>) =>
  Effect.gen(function* () {
    const record = (yield* store.list({})).find((candidate) => candidate.name === name)
    yield* store.remove(name)
    yield* store.claim({ name, labels: { ...record?.labels, ...labels } })
  })

describe("revisions", () => {
  it.effect("are numbered, complete and newest first", () =>
    Effect.gen(function* () {
      const { revisions } = bed()
      assert.deepStrictEqual(yield* revisions.list("shop"), [])
      assert.isUndefined(yield* revisions.current("shop"))
      const first = yield* revisions.append("shop", entry("r1"))
      const second = yield* revisions.append("shop", entry("r2", "failed"))
      yield* revisions.append("blog", entry("r3"))
      assert.deepStrictEqual(first, { format: 1, ...entry("r1"), revision: { ...entry("r1").revision, number: 1 } })
      assert.deepStrictEqual(yield* revisions.list("shop"), [second, first])
      assert.deepStrictEqual(yield* revisions.current("shop"), second.revision)
      assert.deepStrictEqual(yield* revisions.find("shop", 1), first)
      assert.isUndefined(yield* revisions.find("shop", 3))
      yield* revisions.forget("shop")
      assert.deepStrictEqual(yield* revisions.list("shop"), [])
      assert.strictEqual((yield* revisions.list("blog")).length, 1)
    }),
  )

  it.effect("written at the same time get different numbers", () =>
    Effect.gen(function* () {
      const store = memoryRecords()
      // Everybody has listed before anybody claims.
      const slow: RecordStore = { ...store, list: (labels) => Effect.tap(store.list(labels), () => Effect.yieldNow) }
      const revisions = makeRevisions(slow)
      const made = yield* Effect.forEach(["a", "b", "c", "d"], (run) => revisions.append("shop", entry(run)), {
        concurrency: "unbounded",
      })
      assert.deepStrictEqual(
        made.map(({ revision }) => revision.number).sort((a, b) => a - b),
        [1, 2, 3, 4],
      )
      const listed = yield* revisions.list("shop")
      assert.deepStrictEqual(listed.map(({ run }) => run).sort(), ["a", "b", "c", "d"])
    }),
  )

  it.effect("are bounded, but the newest that succeeded stays", () =>
    Effect.gen(function* () {
      const { revisions } = bed({ limit: 3 })
      for (let i = 1; i <= 5; i++) yield* revisions.append("shop", entry(`r${i}`))
      const numbers = Effect.map(revisions.list("shop"), (all) => all.map(({ revision }) => revision.number))
      assert.deepStrictEqual(yield* numbers, [5, 4, 3])
      for (let i = 6; i <= 10; i++) yield* revisions.append("shop", entry(`r${i}`, "failed"))
      assert.deepStrictEqual(yield* numbers, [10, 9, 8, 5])
      yield* revisions.append("shop", entry("r11"))
      assert.deepStrictEqual(yield* numbers, [11, 10, 9])
    }),
  )

  it.effect("that are dropped let go of what else was kept for them", () =>
    Effect.gen(function* () {
      const told: Array<readonly [string, ReadonlyArray<number>]> = []
      const onForgotten = (project: string, stored: ReadonlyArray<number>) =>
        Effect.suspend(() =>
          told.push([project, stored]) === 1
            ? Effect.void
            : Effect.fail(new StateCorrupt({ what: "tags", detail: "a failure is no reason to fail" })),
        )
      const { revisions } = bed({ limit: 2, onForgotten })
      yield* revisions.append("shop", entry("r1"))
      yield* revisions.append("shop", entry("r2", "failed"))
      assert.deepStrictEqual(told, [])
      yield* revisions.append("shop", entry("r3", "failed"))
      assert.deepStrictEqual(told, [])
      yield* revisions.append("shop", entry("r4", "failed"))
      assert.deepStrictEqual(told, [["shop", [4, 3, 1]]])
      yield* revisions.forget("shop")
      assert.deepStrictEqual(told.slice(1), [["shop", []]])
      assert.deepStrictEqual(yield* revisions.list("shop"), [])
    }),
  )

  it.effect("that cannot be read are reported by name and do not hide the others", () =>
    Effect.gen(function* () {
      const reported: Array<string> = []
      const { store, revisions } = bed({ onCorrupt: (error) => Effect.sync(() => void reported.push(error.what)) })
      for (let i = 1; i <= 4; i++) yield* revisions.append("shop", entry(`r${i}`))
      yield* tamper(store, "windflow.revision.shop.2", { "windflow.revision.payload": "bm90IGRlZmxhdGVk" })
      yield* tamper(store, "windflow.revision.shop.4", { "windflow.revision.head": '{"deployment":"x","more":1}' })
      const numbers = (yield* revisions.list("shop")).map(({ revision }) => revision.number)
      assert.deepStrictEqual(numbers, [3, 1])
      assert.deepStrictEqual(reported, ["The record windflow.revision.shop.4", "The record windflow.revision.shop.2"])
      assert.strictEqual((yield* revisions.current("shop"))?.number, 3)
      assert.strictEqual((yield* Effect.flip(revisions.find("shop", 2)))._tag, "StateCorrupt")
      // Its number is not given to another.
      assert.strictEqual((yield* revisions.append("shop", entry("r5"))).revision.number, 5)
    }),
  )

  it.effect("are small: compressed", () =>
    Effect.gen(function* () {
      const { store, revisions } = bed()
      yield* revisions.append("shop", { ...entry("r1"), desired: { text: "the same again ".repeat(10_000) } })
      const [record] = yield* store.list({ "windflow.revision": "shop" })
      assert.isBelow(JSON.stringify(record).length, 3000)
    }),
  )
})
