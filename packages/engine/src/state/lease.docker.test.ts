// The lock on a real engine: what the model in lease.property.test.ts assumes of a store holds for volumes.
import { Effect, Result } from "effect"
import { afterAll, assert, describe, test } from "vitest"
import { openBed } from "../driver/compose/testBed.ts"
import { makeLocks } from "./lease.ts"
import { thisProcess } from "./owner.ts"
import type { RecordStore } from "./RecordStore.ts"
import { makeRevisions } from "./revisionRecords.ts"

const project = `windflow-test-exec-${process.pid}`
const withRecords = <A>(body: (records: RecordStore) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), (bed) => body(bed.driver.records))))

afterAll(() =>
  withRecords((records) =>
    Effect.gen(function* () {
      yield* makeRevisions(records).forget(project)
      for (const { name } of yield* records.list({ "windflow.lock": project })) yield* records.remove(name)
    }),
  ),
)

describe("locks and revisions as volumes", () => {
  test("many contenders at once, round after round: never two of them, at last each of them, and nothing is left", () =>
    withRecords((records) =>
      Effect.gen(function* () {
        const locks = makeLocks(records, { target: "local" })
        let inside = 0
        let most = 0
        const epochs: Array<number> = []
        const use = (run: string) =>
          Effect.scoped(
            Effect.gen(function* () {
              const lease = yield* locks.acquire(project, { ...thisProcess(), run })
              yield* lease.check
              most = Math.max(most, ++inside)
              epochs.push(yield* lease.epoch)
              // Others look meanwhile.
              for (let i = 0; i < 3; i++) yield* records.list({ "windflow.lock": project })
              inside--
            }),
          )
        let left = Array.from({ length: 12 }, (_, i) => `run-${i}`)
        let refusals = 0
        while (left.length > 0) {
          const results = yield* Effect.forEach(left, (run) => Effect.result(use(run)), { concurrency: "unbounded" })
          for (const result of results)
            if (Result.isFailure(result)) {
              assert.strictEqual(result.failure._tag, "Locked")
              refusals++
            }
          left = left.filter((_, index) => Result.isFailure(results[index]!))
        }
        assert.strictEqual(most, 1)
        assert.isAbove(refusals, 0)
        assert.strictEqual(epochs.length, 12)
        assert.deepStrictEqual(yield* records.list({ "windflow.lock": project }), [])
      }),
    ))

  test("a revision of the largest size that a store must take", () =>
    withRecords((records) =>
      Effect.gen(function* () {
        const revisions = makeRevisions(records)
        // Random text does not compress: some 400 kB of label.
        const text = Array.from({ length: 28_000 }, () => Math.random().toString(36).slice(2)).join("")
        const stored = yield* revisions.append(project, {
          revision: {
            deployment: `${project}@local`,
            status: "succeeded",
            urls: [],
            at: new Date().toISOString(),
            owner: "ann@laptop",
            summary: "1 created",
          },
          run: "run",
          epoch: 1,
          driver: "compose",
          intent: "up",
          planHash: "hash",
          desired: { text },
        })
        assert.deepStrictEqual(yield* revisions.find(project, stored.revision.number), stored)
      }),
    ))
})
