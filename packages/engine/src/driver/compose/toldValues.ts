/**
 * Old and new values of changed fields. The engine holds digests only, so the old ones come from the stored revision whose
 * configuration the container has. Values of environment, configs and secrets are not told, nor options of log drivers, which take
 * access tokens. Pure.
 */
import type { FieldChange, PlanDraft } from "../../plan/Plan.ts"
import type { Desired, DesiredService } from "./Desired.ts"
import { maps } from "./fields.ts"
import type { Observed } from "./Observed.ts"

const masked: ReadonlySet<string> = new Set(["environment", "configs", "secrets", "files", "images", "logging"])

const longest = 100

const own = (holder: unknown, key: string): unknown =>
  typeof holder === "object" && holder !== null && Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined

/** One line, in which nothing can move a cursor. */
const textOf = (value: unknown): string => {
  const text = typeof value === "string" && !/\p{Cc}/u.test(value) ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

/** A field by the path that `fieldDigests` gives it; undefined when the service has none, or its value is not told. */
const valueOf = (service: DesiredService, path: string): string | undefined => {
  const dot = path.indexOf(".")
  const key = dot === -1 ? path : path.slice(0, dot)
  const field = own(service.model, key)
  const value = maps.has(key) && dot !== -1 ? own(field, path.slice(dot + 1)) : field
  return value === undefined ? undefined : textOf(value)
}

const told =
  (before: DesiredService, after: DesiredService) =>
  (change: FieldChange): FieldChange => {
    if (masked.has(change.path.split(".")[0] ?? "")) return change
    const was = change.before === undefined ? undefined : valueOf(before, change.path)
    const is = change.after === undefined ? undefined : valueOf(after, change.path)
    return {
      ...change,
      ...(was === undefined ? {} : { before: was }),
      ...(is === undefined ? {} : { after: is }),
    }
  }

/** `earlier`: what stored revisions wanted, the newest first. */
export const tellValues = (
  draft: PlanDraft,
  desired: Desired,
  observed: Observed,
  earlier: ReadonlyArray<Desired>,
): PlanDraft => {
  if (desired._tag !== "Up") return draft
  const services = new Map(desired.services.map((service) => [service.name, service]))
  const stored = earlier.flatMap((one) => (one._tag === "Up" ? one.services : []))
  return {
    ...draft,
    groups: draft.groups.map((group) => {
      const [, name = "", number] = /^service:(.+):(\d+)$/.exec(group.resource) ?? []
      const after = services.get(name)
      if (after === undefined || group.fields.length === 0) return group
      const ofSlot = observed.containers.filter(
        (container) => container.service === name && container.number === Number(number),
      )
      const hashes = new Set(ofSlot.map((container) => container.configHash))
      // The successor of an interrupted replacement is no predecessor.
      hashes.delete(after.configHash)
      const before = stored.find((service) => service.name === name && hashes.has(service.configHash))
      return before === undefined ? group : { ...group, fields: group.fields.map(told(before, after)) }
    }),
  }
}
