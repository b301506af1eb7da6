/** Sources by themselves: what is listed, what a schedule gives, and that who is not read any more is told. */
import { assert, it } from "@effect/vitest"
import { Clock, Duration, Effect, Stream } from "effect"
import { defineStack } from "./defineStack.ts"
import { keysOf, type Source, source } from "./sources.ts"
import { fakeWindFlow } from "./testing.ts"

const read = <Key>(from: Source<Key>, count: number, flow = fakeWindFlow()) =>
  Stream.runCollect(Stream.take(from[keysOf](flow), count))

it.effect("lists the containers that are in the state its events lead to, before it reads events", () =>
  Effect.gen(function* () {
    const windflow = fakeWindFlow({
      health: (service) => (service === "db" ? "starting" : "healthy"),
      async *events() {
        yield { type: "container", action: "die", id: "1", name: "stray", at: "2026-01-31T12:00:00Z" }
      },
    })
    const services = {
      web: { image: "a", healthcheck: { test: "true" } },
      db: { image: "b", healthcheck: { test: "true" } },
    }
    yield* Effect.promise(() => windflow.up(defineStack("shop", { services }), { until: "started" }))
    const names = (event: readonly string[], count: number) =>
      Effect.map(read(source.docker("local", { event }), count, windflow), (keys) => keys.map(({ name }) => name))
    assert.deepStrictEqual((yield* names(["start"], 3)).toSorted(), ["db", "stray", "web"])
    assert.deepStrictEqual(yield* names(["health_status"], 2), ["web", "stray"])
    assert.deepStrictEqual(yield* names(["die"], 1), ["stray"])
    assert.deepStrictEqual(yield* names(["health_status: unhealthy", "exec_start"], 1), ["stray"])
    const networks = yield* read(source.docker("local", { type: "network" }), 1, windflow)
    assert.deepStrictEqual(
      networks.map(({ name }) => name),
      ["stray"],
    )
  }),
)

it.effect("gives each tick once, though timers are early", () => {
  let now = Date.parse("2026-01-31T12:00:30Z")
  const nanos = () => BigInt(now) * 1_000_000n
  const early: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: (duration) => Effect.sync(() => void (now += Duration.toMillis(duration) - 1)),
  }
  return Effect.gen(function* () {
    const ticks = yield* read(source.schedule("* * * * *", { timeZone: "UTC" }), 3)
    assert.deepStrictEqual(
      ticks.map(({ at }) => at),
      ["2026-01-31T12:01:00.000Z", "2026-01-31T12:02:00.000Z", "2026-01-31T12:03:00.000Z"],
    )
  }).pipe(Effect.provideService(Clock.Clock, early))
})

it.effect("tells a source that nobody reads on", () =>
  Effect.gen(function* () {
    let told: AbortSignal | undefined
    const endless = source.from(async function* ({ signal }) {
      told = signal
      yield 1
      await new Promise(() => {})
    })
    assert.deepStrictEqual(yield* read(endless, 1), [1])
    assert.isTrue(told?.aborted)
  }),
)
