/** The Promise face over the fake engine: what resolves, what rejects with what, events, cancelling. */
import type { Event } from "@windflow/engine/model"
import { describe, expect, it } from "vitest"
import { defineStack } from "./defineStack.ts"
import { isError } from "./isError.ts"
import { parsePlan, type Plan } from "./plan.ts"
import { fakeWindFlow } from "./testing.ts"

const shop = (webImage = "shop/web:1") =>
  defineStack("shop", {
    services: { web: { image: webImage, depends_on: ["db"] }, db: { image: "postgres:16" } },
  })

/** The error a promise rejects with; fails when it resolves. */
const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("was not rejected")
}

describe("up", () => {
  it("resolves with the revision, and the second time changes nothing", async () => {
    await using flow = fakeWindFlow()
    const first = await flow.up(shop())
    expect(first).toMatchObject({ deployment: "shop@fake", number: 1, status: "succeeded" })
    const calls = flow.calls.length
    expect(calls).toBeGreaterThan(0)
    expect(await flow.up(shop())).toMatchObject({ number: 1 })
    expect(flow.calls).toHaveLength(calls)
  })

  it("rejects with the typed error, which carries the revision of the failed attempt", async () => {
    await using flow = fakeWindFlow({ fail: (operation) => operation.includes("db") })
    const error = await failure(flow.up(shop()))
    expect(isError(error)).toBe(true)
    if (!isError(error)) return
    expect(error.revision).toMatchObject({ number: 1, status: "failed" })
    expect(Object.keys(error)).not.toContain("revision")
    expect(flow.calls.filter((call) => call.includes("web"))).toEqual([])
  })

  it("rejects a definition that types cannot refuse, without a place but with its path", async () => {
    await using flow = fakeWindFlow()
    const error = await failure(flow.up(defineStack("shop", { services: { web: { image: "a", ports: ["no port"] } } })))
    expect(isError(error, "ComposeInvalid")).toBe(true)
    if (!isError(error, "ComposeInvalid")) return
    expect(error.diagnostics[0].place).toBeUndefined()
    expect(error.diagnostics[0].path).toContain("services.web.ports")
    expect(flow.calls).toEqual([])
  })
})

describe("events", () => {
  it("reach onEvent in order, numbered from one", async () => {
    await using flow = fakeWindFlow()
    const seen: Array<Event> = []
    await flow.up(shop(), { onEvent: (event) => seen.push(event) })
    expect(seen[0]?._tag).toBe("RunStarted")
    expect(seen.at(-1)?._tag).toBe("RunEnded")
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1))
  })

  it("can be read again behind a number, over several runs, and by run", async () => {
    await using flow = fakeWindFlow()
    await flow.up(shop())
    const second: Array<Event> = []
    await flow.up(shop("shop/web:2"), { onEvent: (event) => second.push(event) })
    const started = second.find((event) => event._tag === "RunStarted")!
    const replayed: Array<Event> = []
    for await (const event of flow.events({ run: started.run })) replayed.push(event)
    expect(replayed).toEqual(second)
    const rest: Array<Event> = []
    for await (const event of flow.events({ run: started.run, after: second[2]!.seq })) rest.push(event)
    expect(rest).toEqual(second.slice(3))
  })

  it("go on until the reader detaches, which cancels nothing", async () => {
    await using flow = fakeWindFlow()
    const detach = new AbortController()
    const live: Array<string> = []
    const reading = (async () => {
      for await (const event of flow.events({ ref: "shop", signal: detach.signal })) {
        live.push(event._tag)
        if (event._tag === "RunEnded") detach.abort()
      }
    })()
    expect(await flow.up(shop())).toMatchObject({ status: "succeeded" })
    await reading
    expect(live).toContain("OperationSucceeded")
  })
})

describe("aborting", () => {
  it("before the start rejects with Cancelled and does nothing", async () => {
    await using flow = fakeWindFlow()
    const error = await failure(flow.up(shop(), { signal: AbortSignal.abort() }))
    expect(isError(error, "Cancelled")).toBe(true)
    expect(flow.calls).toEqual([])
  })

  it("in the middle stops between operations, and the next up converges", async () => {
    await using flow = fakeWindFlow()
    const stop = new AbortController()
    const error = await failure(
      flow.up(shop(), {
        signal: stop.signal,
        concurrency: 1,
        onEvent: (event) => event._tag === "OperationSucceeded" && stop.abort(),
      }),
    )
    expect(isError(error, "Cancelled")).toBe(true)
    if (!isError(error, "Cancelled")) return
    expect(error.done).toBeGreaterThan(0)
    expect(error.done).toBeLessThan(error.total)
    expect(await flow.up(shop())).toMatchObject({ status: "succeeded" })
    expect((await flow.ps("shop")).map(({ name }) => name).toSorted()).toEqual(["shop-db-1", "shop-web-1"])
  })
})

describe("plan and apply", () => {
  it("is plain data that reads like prose, survives JSON, and can be applied", async () => {
    await using flow = fakeWindFlow()
    const plan = await flow.plan(shop(), { prepare: true })
    // oxlint-disable-next-line typescript/restrict-template-expressions -- that a plan reads like prose is the point
    expect(`${plan}`).toContain("shop@fake")
    expect(flow.calls).toEqual([])
    const copy = parsePlan(JSON.stringify(plan))
    expect(copy).toEqual(plan)
    expect(await flow.apply(copy)).toMatchObject({ status: "succeeded", number: 1 })
    expect((await flow.plan(shop())).changes).toBe(0)
  })

  it("refuses a plan that the target has outrun, unless told to plan again", async () => {
    await using flow = fakeWindFlow()
    const plan = await flow.plan(shop(), { prepare: true })
    await flow.up(shop("shop/web:2"))
    expect(isError(await failure(flow.apply(plan)), "PlanStale")).toBe(true)
    expect(await flow.apply(plan, { onStale: "replan" })).toMatchObject({ status: "succeeded" })
  })

  it("refuses what is no plan", async () => {
    await using flow = fakeWindFlow()
    expect(() => parsePlan("{}")).toThrow("The plan cannot be read")
    expect(() => parsePlan("nonsense")).toThrow("it is not JSON")
    const forged: Plan = Object.assign({}, await flow.plan(shop()), { surprise: 1 })
    expect(isError(await failure(flow.apply(forged)), "StateCorrupt")).toBe(true)
  })
})

describe("down, rollback, history", () => {
  it("remove, go back and tell", async () => {
    await using flow = fakeWindFlow()
    await flow.up(shop())
    await flow.up(shop("shop/web:2"))
    expect(await flow.rollback("shop@fake")).toMatchObject({ number: 3 })
    expect((await flow.ps("shop")).find(({ service }) => service === "web")?.image).toBe("shop/web:1")
    await flow.down("shop")
    expect(await flow.ps("shop")).toEqual([])
    expect((await flow.history("shop")).map(({ number }) => number)).toEqual([4, 3, 2, 1])
  })

  it("refuse what is not built, by a typed error", async () => {
    await using flow = fakeWindFlow()
    expect(isError(await failure(flow.promote("shop", { to: "production" })), "Unsupported")).toBe(true)
    expect(isError(await failure(flow.adopt("shop")), "Unsupported")).toBe(true)
  })
})

describe("exec", () => {
  it("ends with the process, even when its input never does", async () => {
    await using flow = fakeWindFlow()
    await flow.up(shop())
    // As a terminal: a read is pending for ever, and closing the iterator waits for it.
    const silent = (async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array()
      await new Promise(() => {})
    })()
    const result = await flow.exec("shop", "web", ["true"], { input: silent })
    expect(result).toMatchObject({ exitCode: 0 })
  })
})

describe("isError", () => {
  it("goes by the tag: an error of another copy of the package counts", () => {
    const other: unknown = { _tag: "Locked", remedy: "wait", owner: "ada" }
    expect(isError(other, "Locked")).toBe(true)
    expect(isError(other, "Cancelled")).toBe(false)
    expect(isError({ _tag: "Strange", remedy: "" })).toBe(false)
    expect(isError(new Error("x"))).toBe(false)
    expect(isError(undefined)).toBe(false)
  })
})

describe("the verbs of Compose", () => {
  it("stop, start, restart, kill and remove without a revision of their own", async () => {
    await using flow = fakeWindFlow()
    await flow.up(shop())
    const before = flow.calls.length
    expect(await flow.stop("shop", { services: ["web"] })).toMatchObject({ number: 1, summary: "1 stopped" })
    expect(await flow.start("shop")).toMatchObject({ summary: "1 started" })
    expect(await flow.restart("shop", { services: ["db"] })).toMatchObject({ summary: "1 restarted" })
    expect(await flow.kill("shop", { signalName: "SIGTERM" })).toMatchObject({ summary: "2 signalled" })
    expect(await flow.rm("shop")).toMatchObject({ summary: "2 removed" })
    expect(flow.calls.slice(before)).toEqual([
      "StopContainer shop-web-1",
      "StartContainer shop-web-1",
      "RestartContainer shop-db-1",
      "KillContainer shop-db-1",
      "KillContainer shop-web-1",
      "RemoveContainer shop-db-1",
      "RemoveContainer shop-web-1",
    ])
    expect(await flow.history("shop")).toHaveLength(1)
  })

  it("run a command beside the deployment, after what its service depends on", async () => {
    await using flow = fakeWindFlow()
    const started: Array<string> = []
    const result = await flow.runOnce(shop(), "web", ["true"], {
      name: "once",
      onStarted: ({ name }) => void started.push(name),
    })
    expect(result).toMatchObject({ name: "once", exitCode: 0 })
    expect(started).toEqual(["once"])
    expect((await flow.ps("shop")).map(({ service }) => service)).toEqual(["db"])
    const error = await failure(flow.runOnce(shop(), "wbe"))
    expect(isError(error)).toBe(true)
  })

  it("tell images, processes and ports, and forget", async () => {
    await using flow = fakeWindFlow()
    await flow.up(shop())
    expect((await flow.images("shop")).map(({ container, repository, tag }) => [container, repository, tag])).toEqual([
      ["shop-db-1", "postgres", "16"],
      ["shop-web-1", "shop/web", "1"],
    ])
    expect((await flow.top("shop")).map(({ container }) => container)).toEqual(["shop-db-1", "shop-web-1"])
    const error = await failure(flow.port("shop", "web", 80))
    expect(isError(error, "NotDeployed")).toBe(true)
    await flow.forget("shop")
    expect(await flow.history("shop")).toEqual([])
    expect(await flow.ps("shop")).toHaveLength(2)
  })
})
