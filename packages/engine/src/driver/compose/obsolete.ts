/** Why a container no longer matches what is desired, in words; undefined when it does. Pure. */
import type { FieldChange } from "../../plan/Plan.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { changedFields, fieldDigests } from "./fields.ts"
import { networksInOrder } from "./createBody.ts"
import type { ObservedContainer } from "./Observed.ts"
import type { PlannedService } from "./sharing.ts"

export interface Obsolete {
  readonly cause: string
  readonly fields: ReadonlyArray<FieldChange>
}

/** The live networks by key: undefined when it is still to be created, `replaced` when it will be removed and made anew. */
export type LiveNetworks = ReadonlyMap<string, { readonly id: string; readonly replaced: boolean } | undefined>

const because = (cause: string, fields: ReadonlyArray<FieldChange> = []): Obsolete => ({ cause, fields })

const untilWords = { build: "built", pull: "pulled", carry: "carried" } as const

const contentChanged = "content changed"
const contentWords: Readonly<Record<string, string>> = {
  configs: "config",
  environment: "secret",
  files: "file",
  images: "mounted image",
  secrets: "secret",
}
/** Fields of contents only, since nothing else differs. */
const kindOfContent = (names: ReadonlyArray<string>): string => {
  const kinds = names.map((name) => contentWords[name.split(".")[0] ?? ""] ?? "content")
  return `${[...new Set(kinds)].sort().join(" or ")} changed`
}

const shown = 5
const configurationChanged = (service: DesiredService, container: ObservedContainer, what: string): Obsolete => {
  const fields = container.fields === undefined ? [] : changedFields(container.fields, fieldDigests(service))
  const names = fields.map((field) => field.path)
  if (names.length === 1 && names[0] === "image") return because("image changed", fields)
  if (names.length > 0 && what === contentChanged) what = kindOfContent(names)
  const list = names.slice(0, shown).join(", ") + (names.length > shown ? ` and ${names.length - shown} more` : "")
  return because(names.length === 0 ? what : `${what}: ${list}`, fields)
}

const networkCause = (
  desired: DesiredUp,
  service: DesiredService,
  container: ObservedContainer,
  live: LiveNetworks,
): string | undefined => {
  if (service.model.network_mode !== undefined || desired.networks.length === 0) return undefined
  for (const key of networksInOrder(service.model)) {
    const name = desired.networks.find((network) => network.key === key)?.model.name
    if (name === undefined) continue
    const network = live.get(key)
    const attached = container.networks[name]
    if (network?.replaced === true) return `network ${key} changed`
    if (attached === undefined) return `not attached to network ${key}`
    // The engine fills in the id at the first start; until then the name counts.
    if (attached !== "" && attached !== network?.id) return `network ${key} was made anew`
  }
  return undefined
}

const volumeCause = (desired: DesiredUp, service: DesiredService, container: ObservedContainer): string | undefined => {
  for (const mount of service.model.volumes ?? []) {
    if (mount.type !== "volume" || (mount.source ?? "") === "") continue
    const name = desired.volumes.find((volume) => volume.key === mount.source)?.model.name
    if (name === undefined || container.mounts.some((live) => live.type === "volume" && live.name === name)) continue
    return `volume ${mount.source} is not mounted`
  }
  return undefined
}

/** Without regard to what the caller wants recreated. */
export const diverges = (
  desired: DesiredUp,
  service: PlannedService,
  container: ObservedContainer,
  live: LiveNetworks,
): Obsolete | undefined => {
  if (service.awaits !== undefined) return because(`it shares with ${service.awaits}, which is replaced`)
  if (container.configHash !== service.configHash)
    return configurationChanged(service, container, "configuration changed")
  // What a foreign container was given cannot be known: Compose takes no notice of contents either. A secret of the store is none
  // that Compose could have given.
  const comparable = container.fields !== undefined || service.secrets.length > 0
  if (comparable && container.extra !== service.extra) return configurationChanged(service, container, contentChanged)
  const { id, pending } = service.image
  if (id === null) return because(`unknown until ${untilWords[pending ?? "build"]}`)
  if (container.image !== id) return because("image changed")
  const cause = networkCause(desired, service, container, live) ?? volumeCause(desired, service, container)
  return cause === undefined ? undefined : because(cause)
}

export const obsolete = (
  desired: DesiredUp,
  service: PlannedService,
  container: ObservedContainer,
  live: LiveNetworks,
): Obsolete | undefined => {
  const policy = service.targeted
    ? desired.options.recreate
    : desired.options.recreateDependencies === true
      ? "force"
      : "diverged"
  if (policy === "never") return undefined
  const found = diverges(desired, service, container, live)
  return found ?? (policy === "force" ? because("recreation was asked for") : undefined)
}
