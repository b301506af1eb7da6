/**
 * Keeps the images of a revision by tags of ours (`windflow/<project>/<service>:r<N>`), so that `docker image prune` does not kill
 * a rollback, and lets the tags go with their revision.
 */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import { sha256Hex } from "../../plan/digest.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import { keepFor } from "../../host/trees.ts"
import type { DesiredUp } from "./Desired.ts"

import { projectFilter } from "./names.ts"

/** What the engine takes between two slashes of a repository's name. */
const component = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/

/** Names of projects and services are wider: what does not fit is told apart by a digest. */
const part = (name: string): string => {
  if (component.test(name)) return name
  const near = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
  return [near, sha256Hex(name).slice(0, 8)].filter((text) => text !== "").join("-")
}

const prefixOf = (project: string): string => `windflow/${part(project)}/`
export const repositoryOf = (project: string, service: string): string => prefixOf(project) + part(service)

/** A tag an image, named after the first service that uses it. */
export const retain = (
  api: DockerApiShape,
  desired: DesiredUp,
  revision: number,
): Effect.Effect<void, WindFlowError> => {
  const first = new Map<string, string>()
  for (const { name, image } of desired.services)
    if (image.id !== null && !first.has(image.id)) first.set(image.id, name)
  const images = Effect.forEach(
    first,
    ([id, service]) => api.images.tag(id, repositoryOf(desired.project, service), `r${revision}`),
    { concurrency: 4, discard: true },
  )
  const digests = (desired.trees ?? []).map(({ digest }) => digest)
  return digests.length === 0 ? images : Effect.andThen(images, keepFor(api, desired.project, revision, digests))
}

export const forget = (
  api: DockerApiShape,
  project: string,
  stored: ReadonlyArray<number>,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const prefix = prefixOf(project)
    const images = yield* api.images.list({ reference: [`${prefix}*`] })
    const old = images
      .flatMap((image) => image.RepoTags ?? [])
      .filter((tag) => {
        // The engine lists every tag of an image that it found, those of others too.
        const number = tag.startsWith(prefix) ? /:r(\d+)$/.exec(tag)?.[1] : undefined
        return number !== undefined && !stored.includes(Number(number))
      })
    yield* Effect.forEach(old, (tag) => api.images.untag(tag), { concurrency: 4, discard: true })
    const { collectTrees } = yield* Effect.promise(() => import("../../host/carryTrees.ts"))
    yield* collectTrees(api, project, stored, { label: projectFilter(project) })
  })
