/** The plan of a `down`: from labels alone, dependents before what they depend on. Pure. */
import type { PlanDraft } from "../../plan/Plan.ts"
import type { DesiredDown } from "./Desired.ts"
import { Draft } from "./draft.ts"
import { planPreStop } from "./planHooks.ts"
import { type Observed, type ObservedContainer, runs } from "./Observed.ts"
import { familiar } from "./imageNames.ts"
import { defaultImage } from "./names.ts"
import { snapshotOf } from "./snapshot.ts"

/** Names, each once. An id names nothing that could be taken away. */
const imagesToRemove = ({ project, options }: DesiredDown, { containers }: Observed): ReadonlyArray<string> => {
  const named = containers.filter(({ imageName }) => !/^(sha256:)?[0-9a-f]{12,64}$/.test(imageName))
  const own = ({ imageName, service }: ObservedContainer) =>
    familiar(imageName) === familiar(defaultImage(project, service))
  const chosen = options.images === "all" ? named : options.images === "local" ? named.filter(own) : []
  return [...new Set(chosen.map(({ imageName }) => imageName))].sort()
}

export const planDown = (desired: DesiredDown, observed: Observed): PlanDraft => {
  const draft = new Draft()
  const byService = Map.groupBy(observed.containers, (container) => container.service)
  const cause = "down"
  const removals: Array<string> = []
  const stopped = new Map<string, ReadonlyArray<string>>()

  const remove = (container: ObservedContainer, after: ReadonlyArray<string>): string => {
    const id = `container:${container.id.slice(0, 12)}`
    const resource = `service:${container.service}:${container.number}`
    const group = draft.group(`delete:${container.name}`, "delete", resource, cause)
    const stop = runs(container)
      ? draft.add({
          id: `${id}/stop`,
          group,
          resource,
          cause,
          needs: planPreStop(draft, container, { group, resource, cause }, after),
          action: {
            verb: "StopContainer",
            args: { id: container.id, name: container.name, seconds: desired.options.stopTimeout ?? null },
          },
        })
      : undefined
    const removal = draft.add({
      id: `${id}/remove`,
      group,
      resource,
      cause,
      needs: stop === undefined ? after : [stop],
      action: {
        verb: "RemoveContainer",
        args: { id: container.id, name: container.name, volumes: desired.options.volumes },
      },
    })
    removals.push(removal)
    return stop ?? removal
  }

  /** Operations after which the service no longer runs. `path` breaks cycles that labels of different ages can form. */
  const visit = (service: string, path: ReadonlySet<string>): ReadonlyArray<string> => {
    const known = stopped.get(service)
    if (known !== undefined || path.has(service)) return known ?? []
    const below = new Set([...path, service])
    const dependents = [...byService]
      .filter(([, containers]) =>
        containers.some((container) => container.dependsOn.some((dependency) => dependency.service === service)),
      )
      .flatMap(([name]) => visit(name, below))
    const operations = (byService.get(service) ?? []).map((container) => remove(container, dependents))
    stopped.set(service, operations)
    return operations
  }
  for (const service of [...byService.keys()].sort()) visit(service, new Set())

  for (const network of observed.networks) {
    const resource = `network:${network.key}`
    draft.add({
      id: `network:${network.id.slice(0, 12)}/remove`,
      group: draft.group(`delete:${network.name}`, "delete", resource, cause),
      resource,
      cause,
      needs: removals,
      action: { verb: "RemoveNetwork", args: { id: network.id, name: network.name } },
    })
  }
  for (const volume of observed.volumes) {
    const resource = `volume:${volume.key}`
    draft.add({
      id: `volume:${volume.name}/remove`,
      group: draft.group(`delete:volume:${volume.name}`, "delete", resource, cause),
      resource,
      cause,
      needs: removals,
      action: { verb: "RemoveVolume", args: { name: volume.name } },
    })
  }
  for (const name of imagesToRemove(desired, observed)) {
    const resource = `image:${name}`
    draft.add({
      id: `${resource}/remove`,
      group: draft.group(`delete:${resource}`, "delete", resource, cause),
      resource,
      cause,
      needs: removals,
      action: { verb: "RemoveImage", args: { name } },
    })
  }
  return draft.finish(snapshotOf(observed))
}
