/** Fakes for tests of those who build on WindFlow: the same interface, engine and runs, on an engine in memory. */
import { memoryJournal } from "@windflow/engine/state"
import { makeDeployments } from "@windflow/engine/execute"
import type { EngineEvent, EngineEventFilter } from "@windflow/engine/driver"
import { Internal } from "@windflow/engine/model"
import { fakeDriver, makeFakeEngine } from "@windflow/engine/testing"
import { Context, Effect, Scope, Stream } from "effect"
import type { WindFlow } from "./contract.ts"
import { makeWindFlow } from "./makeWindFlow.ts"
import { promiseFace } from "./promise.ts"
import { memoryRegistry } from "./registry.ts"

export interface FakeOptions {
  /** Which operations fail, by id: `container:db:1/create`. */
  readonly fail?: (operation: string) => boolean
  /** What a service's healthcheck says; default `healthy`. */
  readonly health?: (service: string) => "starting" | "healthy" | "unhealthy"
  /** Images that no registry has: they cannot be pulled. Default: none. */
  readonly missing?: (image: string) => boolean
  /** What `targets.events` gives each time it is read; default: nothing, for ever. */
  readonly events?: (filter: EngineEventFilter) => AsyncIterable<EngineEvent>
}

export interface FakeWindFlow extends WindFlow {
  /** Calls that changed the fake engine, in order: `CreateContainer shop-web-1`. */
  readonly calls: ReadonlyArray<string>
}

/** Every target is the same engine in memory; nothing outlives the object and nothing is opened. */
export const fakeWindFlow = (options: FakeOptions = {}): FakeWindFlow => {
  const { fail, health, missing, events } = options
  const engine = makeFakeEngine(health === undefined ? {} : { health })
  const driver = fakeDriver(engine, {
    ...(fail === undefined ? {} : { fail: ({ id }) => fail(id) }),
    ...(missing === undefined ? {} : { missing }),
    ...(events === undefined
      ? {}
      : {
          events: (filter) =>
            Stream.fromAsyncIterable(events(filter), (cause) => new Internal({ detail: `events: ${String(cause)}` })),
        }),
  })
  const scope = Scope.makeUnsafe()
  const flow = Effect.runSync(
    Scope.provide(
      makeWindFlow({
        config: {},
        registry: memoryRegistry(),
        local: Effect.succeed({ name: "fake", type: "docker", driver: "fake", endpoints: ["fake://memory"] }),
        open: (target) =>
          Effect.sync(() => ({
            target,
            driver,
            deployments: makeDeployments({ driver, target, journal: memoryJournal(), owner }),
          })),
      }),
      scope,
    ),
  )
  return Object.assign(promiseFace(flow, Context.empty(), scope), { calls: engine.calls })
}

const owner = { name: "test@fake", bootId: "fake", pid: 1, started: "0" }
