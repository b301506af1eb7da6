/** Networks and volumes of a plan: what must be made, what has changed, what is somebody else's. Pure. */
import { Result } from "effect"
import { ExternalMissing } from "../../model/errors/union.ts"
import type { DesiredUp } from "./Desired.ts"
import type { Draft } from "./draft.ts"
import type { LiveNetworks } from "./obsolete.ts"
import type { Observed, ObservedContainer, ObservedNetwork } from "./Observed.ts"

export interface NetworkVerdicts {
  readonly live: LiveNetworks
  /** Keys of networks to create. */
  readonly missing: ReadonlyArray<string>
  /** Networks to make anew, and the containers that stand in the way. */
  readonly changed: ReadonlyArray<{
    readonly key: string
    readonly network: ObservedNetwork
    readonly attached: ReadonlyArray<ObservedContainer>
  }>
}

const owner = (project: string) => (project === "" ? "nobody's project" : `project ${project}`)

/** Whether this run replaces or removes a container when its network is made anew. */
const leaves = (desired: DesiredUp, container: ObservedContainer): boolean => {
  const service = desired.services.find((candidate) => candidate.name === container.service)
  if (service !== undefined) return !(service.targeted && desired.options.recreate === "never")
  return desired.options.removeOrphans && !desired.untouched.includes(container.service)
}

export const judgeNetworks = (
  desired: DesiredUp,
  observed: Observed,
  draft: Draft,
): Result.Result<NetworkVerdicts, ExternalMissing> => {
  const live = new Map<string, { readonly id: string; readonly replaced: boolean } | undefined>()
  const missing: Array<string> = []
  const changed: Array<NetworkVerdicts["changed"][number]> = []
  for (const { key, model, hash } of desired.networks) {
    const candidates = observed.networks.filter((network) => network.name === model.name || network.id === model.name)
    const network = candidates.find((candidate) => candidate.project === desired.project) ?? candidates[0]
    if (network === undefined) {
      if (model.external === true) return Result.fail(new ExternalMissing({ kind: "network", name: model.name }))
      missing.push(key)
      live.set(key, undefined)
      continue
    }
    const ours = model.external !== true && network.project === desired.project
    if (model.external !== true && !ours)
      draft.warn(
        `Network ${model.name} belongs to ${owner(network.project)} and is used as it is; declare it external.`,
      )
    // A network without a hash was made by hand or by an old Compose: left as it is.
    const differs = ours && network.hash !== "" && network.hash !== hash
    const attached = differs
      ? observed.containers.filter((container) => container.networks[network.name] === network.id)
      : []
    const standing = attached.filter((container) => !leaves(desired, container)).map((container) => container.name)
    const replaced = differs && standing.length === 0
    if (differs && !replaced)
      draft.warn(
        `Network ${model.name} was made with another configuration. It is kept, because this run leaves ${standing.join(", ")} as it is.`,
      )
    live.set(key, { id: network.id, replaced })
    if (replaced) changed.push({ key, network, attached })
  }
  return Result.succeed({ live, missing, changed })
}

/** Plans the networks; returns, by key, the operation after which it can be used. `stop` plans the stop of a container. */
export const planNetworks = (
  verdicts: NetworkVerdicts,
  draft: Draft,
  stop: (container: ObservedContainer, cause: string, group: string) => string | undefined,
): ReadonlyMap<string, string> => {
  const ready = new Map<string, string>()
  const create = (key: string, group: string, cause: string, needs: ReadonlyArray<string>) => {
    const id = `network:${key}/create`
    ready.set(
      key,
      draft.add({
        id,
        group,
        resource: `network:${key}`,
        cause,
        needs,
        action: { verb: "CreateNetwork", args: { key } },
      }),
    )
  }
  for (const key of verdicts.missing) {
    const cause = "no network"
    create(key, draft.group(`network:${key}`, "create", `network:${key}`, cause), cause, [])
  }
  for (const { key, network, attached } of verdicts.changed) {
    const resource = `network:${key}`
    const cause = "configuration changed"
    const group = draft.group(resource, "replace", resource, cause)
    const stops = attached.flatMap((container) => stop(container, `network ${key} is made anew`, group) ?? [])
    const remove = draft.add({
      id: `${resource}/remove`,
      group,
      resource,
      cause,
      needs: stops,
      action: { verb: "RemoveNetwork", args: { id: network.id, name: network.name } },
    })
    create(key, group, cause, [remove])
  }
  return ready
}

/**
 * The old network of one that has another name now, as Compose does it: it goes after the containers that were attached to it.
 * Only together with the new one; should somebody else still use it, it stays, and no later run tries again.
 */
export const planRenamed = (
  verdicts: NetworkVerdicts,
  desired: DesiredUp,
  observed: Observed,
  draft: Draft,
  removal: (container: ObservedContainer) => string,
): void => {
  const names = new Set(desired.networks.map(({ model }) => model.name))
  for (const network of observed.networks) {
    if (network.project !== desired.project || names.has(network.name) || !verdicts.missing.includes(network.key))
      continue
    const attached = observed.containers.filter((container) => network.name in container.networks)
    const needs = attached.map((container) => removal(container))
    if (!needs.every((operation) => draft.has(operation))) {
      draft.warn(
        `Network ${network.name} has another name in the file. It is kept, because containers of this project use it.`,
      )
      continue
    }
    const resource = `network:${network.name}`
    const cause = "renamed"
    draft.add({
      id: `${resource}/remove`,
      group: draft.group(resource, "delete", resource, cause),
      resource,
      cause,
      needs,
      action: { verb: "RemoveNetwork", args: { id: network.id, name: network.name, unlessUsed: true } },
    })
  }
}

/** Plans the volumes; returns, by key, the operation after which it can be used. A volume is never replaced: it holds data. */
export const planVolumes = (
  desired: DesiredUp,
  observed: Observed,
  draft: Draft,
): Result.Result<ReadonlyMap<string, string>, ExternalMissing> => {
  const ready = new Map<string, string>()
  for (const { key, model, hash } of desired.volumes) {
    const volume = observed.volumes.find((candidate) => candidate.name === model.name)
    if (volume === undefined) {
      if (model.external === true) return Result.fail(new ExternalMissing({ kind: "volume", name: model.name }))
      const resource = `volume:${key}`
      const cause = "no volume"
      ready.set(
        key,
        draft.add({
          id: `${resource}/create`,
          group: draft.group(resource, "create", resource, cause),
          resource,
          cause,
          needs: [],
          action: { verb: "CreateVolume", args: { key } },
        }),
      )
    } else if (model.external !== true && volume.project !== desired.project)
      draft.warn(`Volume ${model.name} belongs to ${owner(volume.project)} and is used as it is; declare it external.`)
    else if (model.external !== true && volume.hash !== "" && volume.hash !== hash)
      draft.warn(
        `Volume ${model.name} was made with another configuration. It is kept, because making it anew loses its data: remove it yourself to apply the change.`,
      )
  }
  return Result.succeed(ready)
}
