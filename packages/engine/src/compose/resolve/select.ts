/** Which services take part: profiles, names given by the user, and what those need. */
import type { Service, StackModel } from "../../model/StackModel.ts"

export interface Selection {
  readonly enabled: Readonly<Record<string, Service>>
  readonly disabled: Readonly<Record<string, Service>>
}

export const byProfiles = (services: Readonly<Record<string, Service>>, profiles: ReadonlyArray<string>): Selection => {
  const active = ({ profiles: own = [] }: Service) =>
    own.length === 0 || profiles.includes("*") || own.some((profile) => profiles.includes(profile))
  const all = Object.entries(services)
  // The usual case, without a copy: building a record of a thousand names costs as much as reading them.
  if (all.every(([, service]) => active(service))) return { enabled: services, disabled: {} }
  return {
    enabled: Object.fromEntries(all.filter(([, service]) => active(service))),
    disabled: Object.fromEntries(all.filter(([, service]) => !active(service))),
  }
}

/** The profiles that naming a service switches on. */
export const impliedProfiles = (names: ReadonlyArray<string>, { enabled, disabled }: Selection): string[] =>
  names.flatMap((name) =>
    Object.hasOwn(enabled, name) || !Object.hasOwn(disabled, name) ? [] : [...(disabled[name]!.profiles ?? [])],
  )

/** Go's `filepath.Match` for names of services. */
const matcher = (pattern: string): ((name: string) => boolean) => {
  if (!/[*?[\\]/.test(pattern)) return (name) => name === pattern
  const source = pattern
    .replace(/[.+^${}()|]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]")
  try {
    const expression = new RegExp(`^${source}$`)
    return (name) => expression.test(name)
  } catch {
    return () => false
  }
}

/** The services that names or patterns mean; `missing` holds those that match nothing. */
export const matchServices = (
  wanted: ReadonlyArray<string>,
  services: ReadonlyArray<string>,
): { readonly matched: ReadonlyArray<string>; readonly missing: ReadonlyArray<string> } => {
  const missing: string[] = []
  const matched = wanted.flatMap((pattern) => {
    const matches = services.filter(matcher(pattern))
    if (matches.length === 0) missing.push(pattern)
    return matches
  })
  return { matched: [...new Set(matched)], missing }
}

/** The named services and what they depend on; `missing` holds names that match nothing. */
export const closure = (
  names: ReadonlyArray<string>,
  services: Readonly<Record<string, Service>>,
): { readonly chosen: ReadonlySet<string>; readonly missing: ReadonlyArray<string> } => {
  const chosen = new Set<string>()
  const { matched, missing } = matchServices(names, Object.keys(services))
  const queue = [...matched]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (chosen.has(name)) continue
    chosen.add(name)
    for (const dependency of Object.keys(services[name]?.depends_on ?? {}))
      if (Object.hasOwn(services, dependency)) queue.push(dependency)
  }
  return { chosen, missing }
}

/** The model of the chosen services; dependencies on others are cut. */
export const keepServices = (
  services: Readonly<Record<string, Service>>,
  chosen: ReadonlySet<string>,
): Record<string, Service> =>
  Object.fromEntries(
    Object.entries(services)
      .filter(([name]) => chosen.has(name))
      .map(([name, { depends_on, ...service }]) => {
        const kept = Object.entries(depends_on ?? {}).filter(([dependency]) => chosen.has(dependency))
        return [name, kept.length === 0 ? service : { ...service, depends_on: Object.fromEntries(kept) }]
      }),
  )

/** Drops networks, volumes, secrets, configs and models that no service uses. */
export const withoutUnused = (model: StackModel): StackModel => {
  const used = {
    networks: new Set<string>(),
    volumes: new Set<string>(),
    secrets: new Set<string>(),
    configs: new Set<string>(),
    models: new Set<string>(),
  }
  for (const service of Object.values(model.services)) {
    for (const network of Object.keys(service.networks ?? {})) used.networks.add(network)
    for (const mount of service.volumes ?? [])
      if (mount.type === "volume" && mount.source !== undefined) used.volumes.add(mount.source)
    for (const grant of [...(service.secrets ?? []), ...(service.build?.secrets ?? [])])
      if (grant.source !== undefined) used.secrets.add(grant.source)
    for (const grant of service.configs ?? []) if (grant.source !== undefined) used.configs.add(grant.source)
    for (const name of Object.keys(service.models ?? {})) used.models.add(name)
  }
  const { networks, volumes, secrets, configs, models, ...rest } = model
  const keep = <A>(section: keyof typeof used, all: Readonly<Record<string, A>> | undefined) => {
    const kept = Object.entries(all ?? {}).filter(([name]) => used[section].has(name))
    return kept.length === 0 ? {} : { [section]: Object.fromEntries(kept) }
  }
  return {
    ...rest,
    ...keep("networks", networks),
    ...keep("volumes", volumes),
    ...keep("secrets", secrets),
    ...keep("configs", configs),
    ...keep("models", models),
  }
}
