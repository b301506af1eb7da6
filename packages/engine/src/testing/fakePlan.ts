/** The planner of the fake driver: pure, with the shapes a real one has (create, start, replace, remove, gates between). */
import { Schema } from "effect"
import type { GroupKind, Operation, PlanDraft } from "../plan/index.ts"
import { LifecycleRequest } from "../driver/Request.ts"
import { fakeLifecycle } from "./fakeLifecycle.ts"
import type { FakeContainer, FakeThing } from "./FakeEngine.ts"

export const FakeService = Schema.Struct({
  name: Schema.String,
  image: Schema.String,
  hash: Schema.String,
  replicas: Schema.Int,
  healthcheck: Schema.Boolean,
  /** Another service waits for its completion. */
  oneShot: Schema.Boolean,
  after: Schema.Array(
    Schema.Struct({ service: Schema.String, gate: Schema.Literals(["started", "healthy", "completed"]) }),
  ),
})
export type FakeService = typeof FakeService.Type

export const FakeDesired = Schema.Struct({
  project: Schema.String,
  /** Everything goes; with `volumes` these too. */
  down: Schema.Boolean,
  /** Containers that are there are acted on; nothing else of this counts. */
  lifecycle: Schema.optionalKey(LifecycleRequest),
  removeOrphans: Schema.Boolean,
  /** Names of services that are no orphans although they are not deployed. */
  disabled: Schema.Array(Schema.String),
  networks: Schema.Array(Schema.String),
  volumes: Schema.Array(Schema.String),
  removeVolumes: Schema.Boolean,
  untilHealthy: Schema.Boolean,
  recreate: Schema.Literals(["diverged", "force", "never"]),
  /** Each stands after those it depends on. */
  services: Schema.Array(FakeService),
})
export type FakeDesired = typeof FakeDesired.Type

export interface FakeObserved {
  readonly containers: ReadonlyArray<FakeContainer>
  readonly networks: ReadonlyArray<FakeThing>
  readonly volumes: ReadonlyArray<FakeThing>
}

export const containerName = (project: string, service: string, number: number) => `${project}-${service}-${number}`
/** A replacement under construction. */
export const temporary = (name: string) => `${name}.next`
const isTemporary = (container: FakeContainer) => container.name.endsWith(".next")

/** Collects groups and operations while a plan is made. */
class Draft {
  readonly groups: Array<PlanDraft["groups"][number]> = []
  readonly operations: Array<Operation> = []

  /** A group and its operations, each after the one before it; returns the id of the last. */
  add(
    kind: GroupKind,
    resource: string,
    cause: string,
    steps: ReadonlyArray<
      Pick<Operation, "verb" | "args" | "recovery"> & Partial<Pick<Operation, "needs" | "inputs" | "precondition">>
    >,
  ): string {
    const group = `${kind}:${resource}`
    this.groups.push({ id: group, kind, resource, cause, fields: [] })
    let last = ""
    for (const step of steps) {
      const id = `${resource}/${step.verb}`
      const needs = [...new Set([...(step.needs ?? []), ...(last === "" ? [] : [last])])]
      this.operations.push({ id, resource, group, cause, ...step, needs })
      last = id
    }
    return last
  }
}

const stop = (container: FakeContainer, needs: ReadonlyArray<string> = []) =>
  ({
    verb: "StopContainer",
    recovery: "idempotent",
    args: { id: container.id },
    precondition: { id: container.id },
    needs,
  }) as const
const remove = (container: FakeContainer, needs: ReadonlyArray<string> = []) =>
  ({
    verb: "RemoveContainer",
    recovery: "observe",
    args: { id: container.id },
    precondition: { id: container.id },
    needs,
  }) as const

const takeDown = (desired: FakeDesired, observed: FakeObserved, draft: Draft) => {
  const removed = observed.containers.map((container) =>
    draft.add("delete", `container:${container.name}`, "down", [stop(container), remove(container)]),
  )
  for (const { name } of observed.networks)
    draft.add("delete", `network:${name}`, "down", [
      { verb: "RemoveNetwork", recovery: "observe", args: { name }, needs: removed },
    ])
  if (desired.removeVolumes)
    for (const { name } of observed.volumes)
      draft.add("delete", `volume:${name}`, "down", [
        { verb: "RemoveVolume", recovery: "observe", args: { name }, needs: removed },
      ])
}

interface Progress {
  /** service → what brings its containers up in this plan; absent: nothing to do. */
  readonly started: Map<string, Array<string>>
  readonly waits: Map<string, string>
}

const isReady = (service: FakeService, containers: ReadonlyArray<FakeContainer>) =>
  containers.every((container) =>
    service.oneShot ? container.exitCode === 0 : !service.healthcheck || container.health === "healthy",
  )

const bringUp = (desired: FakeDesired, observed: FakeObserved, draft: Draft): ReadonlyArray<string> => {
  const { project } = desired
  const ground = (["network", "volume"] as const).flatMap((kind) => {
    const there = new Set((kind === "network" ? observed.networks : observed.volumes).map(({ name }) => name))
    return (kind === "network" ? desired.networks : desired.volumes)
      .filter((name) => !there.has(name))
      .map((name) =>
        draft.add("create", `${kind}:${name}`, "missing", [
          { verb: kind === "network" ? "CreateNetwork" : "CreateVolume", recovery: "observe", args: { name, project } },
        ]),
      )
  })
  const leftovers = new Map(
    observed.containers
      .filter(isTemporary)
      .map((container) => [
        container.name,
        draft.add("delete", `container:${container.name}`, "left over from an interrupted replacement", [
          remove(container),
        ]),
      ]),
  )
  const progress: Progress = { started: new Map(), waits: new Map() }
  const byName = new Map(desired.services.map((service) => [service.name, service]))
  const of = (service: string) => observed.containers.filter((c) => c.service === service && !isTemporary(c))

  const waitFor = (service: FakeService): ReadonlyArray<string> => {
    const known = progress.waits.get(service.name)
    if (known !== undefined) return [known]
    const starts = progress.started.get(service.name) ?? []
    if (starts.length === 0 && isReady(service, of(service.name))) return []
    const id = draft.add("wait", `service:${service.name}`, service.oneShot ? "until completed" : "until healthy", [
      {
        verb: "WaitReady",
        recovery: "idempotent",
        args: {
          names: Array.from({ length: service.replicas }, (_, i) => containerName(project, service.name, i + 1)),
          gate: service.oneShot ? "completed" : "healthy",
          service: service.name,
        },
        needs: starts,
      },
    ])
    progress.waits.set(service.name, id)
    return [id]
  }

  for (const service of desired.services) {
    const gates = service.after.flatMap(({ service: name, gate }) => {
      const dependency = byName.get(name)
      if (dependency === undefined) return []
      return gate === "started" ? (progress.started.get(name) ?? []) : waitFor(dependency)
    })
    const starts: Array<string> = []
    for (let number = 1; number <= service.replicas; number++) {
      const name = containerName(project, service.name, number)
      const resource = `container:${service.name}:${number}`
      const there = of(service.name).find((container) => container.number === number)
      const leftover = leftovers.get(temporary(name))
      const before = [...ground, ...(leftover === undefined ? [] : [leftover])]
      const create = (as: string) =>
        ({
          verb: "CreateContainer",
          recovery: "observe",
          needs: before,
          args: {
            name: as,
            project,
            service: service.name,
            number,
            image: service.image,
            hash: service.hash,
            oneShot: service.oneShot,
            healthcheck: service.healthcheck,
          },
        }) as const
      const created = { id: { operation: `${resource}/CreateContainer`, output: "id" } }
      const startNew = { verb: "StartContainer", recovery: "idempotent", args: {}, inputs: created } as const
      const createdNeed = [`${resource}/CreateContainer`]
      if (there === undefined)
        starts.push(draft.add("create", resource, "missing", [create(name), { ...startNew, needs: gates }]))
      else if (desired.recreate === "force" || (desired.recreate === "diverged" && there.hash !== service.hash))
        starts.push(
          draft.add("replace", resource, there.hash === service.hash ? "asked for" : "configuration changed", [
            create(temporary(name)),
            stop(there, gates),
            remove(there),
            { verb: "RenameContainer", recovery: "observe", args: { name }, inputs: created, needs: createdNeed },
            { ...startNew, needs: [...gates, ...createdNeed] },
          ]),
        )
      else if (there.state !== "running" && !(service.oneShot && there.state === "exited" && there.exitCode === 0))
        starts.push(
          draft.add("update", resource, "not running", [
            {
              verb: "StartContainer",
              recovery: "idempotent",
              args: { id: there.id },
              precondition: { id: there.id },
              needs: gates,
            },
          ]),
        )
    }
    for (const surplus of of(service.name).filter((container) => container.number > service.replicas))
      draft.add("delete", `container:${surplus.name}`, "scaled down", [stop(surplus), remove(surplus)])
    if (starts.length > 0) progress.started.set(service.name, starts)
  }
  if (desired.untilHealthy)
    for (const service of desired.services) if (service.healthcheck && !service.oneShot) waitFor(service)

  const known = new Set([...byName.keys(), ...desired.disabled])
  const orphans = observed.containers.filter((container) => !known.has(container.service) && !isTemporary(container))
  if (desired.removeOrphans)
    for (const orphan of orphans)
      draft.add("delete", `container:${orphan.name}`, "orphan", [stop(orphan), remove(orphan)])
  return desired.removeOrphans ? [] : orphans.map((orphan) => `${orphan.name} is an orphan`)
}

/** Ids, hashes and state classes; health is left out, as a plan must not become stale by it. */
const snapshotOf = (observed: FakeObserved): PlanDraft["snapshot"] => ({
  containers: observed.containers
    .map(({ id, name, hash, state, exitCode }) => ({ id, name, hash, state, exitCode: exitCode ?? null }))
    .sort((a, b) => (a.id < b.id ? -1 : 1)),
  networks: observed.networks.map(({ name }) => name).sort(),
  volumes: observed.volumes.map(({ name }) => name).sort(),
})

export const fakePlan = (desired: FakeDesired, observed: FakeObserved): PlanDraft => {
  const draft = new Draft()
  let warnings: ReadonlyArray<string> = []
  if (desired.lifecycle !== undefined)
    for (const { kind, container, steps } of fakeLifecycle(desired.lifecycle, observed.containers))
      draft.add(kind, `container:${container.name}`, desired.lifecycle._tag.toLowerCase(), steps)
  else if (desired.down) takeDown(desired, observed, draft)
  else warnings = bringUp(desired, observed, draft)
  return { groups: draft.groups, operations: draft.operations, snapshot: snapshotOf(observed), warnings }
}
