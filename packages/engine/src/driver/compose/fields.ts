/** Which fields of a service differ: short digests, a key each, kept in a label so that a cause can be told without values. */
import type { Schema } from "effect"
import { digestJson } from "../../plan/digest.ts"
import type { FieldChange } from "../../plan/Plan.ts"
import type { DesiredService } from "./Desired.ts"

/** Not part of the configuration a container is created from: changing them replaces nothing. */
const outside: ReadonlySet<string> = new Set(["build", "pull_policy", "scale", "depends_on", "profiles"])
/** Told entry by entry. */
export const maps: ReadonlySet<string> = new Set([
  "environment",
  "labels",
  "annotations",
  "sysctls",
  "networks",
  "ulimits",
])

const short = (value: Schema.Json): string => digestJson(value).slice(0, 8)

/** `image`, `command`, `environment.A` → the first 8 hex digits of its digest. */
export const fieldDigests = (service: DesiredService): Record<string, string> => {
  const digests: Record<string, string> = {}
  for (const [key, value] of Object.entries(service.model)) {
    if (outside.has(key) || key.startsWith("x-") || value === undefined || value === null) continue
    // The model is the JSON that Compose prints: the cast names what its schema guarantees. Replicas are no configuration.
    const json = (key === "deploy" ? { ...service.model.deploy, replicas: null } : value) as Schema.Json
    if (maps.has(key) && typeof json === "object" && json !== null && !Array.isArray(json))
      for (const [entry, item] of Object.entries(json)) digests[`${key}.${entry}`] = short(item)
    else digests[key] = short(json)
  }
  if (service.securityOptions !== undefined) digests["security_opt"] = short(service.securityOptions)
  for (const { kind, key, digest } of service.contents) digests[`${kind}.${key}.content`] = digest.slice(0, 8)
  for (const { variable, name, version } of service.secrets) digests[`environment.${variable}`] = short([name, version])
  // Carried configs and secrets are told by their own names.
  for (const { target } of service.model.volumes ?? []) {
    const digest = service.carried?.[target]
    if (digest !== undefined) digests[`files.${target}`] = digest.slice(0, 8)
  }
  return digests
}

/** Differences by name: only digests of the old values are known here (`toldValues.ts` looks for them elsewhere). */
export const changedFields = (
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ReadonlyArray<FieldChange> =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((path) => before[path] !== after[path])
    .sort()
    .map((path) => ({
      path,
      ...(before[path] === undefined ? {} : { before: "(old value)" }),
      ...(after[path] === undefined ? {} : { after: "(new value)" }),
    }))
