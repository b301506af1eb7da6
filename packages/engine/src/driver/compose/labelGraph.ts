/** Which service depends on which, as the labels of containers tell: for verbs that work without the file. Pure. */
import type { ObservedContainer, ObservedDependency } from "./Observed.ts"

export interface LabelGraph {
  /** Services that have containers, by name. */
  readonly services: ReadonlyArray<string>
  readonly containers: (service: string) => ReadonlyArray<ObservedContainer>
  /** Among services that have containers. */
  readonly dependencies: (service: string) => ReadonlyArray<ObservedDependency>
  readonly dependents: (service: string) => ReadonlyArray<string>
}

export const labelGraph = (containers: ReadonlyArray<ObservedContainer>): LabelGraph => {
  const byService = Map.groupBy(containers, ({ service }) => service)
  const dependencies = new Map(
    [...byService].map(([service, own]) => {
      // Containers of one service may carry labels of different ages: every dependency that one of them names counts, once.
      const named = own.flatMap(({ dependsOn }) => dependsOn).filter((one) => byService.has(one.service))
      return [service, [...new Map(named.map((one) => [one.service, one])).values()]] as const
    }),
  )
  return {
    services: [...byService.keys()].sort(),
    containers: (service) => byService.get(service) ?? [],
    dependencies: (service) => dependencies.get(service) ?? [],
    dependents: (service) =>
      [...dependencies].flatMap(([name, all]) => (all.some((one) => one.service === service) ? [name] : [])),
  }
}

/** The services and everything that `next` leads to from them. */
export const closure = (
  services: Iterable<string>,
  next: (service: string) => ReadonlyArray<string>,
): ReadonlySet<string> => {
  const all = new Set(services)
  // A set that grows while it is iterated is iterated to its end.
  for (const service of all) for (const other of next(service)) all.add(other)
  return all
}

/**
 * Visits every service once, each after those that `before` names. `plan` is given what they returned, or what stands before them
 * where they returned nothing, so that order holds through services that are left alone. A cycle, which labels of different ages
 * can form, is cut where it closes.
 */
export const inOrder = (
  services: Iterable<string>,
  before: (service: string) => ReadonlyArray<string>,
  plan: (service: string, earlier: ReadonlyArray<string>) => ReadonlyArray<string>,
): void => {
  const done = new Map<string, ReadonlyArray<string>>()
  const visit = (service: string, path: ReadonlySet<string>): ReadonlyArray<string> => {
    const known = done.get(service)
    if (known !== undefined || path.has(service)) return known ?? []
    const below = new Set([...path, service])
    const earlier = before(service).flatMap((name) => visit(name, below))
    const own = plan(service, earlier)
    const result = own.length > 0 ? own : earlier
    done.set(service, result)
    return result
  }
  for (const service of services) visit(service, new Set())
}
