/** Operators over the fake engine: what starts a reconcile, what its answers do, and how it ends. */
import type { EngineEvent } from "@windflow/engine/driver"
import { Effect } from "effect"
import { describe, expect, it, vi } from "vitest"
import { defineStack } from "./defineStack.ts"
import { isError } from "./isError.ts"
import {
  type Controller,
  defineController,
  operate,
  type OperatorLogEntry,
  runOperator,
  source,
  TerminalError,
} from "./operator.ts"
import { fakeWindFlow } from "./testing.ts"

const event = (name: string): EngineEvent => ({
  type: "container",
  action: "die",
  id: `id of ${name}`,
  name,
  at: "2026-01-31T12:00:00.000000001Z",
})

/** Completes when `signal` is aborted. */
const until = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })

/** Yields these keys, then waits until nobody reads on. */
const once = <Key>(...keys: readonly Key[]) =>
  source.from(async function* ({ signal }) {
    yield* keys
    await until(signal)
  })

const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("was not rejected")
}

const idle: Controller = defineController({ name: "idle", for: once(), reconcile: () => {} })

describe("an operator", () => {
  it("starts with what is there and goes on with events; keys of owned and watched things come to the same queue", async () => {
    const asked: Array<unknown> = []
    await using windflow = fakeWindFlow({
      async *events(filter) {
        asked.push(filter)
        yield event("stray")
        await new Promise(() => {})
      },
    })
    await windflow.up(defineStack("shop", { services: { web: { image: "a" }, db: { image: "b" } } }))
    const stop = new AbortController()
    const seen = new Set<string>()
    await runOperator({
      windflow,
      signal: stop.signal,
      controllers: [
        defineController({
          name: "all",
          for: source.docker("local", { event: ["start", "die"] }),
          owns: [once({ id: "1", name: "owned" })],
          watches: [{ source: once(7), map: (number) => [{ id: String(number), name: "watched" }] }],
          reconcile: ({ name, project }) => {
            seen.add(`${project ?? "-"}/${name}`)
            if (seen.size === 5) stop.abort()
          },
        }),
      ],
    })
    expect([...seen].toSorted()).toEqual(["-/owned", "-/stray", "-/watched", "shop/db", "shop/web"])
    expect(asked).toEqual([{ type: ["container"], event: ["start", "die"], since: expect.stringMatching(/Z$/) }])
  })

  it("lists again after each break of a source, and reads on behind the last event", async () => {
    const since: Array<string | undefined> = []
    const stop = new AbortController()
    await using windflow = fakeWindFlow({
      async *events(filter) {
        since.push(filter.since)
        if (since.length === 1) {
          yield event("stray")
          throw new Error("connection lost")
        }
        stop.abort()
        await new Promise(() => {})
      },
    })
    await windflow.up(defineStack("shop", { services: { web: { image: "a" } } }))
    const seen: Array<string> = []
    const entries: Array<OperatorLogEntry> = []
    await runOperator({
      windflow,
      signal: stop.signal,
      onLog: (entry) => entries.push(entry),
      controllers: [
        defineController({ name: "again", for: source.docker("local"), reconcile: ({ name }) => void seen.push(name) }),
      ],
    })
    expect(seen).toEqual(["web", "stray", "web"])
    expect(since[1]).toBe(event("stray").at)
    expect(entries.find(({ message }) => message.startsWith("source failed"))).toMatchObject({
      level: "Warn",
      annotations: { controller: "again" },
      cause: expect.stringContaining("connection lost"),
    })
  })

  it("tries again what fails, not what fails for good, and prints nothing", async () => {
    const printed = [vi.spyOn(console, "log"), vi.spyOn(console, "error"), vi.spyOn(process.stdout, "write")]
    await using windflow = fakeWindFlow()
    const stop = new AbortController()
    const attempts: Array<string> = []
    await runOperator({
      windflow,
      signal: stop.signal,
      controllers: [
        defineController({
          name: "failing",
          for: once("good", "bad", "again"),
          reconcile: (key, { attempt, log }) => {
            attempts.push(`${key} ${attempt}`)
            log.info("said")
            if (key === "bad") throw new TerminalError("never")
            if (key === "again" && attempt === 1) return { requeueAfter: "1ms" }
            if (key === "good" && attempt < 4) throw new Error("not yet")
            if (attempts.includes("good 4") && attempts.includes("again 2")) stop.abort()
          },
        }),
      ],
    })
    expect(printed.map(({ mock }) => mock.calls)).toEqual([[], [], []])
    for (const spy of printed) spy.mockRestore()
    expect(attempts.toSorted()).toEqual(["again 1", "again 2", "bad 1", "good 1", "good 2", "good 3", "good 4"])
  })

  it("lets work under way finish after the stop, and its log reaches onLog with its key", async () => {
    await using windflow = fakeWindFlow()
    const stop = new AbortController()
    const entries: Array<OperatorLogEntry> = []
    let end = ""
    await runOperator({
      windflow,
      signal: stop.signal,
      onLog: (entry) => entries.push(entry),
      controllers: [
        defineController({
          name: "slow",
          for: once("a"),
          async reconcile(_key, { log, signal }) {
            stop.abort()
            await new Promise((resolve) => setImmediate(resolve))
            end = `finished, ${signal.aborted ? "aborted" : "not aborted"}`
            log.info("finished")
          },
        }),
      ],
    })
    expect(end).toBe("finished, not aborted")
    expect(entries.find(({ message }) => message === "finished")).toMatchObject({
      level: "Info",
      annotations: { controller: "slow", key: '"a"', attempt: 1 },
    })
  })

  it("aborts what still runs when the time to drain is over", async () => {
    await using windflow = fakeWindFlow()
    const stop = new AbortController()
    let told: AbortSignal | undefined
    await runOperator({
      windflow,
      signal: stop.signal,
      drain: "1ms",
      controllers: [
        defineController({
          name: "stuck",
          for: once("a"),
          async reconcile(_key, { signal }) {
            told = signal
            stop.abort()
            await until(signal)
          },
        }),
      ],
    })
    expect(told?.aborted).toBe(true)
  })

  it("ticks: every key is the next moment of the schedule", async () => {
    await using windflow = fakeWindFlow()
    const stop = new AbortController()
    const ticks: Array<string> = []
    await runOperator({
      windflow,
      signal: stop.signal,
      controllers: [
        defineController({
          name: "tick",
          for: source.schedule("* * * * * *", { timeZone: "UTC" }),
          reconcile: ({ at }) => {
            if (ticks.push(at) === 2) stop.abort()
          },
        }),
      ],
    })
    const [first, second] = ticks.map((at) => Date.parse(at))
    expect(first! % 1000).toBe(0)
    expect(second! - first!).toBeGreaterThanOrEqual(1000)
  })
})

describe("what makes no sense is refused with a typed error", () => {
  it("leader election, which is not built", async () => {
    const error = await failure(runOperator({ controllers: [idle], leaderElection: true }))
    expect(isError(error, "Unsupported")).toBe(true)
    expect(String(error)).toContain("leaderElection")
  })

  it("no controllers, two of a name, a drain that is no duration", async () => {
    for (const options of [{ controllers: [] }, { controllers: [idle, idle] }, { controllers: [idle], drain: "soon" }])
      expect(isError(await failure(runOperator(options)), "Usage")).toBe(true)
  })

  it("a cron expression and a concurrency, where they are written", () => {
    const usage = (make: () => unknown) => {
      try {
        make()
      } catch (error) {
        return isError(error, "Usage")
      }
    }
    expect(usage(() => source.schedule("whenever"))).toBe(true)
    expect(usage(() => defineController({ name: "a", for: once("a"), concurrency: 0, reconcile: () => {} }))).toBe(true)
    expect(usage(() => defineController({ name: "", for: once("a"), reconcile: () => {} }))).toBe(true)
  })
})

it("is an Effect too, which ends by its signal", async () => {
  await using windflow = fakeWindFlow()
  const operator = operate({ windflow, signal: AbortSignal.abort(), controllers: [idle] })
  expect(await Effect.runPromise(operator)).toBeUndefined()
})

it("opens WindFlow by itself when none is given", async () => {
  const stop = new AbortController()
  let targets: readonly string[] | undefined
  const looking = defineController({
    name: "looking",
    for: once("a"),
    async reconcile(_key, { windflow }) {
      targets = (await windflow.targets.list()).map(({ name }) => name)
      stop.abort()
    },
  })
  await runOperator({ controllers: [looking], signal: stop.signal })
  expect(targets).toContain("local")
})
