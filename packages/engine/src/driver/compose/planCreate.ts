/** Plans the creation of a container of an `up`: what it must wait for and what comes from other operations. Pure. */
import { networksInOrder } from "./createBody.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import type { Draft } from "./draft.ts"
import { familiar } from "./imageNames.ts"
import { linksOf } from "./links.ts"
import { isAnonymousVolume } from "./names.ts"
import type { Observed, ObservedContainer } from "./Observed.ts"
import { mountedBy } from "./planCarried.ts"
import type { Planned } from "./planned.ts"
import { type Sharing, sharedInput } from "./sharing.ts"

/** What the planner of the whole `up` knows, and goes on filling. */
export interface Ground {
  readonly desired: DesiredUp
  readonly observed: Observed
  readonly draft: Draft
  readonly planned: ReadonlyMap<string, ReadonlyArray<Planned>>
  readonly sharing: ReadonlyMap<string, Sharing>
}

export interface CreateRequest {
  readonly name: string
  /** Whose anonymous volumes it takes over; absent: it comes into an empty place. */
  readonly replaces?: ObservedContainer
  readonly group: string
  readonly cause: string
  /** Operations that make room for it. */
  readonly after: ReadonlyArray<string>
}

export class Creation {
  readonly #ground: Ground
  /** Key → the operation after which it is there; what is there already has none. */
  networksReady: ReadonlyMap<string, string> = new Map()
  volumesReady: ReadonlyMap<string, string> = new Map()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** Returns the operation. */
  create(service: DesiredService, number: number, { name, replaces, group, cause, after }: CreateRequest): string {
    const { desired, observed, draft } = this.#ground
    const resource = `service:${service.name}:${number}`
    const volumes = (service.model.volumes ?? []).flatMap((mount) => this.volumesReady.get(mount.source ?? "") ?? [])
    const { shared, inputs, created } = this.shared(service)
    const { links, named } = this.#links(service, number)
    const renew = desired.options.renewAnonymousVolumes === true
    const inherited = (renew ? [] : (replaces?.mounts ?? []))
      .filter((mount) => mount.type === "volume" && isAnonymousVolume(mount.name))
      .map(({ name, target, readOnly }) => ({ name, target, readOnly }))
    const carried = mountedBy(service, observed)
    return draft.add({
      id: `${resource}/create`,
      group,
      resource,
      cause,
      needs: [...this.networks(service), ...volumes, ...after, ...created, ...named, ...carried.needs],
      action: {
        verb: "CreateContainer",
        args: {
          service: service.name,
          number,
          name,
          image: this.#image(service),
          replaces: replaces !== undefined && !renew,
          inherited,
          ...(service.carried === undefined ? {} : { trees: carried.trees }),
          ...(Object.keys(shared).length === 0 ? {} : { shared }),
          ...(links.length === 0 ? {} : { links }),
        },
      },
      ...(created.length + carried.needs.length === 0 ? {} : { inputs: { ...inputs, ...carried.inputs } }),
    })
  }

  /** Containers whose namespaces or volumes it shares; those that this plan creates come as inputs. */
  shared(service: DesiredService) {
    const { known, pending } = this.#ground.sharing.get(service.name) ?? { known: {}, pending: {} }
    const operation = (parent: string, number: number) => `service:${parent}:${number}/create`
    const entries = Object.entries(pending)
    return {
      shared: known,
      inputs: Object.fromEntries(
        entries.map(([parent, number]) => [
          `${sharedInput}${parent}`,
          { operation: operation(parent, number), output: "id" },
        ]),
      ),
      created: entries.map(([parent, number]) => operation(parent, number)),
    }
  }

  /** Links by name, and the operations after which the linked containers have theirs. */
  #links(service: DesiredService, number: number) {
    const named: Array<string> = []
    const namesOf = (other: string) => {
      const planned = this.#ground.planned.get(other)
      // Not part of this run: what is there.
      if (planned === undefined)
        return this.#ground.observed.containers
          .filter((container) => container.service === other)
          .map(({ name }) => name)
      return planned.map(({ slot, name }) => {
        const operations = [`service:${other}:${slot.number}/create`, `service:${other}:${slot.number}/rename`]
        named.push(...operations.filter((operation) => this.#ground.draft.has(operation)))
        return name
      })
    }
    return { links: linksOf(this.#ground.desired.project, service.model, number, namesOf), named }
  }

  /** Operations after which its networks are there. */
  networks(service: DesiredService): ReadonlyArray<string> {
    return networksInOrder(service.model).flatMap((key) => this.networksReady.get(key) ?? [])
  }

  /** A saved state names the image by its id when the reference has moved on since, so a rollback gets what ran then. */
  #image({ image: { reference, id } }: DesiredService): string {
    const { images } = this.#ground.observed
    if (images === undefined || id === null) return reference
    return images.get(familiar(reference)) === id ? reference : id
  }
}
