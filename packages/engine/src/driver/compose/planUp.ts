/** The plan of an `up`. Pure: decides from the desired and the observed state alone. */
import { Result } from "effect"
import { type ExternalMissing, NotDeployed } from "../../model/errors/union.ts"
import type { PlanDraft } from "../../plan/Plan.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { type CompensationRequest, Draft } from "./draft.ts"
import type { LiveNetworks } from "./obsolete.ts"
import { planCarried } from "./planCarried.ts"
import { judgeNetworks, planNetworks, planRenamed, planVolumes } from "./planInfrastructure.ts"
import { hooksOf } from "./hooks.ts"
import { containerName, temporaryName } from "./names.ts"
import type { Observed, ObservedContainer } from "./Observed.ts"
import { type Handle, inputOf, type Planned } from "./planned.ts"
import { Creation } from "./planCreate.ts"
import { planPostStart } from "./planHooks.ts"
import { planPreStart } from "./planPreStart.ts"
import { Removals, isRunning } from "./planRemovals.ts"
import { planUploads } from "./planUploads.ts"
import { Waits } from "./planWaits.ts"
import { type Handover, handoverOf } from "./handover.ts"
import { plannedService, type Sharing, sharesNamespace, sharingOf } from "./sharing.ts"
import { type Replacement, Rollout } from "./rollout.ts"
import { type Replaced, type ServiceSlots, type Slot, interrupted, isDone, isReplaced, slotsOf } from "./slots.ts"
import { snapshotOf } from "./snapshot.ts"

class UpPlanner {
  readonly #desired: DesiredUp
  readonly #observed: Observed
  readonly #draft = new Draft()
  readonly #planned = new Map<string, ReadonlyArray<Planned>>()
  readonly #removals: Removals
  readonly #waits: Waits
  readonly #creation: Creation
  #services: ReadonlyArray<ServiceSlots> = []
  /** service → operations of hooks that come before its containers start. */
  readonly #preStarts = new Map<string, ReadonlyArray<string>>()
  readonly #sharing = new Map<string, Sharing>()
  #handover: Handover = { stopped: new Map(), gone: new Map(), amongServices: false }
  #live: LiveNetworks = new Map()
  readonly #rollouts = new Map<string, Rollout>()
  /** Dependents that restart with what they depend on come back too. */
  readonly #restarts: Array<{ readonly dependency: string; readonly request: CompensationRequest }> = []

  constructor(desired: DesiredUp, observed: Observed) {
    this.#desired = desired
    this.#observed = observed
    this.#removals = new Removals(desired, this.#draft)
    this.#waits = new Waits(desired, this.#draft, this.#planned)
    this.#creation = new Creation({
      desired,
      observed,
      draft: this.#draft,
      planned: this.#planned,
      sharing: this.#sharing,
    })
  }

  plan(): Result.Result<PlanDraft, ExternalMissing | NotDeployed> {
    const desired = this.#desired
    const draft = this.#draft
    for (const warning of desired.warnings) draft.warn(warning)
    const networks = judgeNetworks(desired, this.#observed, draft)
    if (Result.isFailure(networks)) return Result.fail(networks.failure)
    const volumes = planVolumes(desired, this.#observed, draft)
    if (Result.isFailure(volumes)) return Result.fail(volumes.failure)
    this.#creation.volumesReady = volumes.success

    this.#live = networks.success.live
    const byService = Map.groupBy(this.#observed.containers, (container) => container.service)
    const missing = this.#sort(byService, networks.success.live)
    if (missing !== undefined) return Result.fail(missing)
    const orphans = this.#orphans(byService)
    this.#creation.networksReady = planNetworks(networks.success, draft, (container, cause, group) =>
      this.#removals.stop(container, cause, group, []),
    )
    planCarried(desired, this.#observed, this.#services, draft)
    this.#handover = handoverOf(desired, this.#services, orphans)
    for (const slots of this.#services) this.#service(slots)
    planRenamed(networks.success, desired, this.#observed, draft, (container) => this.#removals.gone(container.id))
    if (desired.options.until === "healthy") this.#waits.settle()
    this.#putBack()
    return Result.succeed(draft.finish(snapshotOf(this.#observed)))
  }

  /** Slots of all services: what a service shares with another is known before it is looked at. */
  #sort(byService: ReadonlyMap<string, ReadonlyArray<ObservedContainer>>, live: LiveNetworks): NotDeployed | undefined {
    const sorted = new Map<string, ServiceSlots>()
    for (const service of this.#desired.services) {
      const sharing = sharingOf(this.#desired, service, sorted, byService)
      if ("missing" in sharing) {
        const detail = `service ${service.name} shares with ${sharing.missing}, which has no container`
        return new NotDeployed({ deployment: this.#desired.project, detail })
      }
      this.#sharing.set(service.name, sharing)
      const found = byService.get(service.name) ?? []
      sorted.set(service.name, slotsOf(this.#desired, plannedService(service, sharing), found, live))
    }
    this.#services = [...sorted.values()]
    return undefined
  }

  /** Returns those that are removed. */
  #orphans(byService: ReadonlyMap<string, ReadonlyArray<ObservedContainer>>): ReadonlyArray<ObservedContainer> {
    const known = new Set([...this.#desired.services.map((service) => service.name), ...this.#desired.untouched])
    const orphans = [...byService].filter(([service]) => !known.has(service)).flatMap(([, containers]) => containers)
    if (orphans.length === 0) return []
    if (!this.#desired.options.removeOrphans) {
      const names = orphans.map((container) => container.name).join(", ")
      this.#draft.warn(`Containers of services that are not in the file: ${names}. --remove-orphans removes them.`)
      return []
    }
    for (const container of orphans) this.#removals.remove(container, "not in the file", `orphan:${container.name}`)
    return orphans
  }

  #service(slots: ServiceSlots): void {
    const { service } = slots
    const removals = slots.surplus.map(({ container, cause }) =>
      this.#removals.remove(container, cause, `surplus:${container.name}`),
    )
    if (this.#desired.options.until !== "created" && (service.model.pre_start ?? []).length > 0)
      this.#preStarts.set(
        service.name,
        planPreStart(
          this.#draft,
          slots,
          this.#creation.shared(service),
          this.#waits.gates(service),
          this.#creation.networks(service),
        ),
      )
    const replacements = slots.slots.flatMap((slot) => this.#replacement(service, slot, removals) ?? [])
    const rolled = replacements.length === 0 ? [] : this.#rollout(service).plan(replacements)
    const replaced = new Map(rolled.map((planned) => [planned.slot, planned]))
    this.#planned.set(
      service.name,
      slots.slots.flatMap((slot) =>
        isReplaced(slot) ? (replaced.get(slot) ?? []) : this.#slot(service, slot, removals),
      ),
    )
  }

  /** A slot whose container is to be replaced, its successor created. */
  #replacement(service: DesiredService, slot: Slot, removals: ReadonlyArray<string>): Replacement | undefined {
    if (!isReplaced(slot)) return undefined
    const resource = `service:${service.name}:${slot.number}`
    const name = containerName(this.#desired.project, service.name, service.model, slot.number)
    const { cause, fields } = slot.why
    const group = this.#draft.group(resource, "replace", resource, cause, fields)
    const common = { slot, name, old: slot.old, group, cause, interrupted: slot.interrupted }
    if (slot._tag === "Continue")
      return { ...common, next: { id: slot.next.id }, nextRuns: isRunning(slot.next), created: removals }
    const created = this.#creation.create(service, slot.number, {
      name: temporaryName(slot.old.id, name),
      replaces: slot.old,
      group,
      cause,
      after: removals,
    })
    return { ...common, next: { created }, nextRuns: false, created: [created] }
  }

  #slot(service: DesiredService, slot: Exclude<Slot, Replaced>, removals: ReadonlyArray<string>): Planned {
    const resource = `service:${service.name}:${slot.number}`
    const name = containerName(this.#desired.project, service.name, service.model, slot.number)
    const draft = this.#draft
    switch (slot._tag) {
      case "Create": {
        const group = draft.group(resource, "create", resource, slot.cause)
        const create = this.#creation.create(service, slot.number, {
          name,
          group,
          cause: slot.cause,
          after: [...removals, ...this.#namesakes(resource)],
        })
        return {
          slot,
          name,
          handle: { created: create },
          start: this.#start(service, slot, name, { created: create }, [create], group, slot.cause),
        }
      }
      case "Finish": {
        const cause = interrupted
        const group = draft.group(resource, isRunning(slot.next) ? "update" : "replace", resource, cause)
        const rename = this.#rename(resource, name, { id: slot.next.id }, removals, group, cause)
        const start = isRunning(slot.next)
          ? undefined
          : this.#start(service, slot, name, { id: slot.next.id }, [rename], group, cause)
        return { slot, name, handle: { id: slot.next.id }, start }
      }
      case "Start": {
        const handle = { id: slot.container.id }
        if (this.#desired.options.until === "created") return this.#untouched(slot, slot.container, name)
        const group = draft.group(resource, "update", resource, slot.cause)
        return { slot, name, handle, start: this.#start(service, slot, name, handle, removals, group, slot.cause) }
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
        this.#services.some((other) => other.service.name === dependency && other.slots.some(isReplaced)),
    )
    if (container.state !== "running" || replaced === undefined || this.#desired.options.until === "created") {
      this.#draft.group(resource, "none", resource, isDone(service, container) ? "completed" : "up to date")
      return this.#untouched(slot, container, name)
    }
    const cause = `dependency ${replaced[0]} is replaced`
    const group = this.#draft.group(resource, "update", resource, cause)
    const stop = this.#removals.stop(container, cause, group, [])
    const start = this.#start(service, slot, name, { id: container.id }, stop === undefined ? [] : [stop], group, cause)
    if (stop !== undefined && start !== undefined)
      this.#restarts.push({
        dependency: replaced[0],
        request: {
          id: `${resource}/undo-start`,
          group,
          resource,
          cause,
          needs: [],
          action: { verb: "StartContainer", args: { service: service.name, name, id: container.id } },
          undoes: stop,
          until: start,
        },
      })
    return { slot, name, handle: { id: container.id }, start }
  }

  /** Whether a network that the container is attached to is made anew, or is gone: then it cannot start again. */
  #unplugged(container: ObservedContainer): boolean {
    return this.#desired.networks.some(({ key, model }) => {
      const attached = container.networks[model.name] ?? ""
      const network = this.#live.get(key)
      return attached !== "" && (network === undefined || network.replaced || network.id !== attached)
    })
  }

  #rollout(service: DesiredService): Rollout {
    const rollout = new Rollout(
      { desired: this.#desired, draft: this.#draft, removals: this.#removals, waits: this.#waits },
      service,
      {
        handover: this.#handover.amongServices,
        ready: () => this.#waits.gates(service),
        lost: (old) => this.#unplugged(old),
        start: ({ slot, name, next, group, cause }, needs) =>
          this.#start(service, slot, name, next, needs, group, cause),
        rename: ({ slot, name, next, group, cause }, needs) =>
          this.#rename(`service:${service.name}:${slot.number}`, name, next, needs, group, cause),
        // Dependents that restart with it stop first.
        dependents: (needs) =>
          this.#restarting(service.name).flatMap(
            (container) =>
              this.#removals.stop(
                container,
                `dependency ${service.name} is replaced`,
                `service:${container.service}:${container.number}`,
                needs,
              ) ?? [],
          ),
      },
    )
    this.#rollouts.set(service.name, rollout)
    return rollout
  }

  /** What a failed run owes. Planned last: who comes back may have to wait for services that are planned after it. */
  #putBack(): void {
    const stops = [...this.#rollouts.values()].flatMap((rollout) => rollout.stopsToPutBack())
    for (const rollout of this.#rollouts.values()) {
      const hosts = rollout.hosts.flatMap((name) => this.#rollouts.get(name) ?? [])
      rollout.putBack(
        stops,
        hosts.flatMap((host) => host.startsToPutBack()),
        hosts.flatMap((host) => host.end ?? []),
      )
    }
    for (const { dependency, request } of this.#restarts) {
      const needs = this.#rollouts.get(dependency)?.startsToPutBack() ?? []
      this.#draft.compensate({ ...request, needs })
    }
  }

  /** Running containers of services that depend on this one with `restart: true` and are otherwise left alone. */
  #restarting(dependency: string): ReadonlyArray<ObservedContainer> {
    if (this.#desired.options.until === "created") return []
    return this.#services
      .filter(({ service }) => service.model.depends_on?.[dependency]?.restart === true)
      .flatMap(({ service, slots }) =>
        slots.flatMap((slot) => {
          const resource = `service:${service.name}:${slot.number}`
          // What lives in its namespaces is replaced with it, and ends in order before they go.
          if (isReplaced(slot) && sharesNamespace(service.model, dependency)) {
            this.#draft.group(resource, "replace", resource, slot.why.cause, slot.why.fields)
            return isRunning(slot.old) ? [slot.old] : []
          }
          if (slot._tag !== "Keep" || slot.container.state !== "running") return []
          this.#draft.group(resource, "update", resource, `dependency ${dependency} is replaced`)
          return [slot.container]
        }),
      )
  }

  /** After these the name is free. */
  #namesakes(resource: string): ReadonlyArray<string> {
    return (this.#handover.gone.get(resource) ?? []).map((id) => this.#removals.gone(id))
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
      needs: [...needs, ...("created" in handle ? [handle.created] : []), ...this.#namesakes(resource)],
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
    const uploads = planUploads(this.#desired, this.#draft, { service, resource, name, handle, group, cause })
    const holders = (this.#handover.stopped.get(resource) ?? []).map((id) => this.#removals.freed(id))
    const start = this.#draft.add({
      id: `${resource}/start`,
      group,
      resource,
      cause,
      needs: [
        ...needs,
        ...("created" in handle ? [handle.created] : []),
        ...uploads,
        ...(this.#preStarts.get(service.name) ?? []),
        ...this.#waits.gates(service),
        ...holders,
        ...this.#creation.networks(service),
      ],
      action: {
        verb: "StartContainer",
        args: { service: service.name, name, ...("id" in handle ? { id: handle.id } : {}) },
      },
      ...inputOf(handle),
    })
    const around = { service: service.name, resource, name, handle, group, cause }
    return planPostStart(this.#draft, hooksOf(service.model), around, resource, start)
  }
}

export const planUp = (
  desired: DesiredUp,
  observed: Observed,
): Result.Result<PlanDraft, ExternalMissing | NotDeployed> => new UpPlanner(desired, observed).plan()
