/**
 * Sorts the containers of a service into slots, one a replica number, and tells for each what has to happen. Every state that
 * a crash can leave is one of these cases: see `docs/designs/compose-driver.md`. Pure.
 */
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { containerName, isTemporaryName } from "./names.ts"
import { type LiveNetworks, type Obsolete, diverges, obsolete } from "./obsolete.ts"
import type { ObservedContainer } from "./Observed.ts"
import type { PlannedService } from "./sharing.ts"

export type Slot =
  /** Nobody there. */
  | { readonly _tag: "Create"; readonly number: number; readonly cause: string }
  | {
      readonly _tag: "Replace"
      readonly number: number
      readonly old: ObservedContainer
      readonly why: Obsolete
      /** An outdated replacement is there: whoever began it may have stopped the old one. */
      readonly interrupted: boolean
    }
  /** The replacement exists under its temporary name, the old one may be anything but removed. */
  | {
      readonly _tag: "Continue"
      readonly number: number
      readonly old: ObservedContainer
      readonly next: ObservedContainer
      readonly why: Obsolete
      readonly interrupted: true
    }
  /** The old one is gone, the replacement not renamed yet. */
  | { readonly _tag: "Finish"; readonly number: number; readonly next: ObservedContainer }
  | { readonly _tag: "Start"; readonly number: number; readonly container: ObservedContainer; readonly cause: string }
  | { readonly _tag: "Unpause"; readonly number: number; readonly container: ObservedContainer }
  | { readonly _tag: "Keep"; readonly number: number; readonly container: ObservedContainer }

/** Why a slot is finished. */
export const interrupted = "an interrupted replacement is finished"
/** Whose container gives way to another. */
export type Replaced = Extract<Slot, { readonly _tag: "Replace" | "Continue" }>
export const isReplaced = (slot: Slot): slot is Replaced => slot._tag === "Replace" || slot._tag === "Continue"

export interface ServiceSlots {
  readonly service: DesiredService
  readonly slots: ReadonlyArray<Slot>
  /** Too many, broken, or left over from an interrupted run: to be removed, with the reason. */
  readonly surplus: ReadonlyArray<{ readonly container: ObservedContainer; readonly cause: string }>
}

const broken: ReadonlySet<string> = new Set(["dead", "removing"])

/** Ended with 0, and somebody waited just for that: it is done. */
export const isDone = (service: DesiredService, container: ObservedContainer): boolean =>
  service.completes && container.state === "exited" && container.exitCode === 0

const kept = (service: DesiredService, container: ObservedContainer): Slot => {
  const { number } = container
  switch (container.state) {
    case "paused":
      return { _tag: "Unpause", number, container }
    case "created":
      return { _tag: "Start", number, container, cause: "not started yet" }
    case "exited":
      return isDone(service, container)
        ? { _tag: "Keep", number, container }
        : { _tag: "Start", number, container, cause: `not running (exited with ${container.exitCode ?? "?"})` }
    case "running":
    case "restarting":
    case "dead":
    case "removing":
      return { _tag: "Keep", number, container }
  }
}

type Surplus = ServiceSlots["surplus"][number]

export const slotsOf = (
  desired: DesiredUp,
  service: PlannedService,
  containers: ReadonlyArray<ObservedContainer>,
  live: LiveNetworks,
): ServiceSlots => {
  const surplus: Array<Surplus> = []
  const why = (container: ObservedContainer) => obsolete(desired, service, container, live)
  const stale = (container: ObservedContainer) => diverges(desired, service, container, live)
  const byNumber = new Map<number, Array<ObservedContainer>>()
  for (const container of containers) {
    if (container.ofHook === true) {
      surplus.push({ container, cause: "left over from a hook" })
      continue
    }
    if (broken.has(container.state)) {
      surplus.push({ container, cause: `it is ${container.state}` })
      continue
    }
    const list = byNumber.get(container.number)
    if (list === undefined) byNumber.set(container.number, [container])
    else list.push(container)
  }

  const slots: Array<Slot> = []
  for (const [number, group] of [...byNumber].sort(([a], [b]) => a - b)) {
    const finalName = containerName(desired.project, service.name, service.model, number)
    const temporary = group.filter((container) => isTemporaryName(container.name, finalName))
    const finals = group.filter((container) => !temporary.includes(container))
    const old = finals.find((container) => stale(container) === undefined) ?? finals[0]
    const next = temporary.find((container) => stale(container) === undefined)
    const drop = (others: ReadonlyArray<ObservedContainer>, cause: string) => {
      for (const container of others) surplus.push({ container, cause })
    }
    drop(
      finals.filter((container) => container !== old),
      "another container has its number",
    )
    const leftOver = "left over from an interrupted replacement"
    if (old === undefined) {
      const successor = next ?? temporary[0]
      if (successor === undefined) continue
      drop(
        temporary.filter((container) => container !== successor),
        leftOver,
      )
      const reason = stale(successor)
      slots.push(
        reason === undefined
          ? { _tag: "Finish", number, next: successor }
          : { _tag: "Replace", number, old: successor, why: reason, interrupted: false },
      )
      continue
    }
    const reason = why(old)
    if (reason === undefined || next === undefined) {
      drop(temporary, leftOver)
      slots.push(
        reason === undefined
          ? kept(service, old)
          : { _tag: "Replace", number, old, why: reason, interrupted: temporary.length > 0 },
      )
      continue
    }
    drop(
      temporary.filter((container) => container !== next),
      leftOver,
    )
    slots.push({ _tag: "Continue", number, old, next, why: reason, interrupted: true })
  }
  return sized(service, slots, surplus)
}

/** What stays when there are too many: those that match before those that do not, low numbers before high ones. */
const sized = (service: DesiredService, slots: ReadonlyArray<Slot>, surplus: ReadonlyArray<Surplus>): ServiceSlots => {
  const matches = (slot: Slot) => slot._tag === "Keep" || slot._tag === "Start" || slot._tag === "Unpause"
  const preferred = [...slots].sort((a, b) => Number(matches(b)) - Number(matches(a)) || a.number - b.number)
  const kept = preferred.slice(0, service.scale).sort((a, b) => a.number - b.number)
  const excess = preferred.slice(service.scale).flatMap(containersOf)
  const used = new Set(kept.map((slot) => slot.number))
  const created: Array<Slot> = []
  for (let number = 1; kept.length + created.length < service.scale; number++)
    if (!used.has(number)) created.push({ _tag: "Create", number, cause: "no container" })
  return {
    service,
    slots: [...kept, ...created].sort((a, b) => a.number - b.number),
    surplus: [...surplus, ...excess.map((container) => ({ container, cause: "scaled down" }))],
  }
}

export const containersOf = (slot: Slot): ReadonlyArray<ObservedContainer> => {
  switch (slot._tag) {
    case "Create":
      return []
    case "Replace":
      return [slot.old]
    case "Continue":
      return [slot.old, slot.next]
    case "Finish":
      return [slot.next]
    case "Start":
    case "Unpause":
    case "Keep":
      return [slot.container]
  }
}
