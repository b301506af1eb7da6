/**
 * Which trees of a project are complete on a target, which revisions keep them: empty volumes whose labels tell it. The content
 * itself lies in one volume a project (`carryTrees.ts`).
 */
import { Effect } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { DockerApiShape } from "../transport/DockerApi.ts"
import type { VolumeSummary } from "../transport/engineAnswers.ts"
import { fileLabels, storeName } from "./layout.ts"

/** A complete tree. */
export interface Tree {
  readonly id: string
  readonly digest: string
  /** Where its content came from, relative to the project's directory. */
  readonly source: string
}

export interface Store {
  readonly trees: ReadonlyArray<Tree>
  readonly kept: ReadonlyArray<{ readonly revision: number; readonly digests: ReadonlySet<string> }>
  /** Whether the volume of the content is there: without it marks mean nothing. */
  readonly present: boolean
}

const words = (text: string | undefined): ReadonlyArray<string> => (text ?? "").split(",").filter((word) => word !== "")

const storeOf = (project: string, volumes: ReadonlyArray<VolumeSummary>): Store => {
  const present = volumes.some((volume) => volume.Name === storeName(project))
  const trees: Array<Tree> = []
  const kept: Array<Store["kept"][number]> = []
  for (const { Labels: own } of volumes) {
    const [id, digest, revision] = [own?.[fileLabels.tree], own?.[fileLabels.digest], own?.[fileLabels.revision]]
    if (id !== undefined && digest !== undefined && present)
      trees.push({ id, digest, source: own?.[fileLabels.source] ?? "" })
    else if (revision !== undefined)
      kept.push({ revision: Number(revision), digests: new Set(words(own?.[fileLabels.digests])) })
  }
  // Ids begin with the time they were made: the newest comes first.
  trees.sort((a, b) => (a.id < b.id ? 1 : -1))
  return { trees, kept, present }
}

/** One call. */
export const readStore = (api: DockerApiShape, project: string): Effect.Effect<Store, WindFlowError> =>
  Effect.map(api.volumes.list({ label: [`${fileLabels.project}=${project}`] }), (volumes) => storeOf(project, volumes))

const volume = (api: DockerApiShape, name: string, labels: Readonly<Record<string, string>>) =>
  Effect.asVoid(api.volumes.create({ Name: name, Driver: "local", Labels: { ...labels } }))

export const createStore = (api: DockerApiShape, project: string): Effect.Effect<void, WindFlowError> =>
  volume(api, storeName(project), { [fileLabels.project]: project })

const markName = (project: string, id: string): string => `${storeName(project)}.${id}`
const keepName = (project: string, revision: number): string => `${storeName(project)}.r${revision}`

/** From here on the tree exists. */
export const mark = (api: DockerApiShape, project: string, tree: Tree): Effect.Effect<void, WindFlowError> =>
  volume(api, markName(project, tree.id), {
    [fileLabels.project]: project,
    [fileLabels.tree]: tree.id,
    [fileLabels.digest]: tree.digest,
    [fileLabels.source]: tree.source,
  })

export const unmark = (api: DockerApiShape, project: string, id: string): Effect.Effect<void, WindFlowError> =>
  api.volumes.remove(markName(project, id))

/** A revision keeps what it mounts, for rollbacks. */
export const keepFor = (
  api: DockerApiShape,
  project: string,
  revision: number,
  digests: ReadonlyArray<string>,
): Effect.Effect<void, WindFlowError> =>
  volume(api, keepName(project, revision), {
    [fileLabels.project]: project,
    [fileLabels.revision]: String(revision),
    [fileLabels.digests]: digests.join(","),
  })

export const letGo = (api: DockerApiShape, project: string, revision: number): Effect.Effect<void, WindFlowError> =>
  api.volumes.remove(keepName(project, revision))

/** The trees that a container's label names. */
export const mountedTrees = (labels: Readonly<Record<string, string>> | null | undefined): ReadonlyArray<string> =>
  words(labels?.[fileLabels.mounted])
