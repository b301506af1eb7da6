/** Host ports that change hands within one plan: whoever wants one starts after whoever holds it has stopped. Pure. */
import type { ObservedContainer } from "./Observed.ts"
import { isRunning } from "./planRemovals.ts"
import type { ServiceSlots, Slot } from "./slots.ts"

const anyAddress: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"])

const overlap = (held: string, ip: string, rest: string): boolean => {
  const cut = held.lastIndexOf(":")
  const heldIp = held.slice(0, cut)
  return held.slice(cut + 1) === rest && (heldIp === ip || anyAddress.has(heldIp) || anyAddress.has(ip))
}

const starts = (slot: Slot) => slot._tag !== "Keep" && slot._tag !== "Unpause"

/** Containers that the plan removes. */
const leaving = (services: ReadonlyArray<ServiceSlots>): ReadonlyArray<ObservedContainer> =>
  services.flatMap(({ slots, surplus }) => [
    ...surplus.map(({ container }) => container),
    ...slots.flatMap((slot) => (slot._tag === "Replace" || slot._tag === "Continue" ? [slot.old] : [])),
  ])

/** `service:web:1` → ids of leaving containers of other slots that hold one of its fixed ports. */
export const holdersOf = (services: ReadonlyArray<ServiceSlots>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const holders = new Map<string, ReadonlyArray<string>>()
  const leavers = leaving(services).filter((container) => container.hostPorts.length > 0 && isRunning(container))
  if (leavers.length === 0) return holders
  for (const { service, slots } of services) {
    const fixed = (service.model.ports ?? []).filter((port) => /^[1-9]\d*$/.test(port.published ?? ""))
    if (fixed.length === 0) continue
    for (const slot of slots.filter(starts)) {
      const own = slot._tag === "Replace" || slot._tag === "Continue" ? slot.old.id : ""
      const found = leavers.filter(
        (container) =>
          container.id !== own &&
          container.hostPorts.some((held) =>
            fixed.some((port) => overlap(held, port.host_ip ?? "", `${port.published}/${port.protocol ?? "tcp"}`)),
          ),
      )
      if (found.length > 0)
        holders.set(
          `service:${service.name}:${slot.number}`,
          found.map((container) => container.id),
        )
    }
  }
  return holders
}
