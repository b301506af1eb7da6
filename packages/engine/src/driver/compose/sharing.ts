/**
 * Services that share namespaces or volumes of another one. Compose writes the other container's id into the container and into
 * its config hash, so a new container of the other means a new one here. Which container is shared: the first by name. Pure.
 */
import { serviceHash } from "../../compose/render/hash.ts"
import type { Service } from "../../model/StackModel.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { containerName } from "./names.ts"
import type { ObservedContainer } from "./Observed.ts"
import type { ServiceSlots, Slot } from "./slots.ts"

/** service → id of its container that others share. */
export type SharedIds = Readonly<Record<string, string>>

/** A service whose config hash is that of the containers it will have, as far as they are known. */
export interface PlannedService extends DesiredService {
  /** Shared with a container that this plan creates: what is there now cannot match. */
  readonly awaits?: string
}

/** Before the name of a service, in the inputs of an operation that needs the id of its container. */
export const sharedInput = "shared/"

export interface Sharing {
  readonly known: SharedIds
  /** service → replica number of the container that is created first. */
  readonly pending: Readonly<Record<string, number>>
}

const namespaces = ["network_mode", "ipc", "pid"] as const
const prefix = "service:"

/** Services in whose namespaces this one lives, each once. */
export const namespaceParents = (model: Service): ReadonlyArray<string> => [
  ...new Set(
    namespaces.flatMap((key) => (model[key]?.startsWith(prefix) === true ? [model[key].slice(prefix.length)] : [])),
  ),
]

/** Whether it stops working when the other one's container ends. */
export const sharesNamespace = (model: Service, parent: string): boolean => namespaceParents(model).includes(parent)

/** Services whose container's id this one needs. */
export const parentsOf = (model: Service): ReadonlyArray<string> => [
  ...new Set([
    ...namespaceParents(model),
    ...(model.volumes_from ?? []).flatMap((from) => (from.startsWith("container:") ? [] : [from.split(":")[0] ?? ""])),
  ]),
]

const namespace = (mode: string | undefined, ids: SharedIds): string | undefined => {
  const id = mode?.startsWith(prefix) === true ? ids[mode.slice(prefix.length)] : undefined
  return id === undefined ? mode : `container:${id}`
}

/** `web:ro` → container and access. */
const sourceOf = (
  from: string,
  ids: SharedIds,
): { readonly container: string; readonly access: string | undefined } => {
  const [first = "", second, third] = from.split(":")
  return first === "container"
    ? { container: second ?? "", access: third }
    : { container: ids[first] ?? first, access: second }
}

/** The model with ids in the place of services. */
export const resolveShared = (model: Service, ids: SharedIds): Service => {
  const resolved: Record<string, string> = {}
  for (const key of namespaces) {
    const mode = namespace(model[key], ids)
    if (mode !== undefined) resolved[key] = mode
  }
  return { ...model, ...resolved }
}

/** With its access, which Compose loses: a volume that is to be read only is written to there. */
export const volumesFrom = (model: Service, ids: SharedIds): ReadonlyArray<string> | null =>
  model.volumes_from?.map((from) => {
    const { container, access } = sourceOf(from, ids)
    return access === undefined ? container : `${container}:${access}`
  }) ?? null

/** What Compose writes on the container: the hash of a model with ids. */
export const sharedHash = (service: DesiredService, ids: SharedIds): string => {
  if (parentsOf(service.model).length === 0 && (service.model.volumes_from ?? []).length === 0)
    return service.configHash
  const model = resolveShared(service.model, ids)
  const sources = model.volumes_from?.map((from) => sourceOf(from, ids).container)
  return serviceHash(sources === undefined ? model : { ...model, volumes_from: sources })
}

/** The container a slot will have; undefined when the plan creates it. */
const idIn = (slot: Slot): string | undefined => {
  switch (slot._tag) {
    case "Create":
    case "Replace":
      return undefined
    case "Continue":
    case "Finish":
      return slot.next.id
    case "Start":
    case "Unpause":
    case "Keep":
      return slot.container.id
  }
}

const byName = <A>(items: ReadonlyArray<A>, nameOf: (item: A) => string): ReadonlyArray<A> =>
  items.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))

/** Undefined, with the name of the service, when it has no container and gets none. */
export const sharingOf = (
  desired: DesiredUp,
  service: DesiredService,
  planned: ReadonlyMap<string, ServiceSlots>,
  observed: ReadonlyMap<string, ReadonlyArray<ObservedContainer>>,
): Sharing | { readonly missing: string } => {
  const known: Record<string, string> = {}
  const pending: Record<string, number> = {}
  for (const parent of parentsOf(service.model)) {
    const slots = planned.get(parent)
    if (slots === undefined) {
      // Not part of this run: what is there.
      const [first] = byName(observed.get(parent) ?? [], ({ name }) => name)
      if (first === undefined) return { missing: parent }
      known[parent] = first.id
      continue
    }
    const [slot] = byName(slots.slots, ({ number }) =>
      containerName(desired.project, parent, slots.service.model, number),
    )
    if (slot === undefined) return { missing: parent }
    const id = idIn(slot)
    if (id === undefined) pending[parent] = slot.number
    else known[parent] = id
  }
  return { known, pending }
}

export const plannedService = (service: DesiredService, { known, pending }: Sharing): PlannedService => {
  const [awaits] = Object.keys(pending)
  return awaits === undefined ? { ...service, configHash: sharedHash(service, known) } : { ...service, awaits }
}
