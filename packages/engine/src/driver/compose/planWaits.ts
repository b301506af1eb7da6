/**
 * Plans the waits: gates between services, where they stand in `depends_on`, and the final ones, which come after every change.
 * Pure.
 */
import type { DesiredService, DesiredUp } from "./Desired.ts"
import type { Draft } from "./draft.ts"
import { inputOf, type Planned, reached } from "./planned.ts"
import type { WaitCondition } from "./verbs.ts"

/** Above so many `needs`, the final waits share one operation that has them: plans grow with their services, not the square. */
const sharedAbove = 1000

const words: Readonly<Record<WaitCondition, string>> = {
  healthy: "until healthy",
  completed: "until completed",
  settled: "until up",
}

/** How a gate of a replacement differs from a wait. */
export interface Gate {
  readonly stay: { readonly healthy: number; readonly running: number }
  /** Its failure is told and does not end the run. */
  readonly borne: boolean
}

export class Waits {
  readonly #desired: DesiredUp
  readonly #draft: Draft
  readonly #byName: ReadonlyMap<string, DesiredService>
  readonly #planned: ReadonlyMap<string, ReadonlyArray<Planned>>
  /** Resources whose gate is as good as their final wait. */
  readonly #gated = new Set<string>()

  /** `planned` grows while services are planned: dependencies are in it before what depends on them. */
  constructor(desired: DesiredUp, draft: Draft, planned: ReadonlyMap<string, ReadonlyArray<Planned>>) {
    this.#desired = desired
    this.#draft = draft
    this.#planned = planned
    this.#byName = new Map(desired.services.map((service) => [service.name, service]))
  }

  /** What must be reached before a service may start: its dependencies' conditions. */
  gates(service: DesiredService): ReadonlyArray<string> {
    return Object.entries(service.model.depends_on ?? {}).flatMap(([name, { condition }]) => {
      const dependency = this.#byName.get(name)
      const planned = this.#planned.get(name)
      if (dependency === undefined || planned === undefined) return []
      return planned.flatMap((instance) => {
        if (condition === "service_started") return instance.start ?? []
        const wanted = condition === "service_healthy" ? "healthy" : "completed"
        return reachedAlready(dependency, instance, wanted) ? [] : this.#wait(dependency, instance, wanted, [])
      })
    })
  }

  /** What a replacement must pass before what it replaces may go. */
  gate(service: DesiredService, planned: Planned, needs: ReadonlyArray<string>, gate: Gate): string {
    const condition: WaitCondition = service.completes ? "completed" : "settled"
    if (!gate.borne) this.#gated.add(resourceOf(service, planned))
    return this.#add(`${resourceOf(service, planned)}/gate`, service, planned, condition, needs, gate)
  }

  /**
   * The end of the run: everything healthy, running, or completed. These waits need every change of the plan: a service that is
   * unhealthy already must not end the run before the change that would heal it.
   */
  settle(): void {
    const left = this.#desired.services.flatMap((service) =>
      (this.#planned.get(service.name) ?? []).flatMap((instance) => {
        const condition: WaitCondition = service.completes ? "completed" : "settled"
        const gated = this.#draft.has(waitId(service, instance, "healthy"))
        const done =
          gated ||
          this.#gated.has(resourceOf(service, instance)) ||
          this.#draft.has(waitId(service, instance, "completed"))
        return done || reachedAlready(service, instance, condition) ? [] : [{ service, instance, condition }]
      }),
    )
    const changes = this.#draft.last()
    const [first] = left
    const needs =
      first !== undefined && changes.length * left.length > sharedAbove
        ? [this.#barrier(this.group(first.service, first.condition), changes)]
        : changes
    for (const { service, instance, condition } of left) this.#wait(service, instance, condition, needs)
  }

  #barrier(group: string, needs: ReadonlyArray<string>): string {
    const cause = "after every change"
    const resource = `project:${this.#desired.project}`
    return this.#draft.add({ id: "changed", group, resource, cause, needs, action: { verb: "Barrier", args: {} } })
  }

  group(service: DesiredService, condition: WaitCondition): string {
    return this.#draft.group(`wait:${service.name}`, "wait", `service:${service.name}`, words[condition])
  }

  /** Plans a wait once. */
  #wait(service: DesiredService, planned: Planned, condition: WaitCondition, after: ReadonlyArray<string>): string {
    const id = waitId(service, planned, condition)
    return this.#draft.has(id) ? id : this.#add(id, service, planned, condition, after)
  }

  #add(
    id: string,
    service: DesiredService,
    planned: Planned,
    condition: WaitCondition,
    after: ReadonlyArray<string>,
    gate?: Gate,
  ): string {
    return this.#draft.add({
      id,
      group: this.group(service, condition),
      resource: resourceOf(service, planned),
      cause: words[condition],
      needs: [
        ...(planned.start === undefined ? [] : [planned.start]),
        ...("created" in planned.handle ? [planned.handle.created] : []),
        ...after,
      ],
      action: {
        verb: "Wait",
        args: {
          service: service.name,
          name: planned.name,
          condition,
          seconds: this.#desired.options.waitTimeout,
          ...(gate === undefined ? {} : { stay: gate.stay, borne: gate.borne }),
          ...("id" in planned.handle ? { id: planned.handle.id } : {}),
        },
      },
      ...inputOf(planned.handle),
    })
  }
}

const resourceOf = (service: DesiredService, planned: Planned) => `service:${service.name}:${planned.slot.number}`
const waitId = (service: DesiredService, planned: Planned, condition: WaitCondition) =>
  `${resourceOf(service, planned)}/wait-${condition}`

/** It is left alone, and is observed to be what would be waited for. */
const reachedAlready = (service: DesiredService, planned: Planned, condition: WaitCondition): boolean =>
  planned.start === undefined && reached(service, planned.slot, condition)
