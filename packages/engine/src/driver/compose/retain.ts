/**
 * Keeps the images of a revision by a tag of ours (`windflow/<project>/<service>:r<N>`), so that `docker image prune` does not
 * kill a rollback, and lets the tags of old revisions go.
 */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { DesiredUp } from "./Desired.ts"

/** As many as revisions are kept. */
export const retainedRevisions = 10

/** Repository names are narrower than project and service names: no capital letters, no leading separator. */
const part = (name: string) =>
  name
    .toLowerCase()
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
    .replace(/[^a-z0-9]+/g, "-")

export const repositoryOf = (project: string, service: string): string => `windflow/${part(project)}/${part(service)}`

export const retain = (api: DockerApiShape, desired: DesiredUp, revision: number): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    yield* Effect.forEach(
      desired.services,
      ({ name, image }) =>
        image.id === null ? Effect.void : api.images.tag(image.id, repositoryOf(desired.project, name), `r${revision}`),
      { concurrency: 4, discard: true },
    )
    const kept = yield* api.images.list({ reference: [`windflow/${part(desired.project)}/*`] })
    const old = kept
      .flatMap((image) => image.RepoTags ?? [])
      .filter((tag) => {
        const number = /^windflow\/.*:r(\d+)$/.exec(tag)?.[1]
        return number !== undefined && Number(number) <= revision - retainedRevisions
      })
    yield* Effect.forEach(old, (tag) => api.images.untag(tag), { concurrency: 4, discard: true })
  })
