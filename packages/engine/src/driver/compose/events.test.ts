/** What the engine tells, as the contract has it; what is asked of the engine. */
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { EngineUnreachable, HostUnreachable } from "../../model/errors/union.ts"
import { events } from "./events.ts"

const asked: Array<unknown> = []
const api: Parameters<typeof events>[0] = {
  now: Effect.succeed(1_769_860_800_000),
  events: (filters, since) => {
    asked.push({ filters, since })
    return Stream.make(
      {
        Type: "container",
        Action: "health_status: unhealthy",
        Actor: {
          ID: "abc",
          Attributes: {
            name: "shop-web-1",
            "com.docker.compose.project": "shop",
            "com.docker.compose.service": "web",
          },
        },
        timeNano: 1_769_860_800_500_000_000,
      },
      { Type: "volume", Action: "create", Actor: { ID: "data", Attributes: {} }, timeNano: 0 },
    )
  },
}

it.effect("translates events, and filters and times for the engine", () =>
  Effect.gen(function* () {
    const filter = { type: ["container"], event: ["health_status"], project: "shop", since: "2026-01-31T12:00:00.5Z" }
    const told = yield* Stream.runCollect(events(api, filter))
    assert.deepStrictEqual(asked, [
      {
        filters: { type: ["container"], event: ["health_status"], label: ["com.docker.compose.project=shop"] },
        since: "1769860800.500000000",
      },
    ])
    assert.deepStrictEqual(told, [
      {
        type: "container",
        action: "health_status: unhealthy",
        id: "abc",
        name: "shop-web-1",
        project: "shop",
        service: "web",
        at: "2026-01-31T12:00:00.500000000Z",
        attributes: {
          "com.docker.compose.project": "shop",
          "com.docker.compose.service": "web",
          name: "shop-web-1",
        },
      },
      {
        type: "volume",
        action: "create",
        id: "data",
        name: "data",
        at: "1970-01-01T00:00:00.000000000Z",
        attributes: {},
      },
    ])
    const refused = yield* Effect.flip(Stream.runCollect(events(api, { since: "soon" })))
    assert.strictEqual(refused._tag, "Usage")
  }),
)

it.effect("goes on behind the last event when the connection broke, says so, and tells nothing twice", () =>
  Effect.gen(function* () {
    const places: Array<string | undefined> = []
    const event = (id: string, timeNano: number) => ({
      Type: "container",
      Action: "start",
      Actor: { ID: id, Attributes: {} },
      timeNano,
    })
    const gone = new HostUnreachable({ host: "box", reason: "closed", detail: "cut" })
    const first = event("a", 1_769_860_800_500_000_000)
    const breaking: Parameters<typeof events>[0] = {
      now: Effect.succeed(1_769_860_801_000),
      events: (_, since) => {
        places.push(since)
        return places.length === 1
          ? Stream.concat(Stream.make(first), Stream.fail(gone))
          : Stream.make(first, event("b", 1_769_860_800_600_000_000))
      },
    }
    const told = yield* Stream.runCollect(events(breaking, {}))
    assert.deepStrictEqual(
      told.map(({ type, action, id }) => [type, action, id].join(" ").trim()),
      ["container start a", "connection resumed", "container start b"],
    )
    assert.deepStrictEqual(places, [undefined, "1769860800.500000000"])
    // An engine that goes away is no connection that broke.
    const died = new EngineUnreachable({ endpoint: "e", reason: "closed", detail: "closed" })
    const error = yield* Effect.flip(
      Stream.runCollect(events({ now: breaking.now, events: () => Stream.fail(died) }, {})),
    )
    assert.strictEqual(error, died)
  }),
)
