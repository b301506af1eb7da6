/** The plan of an `up`. Pure: decides from the desired and the observed state alone. */
import { Result } from "effect"
import type { ExternalMissing } from "../../model/errors/union.ts"
import type { PlanDraft } from "../../plan/Plan.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { Draft } from "./draft.ts"
import { networksInOrder } from "./createBody.ts"
import { familiar } from "./imageNames.ts"
import { judgeNetworks, planNetworks, planVolumes } from "./planInfrastructure.ts"
import { containerName, isAnonymousVolume, temporaryName } from "./names.ts"
import type { Observed, ObservedContainer } from "./Observed.ts"
import { type Handle, inputOf, type Planned, reached } from "./planned.ts"
import { holdersOf } from "./portHandover.ts"
import { type ServiceSlots, type Slot, isDone, slotsOf } from "./slots.ts"
import { snapshotOf } from "./snapshot.ts"
import type { WaitCondition } from "./verbs.ts"

const running: ReadonlySet<string> = new Set(["running", "restarting", "paused"])

class UpPlanner {
  readonly #desired: DesiredUp
  readonly #observed: Observed
  readonly #draft = new Draft()
  readonly #byName: ReadonlyMap<string, DesiredService>
  readonly #planned = new Map<string, ReadonlyArray<Planned>>()
  /** Container id → operation after which it no longer runs, or is gone. */
  readonly #stops = new Map<string, string>()
  readonly #removals = new Map<string, string>()
  #ready: ReadonlyMap<string, string> = new Map()
  #volumesReady: ReadonlyMap<string, string> = new Map()
  #services: ReadonlyArray<ServiceSlots> = []
  #handover: ReadonlyMap<string, ReadonlyArray<string>> = new Map()

  constructor(desired: DesiredUp, observed: Observed) {
    this.#desired = desired
    this.#observed = observed
    this.#byName = new Map(desired.services.map((service) => [service.name, service]))
  }

  plan(): Result.Result<PlanDraft, ExternalMissing> {
    const desired = this.#desired
    const draft = this.#draft
    for (const warning of desired.warnings) draft.warn(warning)
    const networks = judgeNetworks(desired, this.#observed, draft)
    if (Result.isFailure(networks)) return Result.fail(networks.failure)
    const volumes = planVolumes(desired, this.#observed, draft)
    if (Result.isFailure(volumes)) return Result.fail(volumes.failure)
    this.#volumesReady = volumes.success

    const byService = Map.groupBy(this.#observed.containers, (container) => container.service)
    this.#services = desired.services.map((service) =>
      slotsOf(desired, service, byService.get(service.name) ?? [], networks.success.live),
    )
    this.#orphans(byService)
    this.#ready = planNetworks(networks.success, draft, (container, cause, group) =>
      this.#stop(container, cause, group, []),
    )
    this.#handover = holdersOf(this.#services)
    for (const slots of this.#services) this.#service(slots)
    if (desired.options.until === "healthy") for (const slots of this.#services) this.#settle(slots)
    return Result.succeed(draft.finish(snapshotOf(this.#observed)))
  }

  #orphans(byService: ReadonlyMap<string, ReadonlyArray<ObservedContainer>>): void {
    const known = new Set([...this.#desired.services.map((service) => service.name), ...this.#desired.untouched])
    const orphans = [...byService].filter(([service]) => !known.has(service)).flatMap(([, containers]) => containers)
    if (orphans.length === 0) return
    if (!this.#desired.options.removeOrphans) {
      const names = orphans.map((container) => container.name).join(", ")
      this.#draft.warn(`Containers of services that are not in the file: ${names}. --remove-orphans removes them.`)
      return
    }
    for (const container of orphans) this.#remove(container, "not in the file", `orphan:${container.name}`)
  }

  /** Plans a stop once; undefined when it does not run. */
  #stop(container: ObservedContainer, cause: string, group: string, needs: ReadonlyArray<string>): string | undefined {
    const planned = this.#stops.get(container.id)
    if (planned !== undefined || !running.has(container.state)) return planned
    const stop = this.#draft.add({
      id: `container:${container.id.slice(0, 12)}/stop`,
      group,
      resource: `service:${container.service}:${container.number}`,
      cause,
      needs,
      action: {
        verb: "StopContainer",
        args: { id: container.id, name: container.name, seconds: this.#desired.options.stopTimeout ?? null },
      },
    })
    this.#stops.set(container.id, stop)
    return stop
  }

  /** Stop, then remove, as a group of its own. */
  #remove(container: ObservedContainer, cause: string, group: string): string {
    const resource = `service:${container.service}:${container.number}`
    this.#draft.group(group, "delete", resource, cause)
    const stop = this.#stop(container, cause, group, [])
    return this.#removal(container, cause, group, stop === undefined ? [] : [stop])
  }

  #removal(container: ObservedContainer, cause: string, group: string, needs: ReadonlyArray<string>): string {
    const removal = this.#draft.add({
      id: `container:${container.id.slice(0, 12)}/remove`,
      group,
      resource: `service:${container.service}:${container.number}`,
      cause,
      needs,
      // Anonymous volumes stay: a replacement carries them on, and data is not removed unasked.
      action: { verb: "RemoveContainer", args: { id: container.id, name: container.name, volumes: false } },
    })
    this.#removals.set(container.id, removal)
    return removal
  }

  #service(slots: ServiceSlots): void {
    const { service } = slots
    const removals = slots.surplus.map(({ container, cause }) =>
      this.#remove(container, cause, `surplus:${container.name}`),
    )
    this.#planned.set(
      service.name,
      slots.slots.map((slot) => this.#slot(service, slot, removals)),
    )
  }

  #slot(service: DesiredService, slot: Slot, removals: ReadonlyArray<string>): Planned {
    const resource = `service:${service.name}:${slot.number}`
    const name = containerName(this.#desired.project, service.name, service.model, slot.number)
    const draft = this.#draft
    switch (slot._tag) {
      case "Create": {
        const group = draft.group(resource, "create", resource, slot.cause)
        const create = this.#create(service, slot.number, name, undefined, group, slot.cause, removals)
        return {
          slot,
          name,
          handle: { created: create },
          start: this.#start(service, slot, name, { created: create }, [create], group, slot.cause),
        }
      }
      case "Replace": {
        const { cause, fields } = slot.why
        const group = draft.group(resource, "replace", resource, cause, fields)
        const temporary = temporaryName(slot.old.id, name)
        const create = this.#create(service, slot.number, temporary, slot.old, group, cause, removals)
        return this.#takeOver(service, slot, slot.old, { created: create }, [create], group, cause)
      }
      case "Continue": {
        const group = draft.group(resource, "replace", resource, slot.why.cause, slot.why.fields)
        return this.#takeOver(service, slot, slot.old, { id: slot.next.id }, [], group, slot.why.cause)
      }
      case "Finish": {
        const cause = "an interrupted replacement is finished"
        const group = draft.group(resource, "replace", resource, cause)
        const rename = this.#rename(resource, name, { id: slot.next.id }, removals, group, cause)
        const start = running.has(slot.next.state)
          ? undefined
          : this.#start(service, slot, name, { id: slot.next.id }, [rename], group, cause)
        return { slot, name, handle: { id: slot.next.id }, start }
      }
      case "Start": {
        const handle = { id: slot.container.id }
        if (this.#desired.options.until === "created") return this.#untouched(slot, slot.container, name)
        const group = draft.group(resource, "update", resource, slot.cause)
        return { slot, name, handle, start: this.#start(service, slot, name, handle, [], group, slot.cause) }
      }
      case "Unpause": {
        if (this.#desired.options.until === "created") return this.#untouched(slot, slot.container, name)
        const group = draft.group(resource, "update", resource, "paused")
        const start = draft.add({
          id: `${resource}/unpause`,
          group,
          resource,
          cause: "paused",
          needs: [],
          action: { verb: "UnpauseContainer", args: { id: slot.container.id, name } },
        })
        return { slot, name, handle: { id: slot.container.id }, start }
      }
      case "Keep":
        return this.#keep(service, slot, slot.container, name)
    }
  }

  #untouched(slot: Slot, container: ObservedContainer, name: string): Planned {
    return { slot, name, handle: { id: container.id }, start: undefined }
  }

  /** Nothing changed, unless a dependency that asks for it (`restart: true`) is replaced, or its network is made anew. */
  #keep(service: DesiredService, slot: Slot, container: ObservedContainer, name: string): Planned {
    const resource = `service:${service.name}:${slot.number}`
    const replaced = Object.entries(service.model.depends_on ?? {}).find(
      ([dependency, { restart }]) =>
        restart === true &&
        this.#services.some(
          (other) =>
            other.service.name === dependency &&
            other.slots.some(({ _tag }) => _tag === "Replace" || _tag === "Continue"),
        ),
    )
    if (container.state !== "running" || replaced === undefined || this.#desired.options.until === "created") {
      this.#draft.group(resource, "none", resource, isDone(service, container) ? "completed" : "up to date")
      return this.#untouched(slot, container, name)
    }
    const cause = `dependency ${replaced[0]} is replaced`
    const group = this.#draft.group(resource, "update", resource, cause)
    const stop = this.#stop(container, cause, group, [])
    const start = this.#start(service, slot, name, { id: container.id }, stop === undefined ? [] : [stop], group, cause)
    return { slot, name, handle: { id: container.id }, start }
  }

  #create(
    service: DesiredService,
    number: number,
    name: string,
    old: ObservedContainer | undefined,
    group: string,
    cause: string,
    removals: ReadonlyArray<string>,
  ): string {
    const resource = `service:${service.name}:${number}`
    const networks = networksInOrder(service.model).flatMap((key) => this.#ready.get(key) ?? [])
    const volumes = (service.model.volumes ?? []).flatMap((mount) => this.#volumesReady.get(mount.source ?? "") ?? [])
    const inherited = (old?.mounts ?? [])
      .filter((mount) => mount.type === "volume" && isAnonymousVolume(mount.name))
      .map(({ name, target, readOnly }) => ({ name, target, readOnly }))
    return this.#draft.add({
      id: `${resource}/create`,
      group,
      resource,
      cause,
      needs: [...networks, ...volumes, ...removals],
      action: {
        verb: "CreateContainer",
        args: {
          service: service.name,
          number,
          name,
          image: this.#image(service),
          replaces: old !== undefined,
          inherited,
        },
      },
    })
  }

  /** A saved state names the image by its id when the reference has moved on since, so a rollback gets what ran then. */
  #image({ image: { reference, id } }: DesiredService): string {
    const { images } = this.#observed
    if (images === undefined || id === null) return reference
    return images.get(familiar(reference)) === id ? reference : id
  }

  /** The rest of a replacement: stop the old one, remove it, give its name to the new one, start that. */
  #takeOver(
    service: DesiredService,
    slot: Slot,
    old: ObservedContainer,
    next: Handle,
    created: ReadonlyArray<string>,
    group: string,
    cause: string,
  ): Planned {
    const resource = `service:${service.name}:${slot.number}`
    const name = containerName(this.#desired.project, service.name, service.model, slot.number)
    // Dependents that restart with it stop first; the old one goes on serving until what the new one waits for is ready,
    // unless ports change hands between services: then all old ones stop first.
    const dependents = this.#restarting(service.name).flatMap(
      (container) =>
        this.#stop(
          container,
          `dependency ${service.name} is replaced`,
          `service:${container.service}:${container.number}`,
          created,
        ) ?? [],
    )
    const gates = this.#handover.size > 0 || this.#desired.options.until === "created" ? [] : this.#gates(service)
    const stop = this.#stop(old, cause, group, [...created, ...gates, ...dependents])
    const removal = this.#removal(old, cause, group, [...(stop === undefined ? [] : [stop]), ...created])
    const rename = this.#rename(resource, name, next, [removal], group, cause)
    const start = this.#start(service, slot, name, next, [rename], group, cause)
    return { slot, name, handle: next, start }
  }

  /** Running containers of services that depend on this one with `restart: true` and are otherwise left alone. */
  #restarting(dependency: string): ReadonlyArray<ObservedContainer> {
    if (this.#desired.options.until === "created") return []
    return this.#services
      .filter(({ service }) => service.model.depends_on?.[dependency]?.restart === true)
      .flatMap(({ service, slots }) =>
        slots.flatMap((slot) => {
          if (slot._tag !== "Keep" || slot.container.state !== "running") return []
          const resource = `service:${service.name}:${slot.number}`
          this.#draft.group(resource, "update", resource, `dependency ${dependency} is replaced`)
          return [slot.container]
        }),
      )
  }

  #rename(
    resource: string,
    name: string,
    handle: Handle,
    needs: ReadonlyArray<string>,
    group: string,
    cause: string,
  ): string {
    return this.#draft.add({
      id: `${resource}/rename`,
      group,
      resource,
      cause,
      needs: [...needs, ...("created" in handle ? [handle.created] : [])],
      action: { verb: "RenameContainer", args: { name, ...("id" in handle ? { id: handle.id } : {}) } },
      ...inputOf(handle),
    })
  }

  #start(
    service: DesiredService,
    slot: Slot,
    name: string,
    handle: Handle,
    needs: ReadonlyArray<string>,
    group: string,
    cause: string,
  ): string | undefined {
    if (this.#desired.options.until === "created") return undefined
    const resource = `service:${service.name}:${slot.number}`
    const holders = (this.#handover.get(resource) ?? []).flatMap((id) => this.#freed(id))
    return this.#draft.add({
      id: `${resource}/start`,
      group,
      resource,
      cause,
      needs: [
        ...needs,
        ...("created" in handle ? [handle.created] : []),
        ...this.#gates(service),
        ...holders,
        ...networksInOrder(service.model).flatMap((key) => this.#ready.get(key) ?? []),
      ],
      action: {
        verb: "StartContainer",
        args: { service: service.name, name, ...("id" in handle ? { id: handle.id } : {}) },
      },
      ...inputOf(handle),
    })
  }

  /** The operation after which a container's host ports are free; its service may be planned later, so the id is derived. */
  #freed(containerId: string): ReadonlyArray<string> {
    return [this.#removals.get(containerId) ?? `container:${containerId.slice(0, 12)}/remove`]
  }

  /** What must be reached before a service may start: its dependencies' conditions. */
  #gates(service: DesiredService): ReadonlyArray<string> {
    return Object.entries(service.model.depends_on ?? {}).flatMap(([name, { condition }]) => {
      const dependency = this.#byName.get(name)
      const planned = this.#planned.get(name)
      if (dependency === undefined || planned === undefined) return []
      return planned.flatMap((instance) => {
        if (condition === "service_started") return instance.start ?? []
        return this.#wait(dependency, instance, condition === "service_healthy" ? "healthy" : "completed") ?? []
      })
    })
  }

  /** Plans a wait once; undefined when what it waits for is already observed. */
  #wait(service: DesiredService, planned: Planned, condition: WaitCondition): string | undefined {
    const resource = `service:${service.name}:${planned.slot.number}`
    const id = `${resource}/wait-${condition}`
    if (this.#draft.has(id)) return id
    if (planned.start === undefined && reached(service, planned.slot, condition)) return undefined
    const words = { healthy: "until healthy", completed: "until completed", settled: "until up" }[condition]
    return this.#draft.add({
      id,
      group: this.#draft.group(`wait:${service.name}`, "wait", `service:${service.name}`, words),
      resource,
      cause: words,
      needs: [
        ...(planned.start === undefined ? [] : [planned.start]),
        ...("created" in planned.handle ? [planned.handle.created] : []),
      ],
      action: {
        verb: "Wait",
        args: {
          service: service.name,
          name: planned.name,
          condition,
          seconds: this.#desired.options.waitTimeout,
          ...("id" in planned.handle ? { id: planned.handle.id } : {}),
        },
      },
      ...inputOf(planned.handle),
    })
  }

  /** The end of the run: everything healthy, running, or completed. */
  #settle({ service }: ServiceSlots): void {
    for (const planned of this.#planned.get(service.name) ?? []) {
      const resource = `service:${service.name}:${planned.slot.number}`
      const already = this.#draft.has(`${resource}/wait-healthy`) || this.#draft.has(`${resource}/wait-completed`)
      if (!already) this.#wait(service, planned, service.completes ? "completed" : "settled")
    }
  }
}

export const planUp = (desired: DesiredUp, observed: Observed): Result.Result<PlanDraft, ExternalMissing> =>
  new UpPlanner(desired, observed).plan()
