/** A deployer whose clock is an hour off, on a real host: told by `targets.test`, deploys all the same, and takes no lock from anybody. */
import { defineStack, target, type Target, WindFlow } from "@windflow/sdk"
import { WindFlow as EffectWindFlow } from "@windflow/sdk/effect"
import { baseImages, type Host, startHost, until } from "@windflow/testcontainers"
import { Clock, Effect, type Scope } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"

let host: Host
let image = ""
const directory = mkdtempSync(path.join(tmpdir(), "windflow-clock-"))
beforeAll(async () => {
  ;[host, { busybox: image }] = await Promise.all([startHost({ docker: true }), baseImages(["busybox"])])
  await host.loadImage(image)
})
afterAll(async () => {
  await host?.remove()
  rmSync(directory, { recursive: true, force: true })
})

const hour = 3_600_000

/** Waits as long as the real one and tells another time. */
const off = (by: number, real: Clock.Clock): Clock.Clock => {
  const millis = () => real.currentTimeMillisUnsafe() + by
  const nanos = () => real.currentTimeNanosUnsafe() + BigInt(by) * 1_000_000n
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: real.monotonicTimeNanos,
    sleep: (duration) => real.sleep(duration),
  }
}

const box = (): Target => target(host.url(), { identity: host.privateKey, hostKey: host.hostKey })
const stack = (extra: object = {}) =>
  defineStack("clock", {
    services: { web: { image, init: true, stop_grace_period: "0s", command: ["sleep", "100000"], ...extra } },
  })

/** With a clock that is `by` milliseconds ahead. */
const atOff = <A, E>(by: number, work: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(
    Effect.flatMap(Clock.Clock, (real) => Effect.provideService(Effect.scoped(work), Clock.Clock, off(by, real))),
  )
const laptop = (by: number) => EffectWindFlow.open({ config: false, stateDirectory: path.join(directory, `off${by}`) })

it.each([hour, -hour])("%i ms: said, and the deployment converges", async (by) => {
  await atOff(
    by,
    Effect.gen(function* () {
      const flow = yield* laptop(by)
      const report = yield* flow.targets.test(box())
      expect(report.stages.find(({ stage }) => stage === "clock")).toMatchObject({
        status: "warning",
        finding: "clock-off",
        // Theirs against ours.
        detail: expect.stringMatching(by > 0 ? /^-3[56]\d\d s$/ : /^\+3[56]\d\d s$/),
      })
      yield* flow.up(stack(), { target: box(), until: "started" })
      const events: Array<string> = []
      yield* flow.up(stack(), { target: box(), until: "started", onEvent: ({ _tag }) => void events.push(_tag) })
      expect(events).not.toContain("OperationStarted")
      yield* flow.down({ project: "clock", target: box() })
    }),
  )
})

it("an hour ahead: the lock of a laptop that is at work is not taken for an old one", async () => {
  await using right = await WindFlow.open({ config: false, stateDirectory: path.join(directory, "right") })
  const stop = new AbortController()
  const health = { healthcheck: { test: ["CMD", "false"], interval: "60s", start_period: "60s" } }
  // Holds the lock while it waits for a health that never comes.
  const held = right.up(stack(health), { target: box(), signal: stop.signal }).catch((error: unknown) => error)
  await until("the container", async () => (await host.run("docker", "ps", "-q")).output.trim() !== "")
  const refused = await atOff(
    hour,
    Effect.gen(function* () {
      const flow = yield* laptop(hour)
      return yield* Effect.flip(flow.up(stack(), { target: box(), until: "started" }))
    }),
  )
  expect(refused._tag).toBe("Locked")
  stop.abort()
  await held
  await right.up(stack(), { target: box(), until: "started" })
})
