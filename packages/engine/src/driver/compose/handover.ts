/**
 * What changes hands within one plan and is there only once: host ports, fixed addresses, names. Whoever wants one waits for the
 * container that has it to stop, or to go. Pure.
 */
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { containerName } from "./names.ts"
import type { ObservedContainer } from "./Observed.ts"
import { isRunning } from "./planRemovals.ts"
import type { ServiceSlots, Slot } from "./slots.ts"

/** `service:web:1` → ids of leaving containers of other slots. */
type Holders = ReadonlyMap<string, ReadonlyArray<string>>

export interface Handover {
  /** Those that must have stopped before it starts. */
  readonly stopped: Holders
  /** Those that must be gone before it has its name. */
  readonly gone: Holders
  /** Two services of the file give to each other, perhaps in turn: then none keeps what it has until its dependencies are up. */
  readonly amongServices: boolean
}

const anyAddress: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"])

const overlap = (held: string, ip: string, rest: string): boolean => {
  const cut = held.lastIndexOf(":")
  const heldIp = held.slice(0, cut)
  return held.slice(cut + 1) === rest && (heldIp === ip || anyAddress.has(heldIp) || anyAddress.has(ip))
}

const starts = (slot: Slot) => slot._tag !== "Keep" && slot._tag !== "Unpause"
const ownOf = (slot: Slot) => (slot._tag === "Replace" || slot._tag === "Continue" ? slot.old.id : "")

/** The fixed addresses that a service wants, by the real name of the network. */
const addressesOf = (desired: DesiredUp, { model }: DesiredService) =>
  Object.entries(model.networks ?? {}).flatMap(([key, wish]) => {
    const network = desired.networks.find((candidate) => candidate.key === key)?.model.name
    if (network === undefined) return []
    return [wish?.ipv4_address, wish?.ipv6_address].flatMap((address) =>
      address === undefined ? [] : [{ network, address }],
    )
  })

const idsOf = (containers: ReadonlyArray<ObservedContainer>) => containers.map(({ id }) => id)

/** Containers of services of the file that the plan removes. */
const leaving = (services: ReadonlyArray<ServiceSlots>): ReadonlyArray<ObservedContainer> =>
  services.flatMap(({ slots, surplus }) => [
    ...surplus.map(({ container }) => container),
    ...slots.flatMap((slot) => (slot._tag === "Replace" || slot._tag === "Continue" ? [slot.old] : [])),
  ])

/** @param orphans - Those that this plan removes. */
export const handoverOf = (
  desired: DesiredUp,
  services: ReadonlyArray<ServiceSlots>,
  orphans: ReadonlyArray<ObservedContainer>,
): Handover => {
  const stopped = new Map<string, ReadonlyArray<string>>()
  const gone = new Map<string, ReadonlyArray<string>>()
  const giving = leaving(services)
  const leavers = [...giving, ...orphans]
  if (leavers.length === 0) return { stopped, gone, amongServices: false }
  const running = leavers.filter(isRunning)
  const named = Map.groupBy(leavers, ({ name }) => name)
  for (const { service, slots } of services) {
    const fixed = (service.model.ports ?? []).filter((port) => /^[1-9]\d*$/.test(port.published ?? ""))
    const addresses = addressesOf(desired, service)
    const holds = ({ hostPorts, addresses: held }: ObservedContainer) =>
      hostPorts.some((port) =>
        fixed.some((own) => overlap(port, own.host_ip ?? "", `${own.published}/${own.protocol ?? "tcp"}`)),
      ) || addresses.some(({ network, address }) => held[network]?.includes(address) === true)
    const unique = fixed.length + addresses.length > 0
    for (const slot of slots.filter(starts)) {
      const resource = `service:${service.name}:${slot.number}`
      const others = ({ id }: ObservedContainer) => id !== ownOf(slot)
      const holders = unique ? running.filter((container) => others(container) && holds(container)) : []
      if (holders.length > 0) stopped.set(resource, idsOf(holders))
      const name = containerName(desired.project, service.name, service.model, slot.number)
      const namesakes = (named.get(name) ?? []).filter((container) => container.service !== service.name)
      if (namesakes.length > 0) gone.set(resource, idsOf(namesakes))
    }
  }
  const fromServices = new Set(idsOf(giving))
  const amongServices = [...stopped.values(), ...gone.values()].flat().some((id) => fromServices.has(id))
  return { stopped, gone, amongServices }
}
