import { appendFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Scope } from "effect"
import { describe } from "vitest"
import { EngineFailed } from "../model/errors/union.ts"
import type { Operation } from "../plan/Operation.ts"
import { makeFileJournal } from "./fileJournal.ts"
import type { Journal, JournalRow } from "./Journal.ts"
import { memoryJournal } from "./memory.ts"

const deployment = "shop@ssh://deploy@host:22"
const at = "2026-01-01T00:00:00.000Z"
const fields = (run: string, epoch: number) => ({ deployment, run, epoch, at })
const operation = (id: string): Operation => ({
  id,
  verb: "CreateContainer",
  resource: "container:web:1",
  group: "create:web",
  cause: "missing",
  needs: [],
  recovery: "observe",
  args: { name: "shop-web-1", nested: [1, null, { deep: true }] },
})
const started = (run: string, epoch: number): JournalRow => ({
  _tag: "RunStarted",
  ...fields(run, epoch),
  owner: "ann@laptop",
  intent: "up",
  planHash: "h",
  operations: 3,
  desired: { any: "thing" },
})
const intent = (run: string, epoch: number, id: string): JournalRow => ({
  _tag: "Intent",
  ...fields(run, epoch),
  operation: operation(id),
})
const succeeded = (run: string, epoch: number, id: string): JournalRow => ({
  _tag: "Succeeded",
  ...fields(run, epoch),
  operation: id,
  outputs: { id: "c1" },
})
const ended = (run: string, epoch: number): JournalRow => ({
  _tag: "RunEnded",
  ...fields(run, epoch),
  status: "succeeded",
})

const temporary: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "windflow-journal-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

const writeAll = (journal: Journal, rows: ReadonlyArray<JournalRow>) =>
  Effect.forEach(rows, (row) => journal.append(row), { discard: true })

const pathOfRun = (directory: string) =>
  Effect.promise(async () => {
    const [folder] = await readdir(directory)
    const files = (await readdir(join(directory, folder!))).sort()
    return { folder: join(directory, folder!), files, newest: join(directory, folder!, files.at(-1)!) }
  })

const kinds: ReadonlyArray<[string, Effect.Effect<Journal, never, Scope.Scope>]> = [
  ["in memory", Effect.sync(memoryJournal)],
  ["in files", Effect.flatMap(temporary, (directory) => makeFileJournal(join(directory, "state", "journal")))],
]

describe.each(kinds)("a journal %s", (_, make) => {
  it.effect("gives back what was appended, errors included", () =>
    Effect.gen(function* () {
      const journal = yield* make
      const error = new EngineFailed({ call: "create", status: 500, detail: "no" })
      const rows: ReadonlyArray<JournalRow> = [
        started("r1", 1),
        intent("r1", 1, "a"),
        succeeded("r1", 1, "a"),
        intent("r1", 2, "b"),
        { _tag: "Failed", ...fields("r1", 2), operation: "b", error },
        { _tag: "RunEnded", ...fields("r1", 2), status: "failed" },
        started("r2", 3),
      ]
      yield* writeAll(journal, rows)
      assert.deepStrictEqual(yield* journal.rows(deployment), rows)
      assert.deepStrictEqual(yield* journal.rows("other@local"), [])
      assert.strictEqual(yield* journal.lastEpoch(deployment), 3)
      assert.strictEqual(yield* journal.lastEpoch("other@local"), 0)
    }).pipe(Effect.scoped),
  )

  it.effect("knows the run that did not end, and what of it is open", () =>
    Effect.gen(function* () {
      const journal = yield* make
      assert.isUndefined(yield* journal.openRun(deployment))
      yield* writeAll(journal, [started("r0", 1), intent("r0", 1, "old"), started("r1", 2), intent("r1", 2, "a")])
      yield* writeAll(journal, [succeeded("r1", 3, "a"), intent("r1", 3, "b"), intent("r1", 3, "c")])
      const open = yield* journal.openRun(deployment)
      assert.deepStrictEqual(open, {
        run: "r1",
        epoch: 3,
        desired: { any: "thing" },
        intent: "up",
        planned: 3,
        succeeded: new Map([["a", { id: "c1" }]]),
        open: [operation("b"), operation("c")],
      })
      yield* journal.append({ _tag: "Recovered", ...fields("r1", 4), operation: "b", happened: true })
      assert.deepStrictEqual((yield* journal.openRun(deployment))?.open, [operation("b"), operation("c")])
      yield* journal.append(ended("r1", 4))
      assert.isUndefined(yield* journal.openRun(deployment))
      assert.strictEqual(yield* journal.lastEpoch(deployment), 4)
    }).pipe(Effect.scoped),
  )

  it.effect("rejects rows of a run that was superseded or settled, and runs from before", () =>
    Effect.gen(function* () {
      const journal = yield* make
      yield* writeAll(journal, [started("r1", 5), intent("r1", 7, "a"), succeeded("r1", 6, "a")])
      // Settled by somebody with a later lock: r1's own process, thawed, may not write any more.
      yield* journal.append({ _tag: "Recovered", ...fields("r1", 8), operation: "a", happened: null })
      const settled = yield* Effect.flip(journal.append(succeeded("r1", 7, "a")))
      assert.deepInclude(settled, { _tag: "LockLost", deployment, epoch: 7 })
      yield* journal.append(started("r2", 8))
      assert.strictEqual((yield* Effect.flip(journal.append(intent("r1", 9, "b"))))._tag, "LockLost")
      assert.strictEqual((yield* Effect.flip(journal.append(started("r0", 4))))._tag, "LockLost")
      assert.strictEqual((yield* journal.rows(deployment)).length, 5)
      assert.strictEqual((yield* journal.openRun(deployment))?.run, "r2")
    }).pipe(Effect.scoped),
  )
})

describe("the journal in files", () => {
  it.effect("is private, survives its process, and is shared by processes", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporary, "journal")
      yield* Effect.scoped(
        Effect.flatMap(makeFileJournal(directory), (journal) =>
          writeAll(journal, [started("r1", 1), intent("r1", 1, "a")]),
        ),
      )
      const { folder, newest } = yield* pathOfRun(directory)
      const modes = yield* Effect.promise(() => Promise.all([directory, folder, newest].map((path) => stat(path))))
      assert.deepStrictEqual(
        modes.map(({ mode }) => mode & 0o777),
        [0o700, 0o700, 0o600],
      )
      const [one, two] = yield* Effect.all([makeFileJournal(directory), makeFileJournal(directory)])
      yield* one.append(succeeded("r1", 1, "a"))
      yield* two.append({ _tag: "Recovered", ...fields("r1", 2), operation: "a", happened: true })
      // The first one did not write that row; it looks before it writes.
      assert.strictEqual((yield* Effect.flip(one.append(intent("r1", 1, "b"))))._tag, "LockLost")
      yield* two.append(started("r2", 2))
      assert.strictEqual((yield* Effect.flip(one.append(ended("r1", 2))))._tag, "LockLost")
      assert.strictEqual((yield* one.rows(deployment)).length, 5)
    }).pipe(Effect.scoped),
  )

  it.effect("leaves out a torn last line, and cuts it before it goes on", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const journal = yield* makeFileJournal(directory)
      yield* writeAll(journal, [started("r1", 1), intent("r1", 1, "a")])
      const { newest } = yield* pathOfRun(directory)
      yield* Effect.promise(() => appendFile(newest, '{"_tag":"Succeeded","depl'))
      assert.strictEqual((yield* journal.rows(deployment)).length, 2)
      assert.deepStrictEqual((yield* journal.openRun(deployment))?.open, [operation("a")])
      yield* journal.append(succeeded("r1", 1, "a"))
      const text = yield* Effect.promise(() => readFile(newest, "utf8"))
      assert.strictEqual(text.split("\n").length, 4)
      assert.strictEqual((yield* journal.rows(deployment)).length, 3)
    }).pipe(Effect.scoped),
  )

  it.effect("names the file and line of a row that cannot be read", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const journal = yield* makeFileJournal(directory)
      yield* journal.append(started("r1", 1))
      const { newest } = yield* pathOfRun(directory)
      yield* Effect.promise(() => appendFile(newest, '{"_tag":"Gone"}\n'))
      const error = yield* Effect.flip(journal.rows(deployment))
      assert.strictEqual(error._tag, "StateCorrupt")
      assert.include(error.message, `${newest}:2`)
    }).pipe(Effect.scoped),
  )

  it.effect("keeps the last runs only", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const journal = yield* makeFileJournal(directory, { keep: 3 })
      for (let run = 1; run <= 12; run++) yield* writeAll(journal, [started(`r${run}`, run), ended(`r${run}`, run)])
      const rows = yield* journal.rows(deployment)
      assert.deepStrictEqual(
        rows.map(({ run }) => run),
        ["r10", "r10", "r11", "r11", "r12", "r12"],
      )
    }).pipe(Effect.scoped),
  )

  it.effect("answers only when a row is durable, and lets waiting rows share one sync", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      let syncs = 0
      let gate: Deferred.Deferred<void> | undefined
      const reached = yield* Deferred.make<void>()
      const journal = yield* makeFileJournal(directory, {
        sync: async (handle) => {
          syncs++
          await handle.datasync()
          if (gate === undefined) return
          Deferred.doneUnsafe(reached, Effect.void)
          await Effect.runPromise(Deferred.await(gate))
        },
      })
      yield* journal.append(started("r1", 1))
      gate = yield* Deferred.make<void>()
      const answered: Array<string> = []
      const append = (id: string) =>
        Effect.forkChild(
          Effect.andThen(
            journal.append(intent("r1", 1, id)),
            Effect.sync(() => void answered.push(id)),
          ),
        )
      const first = yield* append("o0")
      yield* Deferred.await(reached)
      const rest = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, i) => `o${i + 1}`),
        append,
      )
      // Written and visible, yet nobody was told.
      assert.strictEqual((yield* journal.rows(deployment)).length, 2)
      assert.deepStrictEqual(answered, [])
      const open = gate
      gate = undefined
      yield* Deferred.succeed(open, undefined)
      yield* Fiber.join(first)
      yield* Effect.forEach(rest, Fiber.join)
      assert.strictEqual(answered.length, 51)
      assert.strictEqual(syncs, 3)
      assert.strictEqual((yield* journal.rows(deployment)).length, 52)
    }).pipe(Effect.scoped),
  )

  it.effect("bug: a place that cannot be written was called a damaged record", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      yield* Effect.promise(() => appendFile(join(directory, "file"), ""))
      const journal = yield* makeFileJournal(join(directory, "file"))
      const error = yield* Effect.flip(journal.append(started("r1", 1)))
      assert.strictEqual(error._tag, "StateUnavailable")
    }).pipe(Effect.scoped),
  )
})
