/** An engine in memory: containers, networks and volumes as simple resources, enough to deploy a stack on and to look at. */
import { Effect } from "effect"
import { EngineFailed, NameTaken, PreconditionFailed, type WindFlowError } from "../model/errors/union.ts"
import { memoryRecords } from "../state/memory.ts"
import type { RecordStore } from "../state/RecordStore.ts"

export interface FakeContainer {
  readonly id: string
  readonly name: string
  readonly project: string
  readonly service: string
  readonly number: number
  readonly image: string
  readonly hash: string
  /** Ends with code 0 as soon as it is started. */
  readonly oneShot: boolean
  readonly healthcheck: boolean
  readonly state: "created" | "running" | "exited"
  readonly health: "none" | "starting" | "healthy" | "unhealthy"
  readonly exitCode: number | undefined
}

export interface FakeThing {
  readonly name: string
  readonly project: string
}

export interface FakeEngineOptions {
  /** What a service's healthcheck says after its start; default `healthy`. `setHealth` changes it later. */
  readonly health?: (service: string) => "starting" | "healthy" | "unhealthy"
}

export interface FakeEngine {
  readonly containers: () => ReadonlyArray<FakeContainer>
  readonly networks: () => ReadonlyArray<FakeThing>
  readonly volumes: () => ReadonlyArray<FakeThing>
  /** Every call that changes something, in order: `CreateContainer shop-web-1`. */
  readonly calls: ReadonlyArray<string>
  /** Where locks and revisions lie. */
  readonly records: RecordStore
  readonly createContainer: (
    container: Pick<
      FakeContainer,
      "name" | "project" | "service" | "number" | "image" | "hash" | "oneShot" | "healthcheck"
    >,
  ) => Effect.Effect<FakeContainer, WindFlowError>
  readonly startContainer: (id: string) => Effect.Effect<void, WindFlowError>
  readonly stopContainer: (id: string) => Effect.Effect<void, WindFlowError>
  readonly restartContainer: (id: string) => Effect.Effect<void, WindFlowError>
  /** Whatever the signal: the process ends. */
  readonly killContainer: (id: string) => Effect.Effect<void, WindFlowError>
  readonly renameContainer: (id: string, name: string) => Effect.Effect<void, WindFlowError>
  readonly removeContainer: (id: string) => Effect.Effect<void, WindFlowError>
  readonly create: (kind: "network" | "volume", thing: FakeThing) => Effect.Effect<void, WindFlowError>
  readonly remove: (kind: "network" | "volume", name: string) => Effect.Effect<void, WindFlowError>
  readonly setHealth: (name: string, health: FakeContainer["health"]) => Effect.Effect<void>
  /** Somebody else's hand: the container disappears. */
  readonly vanish: (name: string) => Effect.Effect<void>
  /** Waits until a container with this id satisfies the test; `undefined` when it is gone. */
  readonly until: <A>(id: string, test: (container: FakeContainer | undefined) => A | undefined) => Effect.Effect<A>
}

export const makeFakeEngine = (options: FakeEngineOptions = {}): FakeEngine => {
  const containers = new Map<string, FakeContainer>()
  const things = { network: new Map<string, FakeThing>(), volume: new Map<string, FakeThing>() }
  const calls: Array<string> = []
  const listeners = new Set<() => void>()
  let ids = 0

  const changed = () => {
    listeners.forEach((listener) => listener())
  }
  const put = (container: FakeContainer) => {
    containers.set(container.id, container)
    changed()
  }
  const named = (name: string) => [...containers.values()].find((container) => container.name === name)
  const call = <A>(verb: string, subject: string, body: () => Effect.Effect<A, WindFlowError>) =>
    Effect.suspend(() => {
      calls.push(`${verb} ${subject}`)
      return body()
    })
  const onContainer = (verb: string, id: string, body: (container: FakeContainer) => void) =>
    call(verb, containers.get(id)?.name ?? id, () => {
      const container = containers.get(id)
      if (container === undefined)
        return Effect.fail(new PreconditionFailed({ operation: verb, resource: id, detail: "is gone" }))
      return Effect.sync(() => body(container))
    })
  const begin = (container: FakeContainer) => {
    if (container.oneShot) return put({ ...container, state: "exited", exitCode: 0 })
    const health = container.healthcheck ? (options.health?.(container.service) ?? "healthy") : "none"
    put({ ...container, state: "running", exitCode: undefined, health })
  }
  const taken = (kind: "container" | "network" | "volume", name: string, project: string) =>
    Effect.fail(new NameTaken({ kind, name, owner: project }))

  return {
    containers: () => [...containers.values()],
    networks: () => [...things.network.values()],
    volumes: () => [...things.volume.values()],
    calls,
    records: memoryRecords(),
    createContainer: (wanted) =>
      call("CreateContainer", wanted.name, () => {
        const other = named(wanted.name)
        if (other !== undefined) return taken("container", wanted.name, other.project)
        const container: FakeContainer = {
          ...wanted,
          id: `c${++ids}`,
          state: "created",
          health: "none",
          exitCode: undefined,
        }
        put(container)
        return Effect.succeed(container)
      }),
    startContainer: (id) =>
      onContainer("StartContainer", id, (container) => {
        if (container.state !== "running") begin(container)
      }),
    restartContainer: (id) => onContainer("RestartContainer", id, begin),
    killContainer: (id) =>
      onContainer("KillContainer", id, (container) =>
        put({ ...container, state: "exited", exitCode: 137, health: "none" }),
      ),
    stopContainer: (id) =>
      onContainer("StopContainer", id, (container) =>
        put({ ...container, state: "exited", exitCode: 0, health: "none" }),
      ),
    renameContainer: (id, name) =>
      Effect.suspend(() => {
        const other = named(name)
        return other !== undefined && other.id !== id
          ? taken("container", name, other.project)
          : onContainer("RenameContainer", id, (container) => put({ ...container, name }))
      }),
    removeContainer: (id) =>
      onContainer("RemoveContainer", id, () => {
        containers.delete(id)
        changed()
      }),
    create: (kind, thing) =>
      call(kind === "network" ? "CreateNetwork" : "CreateVolume", thing.name, () => {
        const other = things[kind].get(thing.name)
        if (other !== undefined) return taken(kind, thing.name, other.project)
        things[kind].set(thing.name, thing)
        return Effect.void
      }),
    remove: (kind, name) =>
      call(kind === "network" ? "RemoveNetwork" : "RemoveVolume", name, () =>
        things[kind].delete(name)
          ? Effect.void
          : Effect.fail(new EngineFailed({ call: `remove ${kind} ${name}`, status: 404, detail: "no such " + kind })),
      ),
    setHealth: (name, health) =>
      Effect.sync(() => {
        const container = named(name)
        if (container !== undefined) put({ ...container, health })
      }),
    vanish: (name) =>
      Effect.sync(() => {
        const container = named(name)
        if (container === undefined) return
        containers.delete(container.id)
        changed()
      }),
    until: (id, test) =>
      Effect.callback((resume) => {
        const look = () => {
          const result = test(containers.get(id))
          if (result === undefined) return
          listeners.delete(look)
          resume(Effect.succeed(result))
        }
        listeners.add(look)
        look()
        return Effect.sync(() => void listeners.delete(look))
      }),
  }
}
