import { readdir, readFile, utimes, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { freshPlace, openAt, runChild, secretText } from "./keyring.fixture.ts"
import { lockFile } from "./FileLock.ts"
import { isGone, thisClaimant } from "./claimant.ts"

const child = (argv: ReadonlyArray<string>, killBefore?: string) => Effect.promise(() => runChild(argv, killBefore))
/** Each child loads the engine, which is slow on a busy machine. */
const patience = 180_000
const names = (directory: string) => Effect.promise(() => readdir(directory))

it.live(
  "loses no write of several processes and fibers that write at once",
  () =>
    Effect.gen(function* () {
      const { directory, keyring } = yield* freshPlace
      const here = Effect.forEach([0, 1, 2, 3, 4, 5], (n) => keyring.set(`here-${n}`, Redacted.make("x")), {
        concurrency: "unbounded",
      })
      const writers = ["one", "two", "three"].map((prefix) => child(["many", directory, prefix, "6"]))
      const [ended] = yield* Effect.all([Effect.all(writers, { concurrency: "unbounded" }), here], { concurrency: 2 })
      for (const { code, output } of ended) assert.strictEqual(code, 0, output)
      assert.lengthOf(yield* keyring.list, 24)
      assert.strictEqual(yield* secretText(keyring, "two-5"), "value 5")
      assert.deepStrictEqual((yield* names(directory)).sort(), ["keyring.json", "keyring.key"])
    }).pipe(Effect.scoped),
  patience,
)

// Each point of a write: `rename` 1 puts the lock claim in place, later ones the files; `open` comes before each write and fsync.
const points = ["rename:1", "open:1", "open:2", "open:3", "rename:2", "rename:3", "open:4", "rm:1", "rm:2"]

it.live(
  "keeps the old value or has the new one, whole, when a writer is killed",
  () =>
    Effect.gen(function* () {
      const outcomes = new Set<string>()
      for (const point of points) {
        const { directory, keyring } = yield* freshPlace
        yield* keyring.set("db", Redacted.make("old"))
        const ended = yield* child(["set", directory, "db", "new"], point)
        const value = yield* secretText(keyring, "db")
        outcomes.add(ended.signal === "SIGKILL" ? `killed, ${value}` : value)
        assert.include(["old", "new"], value, point)
        // The dead writer's lock and temporary files stand in nobody's way and go.
        yield* keyring.set("db", Redacted.make("after"))
        assert.strictEqual(yield* secretText(openAt(directory).keyring, "db"), "after", point)
        const left = (yield* names(directory)).filter((name) => !name.endsWith(".incomplete"))
        assert.deepStrictEqual(left.sort(), ["keyring.json", "keyring.key"], point)
      }
      // Both sides of the moment at which a write counts were hit.
      assert.isTrue(outcomes.has("killed, old") && outcomes.has("killed, new"), [...outcomes].join())
    }).pipe(Effect.scoped),
  patience,
)

it.live(
  "opens after a key change was killed at any of its writes, and the change can be made again",
  () =>
    Effect.gen(function* () {
      const keysLeft = new Set<number>()
      for (const point of ["rename:2", "rename:3", "rename:4"]) {
        const { directory, keyring, keyFile } = yield* freshPlace
        yield* keyring.set("db", Redacted.make("value"))
        const version = yield* keyring.version("db")
        const ended = yield* child(["rewrap", directory], point)
        assert.strictEqual(ended.signal, "SIGKILL", ended.output)
        const lines = (text: string) => text.trim().split("\n").length
        keysLeft.add(lines(yield* Effect.promise(() => readFile(keyFile, "utf8"))))
        assert.strictEqual(yield* secretText(keyring, "db"), "value", point)
        yield* keyring.rewrap()
        assert.strictEqual(lines(yield* Effect.promise(() => readFile(keyFile, "utf8"))), 1, point)
        assert.strictEqual(yield* secretText(keyring, "db"), "value", point)
        assert.strictEqual(yield* keyring.version("db"), version, point)
      }
      assert.deepStrictEqual(keysLeft, new Set([1, 2]))
    }).pipe(Effect.scoped),
  patience,
)

it.live(
  "waits for no claim of a process that is gone, and names a holder it cannot judge",
  () =>
    Effect.gen(function* () {
      const { path } = yield* freshPlace
      const here = thisClaimant()
      assert.isFalse(isGone(here, here))
      assert.isTrue(isGone({ ...here, started: "1" }, here))
      assert.isTrue(isGone({ ...here, bootId: "another boot/ns" }, here))
      assert.isFalse(isGone({ ...here, host: "elsewhere", started: "1" }, here))
      assert.isFalse(isGone({ ...here, bootId: `${here.bootId.split("/")[0]}/a container`, started: "1" }, here))
      const elsewhere = { ...here, bootId: "", started: "" }
      const table = (started: string | undefined) => ({ bootId: () => "", started: () => started })
      assert.isTrue(isGone(elsewhere, elsewhere, table(undefined)))
      assert.isFalse(isGone(elsewhere, elsewhere, table("5")))
      const put = (suffix: string, content: unknown) =>
        Effect.promise(() => writeFile(`${path}.lock-${suffix}`, JSON.stringify(content)))
      yield* put("dead", { ...here, started: "1" })
      yield* Effect.scoped(lockFile(path))
      yield* put("old.incomplete", {})
      yield* put("new.incomplete", {})
      yield* Effect.promise(() => utimes(`${path}.lock-old.incomplete`, 0, 0))
      yield* Effect.scoped(lockFile(path))
      assert.deepStrictEqual(yield* names(dirname(path)), ["keyring.json.lock-new.incomplete"])
      yield* put("foreign", { ...here, host: "elsewhere" })
      const error = yield* Effect.flip(Effect.scoped(lockFile(path, "50 millis")))
      assert.strictEqual(error.reason, "locked")
      assert.include(error.message, "elsewhere")
      assert.include(error.message, `${path}.lock-foreign`)
    }).pipe(Effect.scoped),
  patience,
)

it.live(
  "lets one holder in at a time",
  () =>
    Effect.gen(function* () {
      const { path } = yield* freshPlace
      let inside = 0
      let most = 0
      const visit = Effect.gen(function* () {
        yield* lockFile(path)
        inside += 1
        most = Math.max(most, inside)
        yield* Effect.promise(() => readdir(dirname(path)))
        inside -= 1
      }).pipe(Effect.scoped)
      yield* Effect.all(
        Array.from({ length: 20 }, () => visit),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(most, 1)
    }).pipe(Effect.scoped),
  patience,
)
