/** Deployments on a fake engine, with everything that happened at hand: for the tests of runs. */
import { Deferred, Effect } from "effect"
import { type Driver, openDriver } from "../driver/Driver.ts"
import { defaultDownOptions, type Request } from "../driver/Request.ts"
import type { Event } from "../model/Event.ts"
import { memoryJournal } from "../state/memory.ts"
import {
  counted,
  type FakeDriverOptions,
  type FakeDesired,
  type FakeObserved,
  type FakeEngineOptions,
  fakeStack,
  makeFakeDriver,
  makeFakeEngine,
  up,
} from "../testing/index.ts"
import { makeDeployments } from "./makeDeployments.ts"

export const target = { name: "local", type: "docker", driver: "fake", endpoints: ["unix:///fake.sock"] } as const
export const shopOf = (version: string) =>
  fakeStack(
    "shop",
    {
      db: { healthcheck: true },
      api: { healthcheck: true, after: { db: "service_healthy" } },
      web: { image: `web:${version}`, after: { api: "service_healthy" } },
    },
    ["data"],
  )
export const shop = up(shopOf("1"))
export const down: Request = { _tag: "Down", project: "shop", options: defaultDownOptions }

export interface BedOptions extends FakeDriverOptions {
  readonly engine?: FakeEngineOptions
}

export const bed = (options: BedOptions = {}) => {
  const engine = makeFakeEngine(options.engine)
  const journal = memoryJournal()
  const { driver, calls } = counted(makeFakeDriver(engine, options))
  const events: Array<Event> = []
  let runs = 0
  const as = (name: string, over: Partial<Driver<FakeDesired, FakeObserved>> = {}) =>
    makeDeployments({
      driver: openDriver({ ...driver, ...over }),
      target,
      journal,
      owner: { name, bootId: "", pid: 1, started: "1" },
      newRun: Effect.sync(() => `run-${++runs}`),
    })
  return {
    engine,
    journal,
    calls,
    events,
    as,
    deployments: as("ann@laptop"),
    onEvent: (event: Event) => void events.push(event),
    tags: () => events.map(({ _tag }) => _tag),
    running: () => engine.containers().map(({ name, image, state }) => `${name} ${image} ${state}`),
    locks: engine.records.list({ "windflow.lock": "" }),
  }
}

export const wait = (tag: Event["_tag"], about?: string) => {
  const seen = Deferred.makeUnsafe<void>()
  const onEvent = (event: Event) => {
    if (event._tag === tag && (about === undefined || ("operation" in event && event.operation === about)))
      Deferred.doneUnsafe(seen, Effect.void)
  }
  return { onEvent, seen: Deferred.await(seen) }
}
