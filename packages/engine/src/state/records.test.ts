import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { describe } from "vitest"
import { fileRecords } from "./fileRecords.ts"
import { memoryRecords } from "./memory.ts"
import type { RecordStore } from "./RecordStore.ts"

const temporary: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "windflow-records-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

const kinds: ReadonlyArray<[string, Effect.Effect<RecordStore, never, Scope.Scope>]> = [
  ["in memory", Effect.sync(memoryRecords)],
  ["in files", Effect.map(temporary, (directory) => fileRecords(join(directory, "records")))],
]

describe.each(kinds)("records %s", (_, make) => {
  it.effect("are claimed by one of many", () =>
    Effect.gen(function* () {
      const store = yield* make
      const results = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, i) => String(i)),
        (by) => store.claim({ name: "windflow.lock.shop.1", labels: { by } }),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(new Set(results.map(({ labels }) => labels["by"])).size, 1)
      assert.strictEqual((yield* store.list({ by: "" })).length, 1)
    }).pipe(Effect.scoped),
  )

  it.effect("are listed by label, and removed", () =>
    Effect.gen(function* () {
      const store = yield* make
      assert.deepStrictEqual(yield* store.list({}), [])
      yield* store.claim({ name: "a", labels: { kind: "x", of: "shop" } })
      yield* store.claim({ name: "b/../../c", labels: { kind: "y", of: "shop" } })
      yield* store.claim({ name: "c", labels: { kind: "x", of: "blog" } })
      const names = (labels: Record<string, string>) =>
        Effect.map(store.list(labels), (all) => all.map(({ name }) => name).sort())
      assert.deepStrictEqual(yield* names({ kind: "x" }), ["a", "c"])
      assert.deepStrictEqual(yield* names({ kind: "", of: "shop" }), ["a", "b/../../c"])
      assert.deepStrictEqual(yield* names({ none: "" }), [])
      yield* store.remove("a")
      yield* store.remove("a")
      assert.deepStrictEqual(yield* names({ kind: "x" }), ["c"])
      yield* store.claim({ name: "a", labels: { again: "yes" } })
      assert.deepStrictEqual(yield* names({ again: "" }), ["a"])
    }).pipe(Effect.scoped),
  )
})

describe("records in files", () => {
  it.effect("leave no drafts, and skip what is no record", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const store = fileRecords(directory)
      yield* store.claim({ name: "a", labels: {} })
      yield* store.claim({ name: "a", labels: {} })
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(directory)), ["a.json"])
      yield* Effect.promise(() => writeFile(join(directory, "broken.json"), "{"))
      assert.strictEqual((yield* store.list({})).length, 1)
      assert.strictEqual((yield* Effect.flip(store.claim({ name: "broken", labels: {} })))._tag, "StateCorrupt")
    }).pipe(Effect.scoped),
  )
})
