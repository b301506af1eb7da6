/**
 * When an image with a policy like `daily` was pulled last, as a tag of ours on the engine: `windflow/pulled/<digest of the
 * reference>:t<seconds>`. The engine's own time of the last tag is no help: its classic image store does not set it when it
 * pulls, and our tags for revisions do.
 */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import { sha256Hex } from "../../plan/digest.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { ImageSummary } from "../../transport/engineAnswers.ts"
import { familiar } from "./imageNames.ts"

/** Where the marks of a reference stand. */
export const markRepository = (reference: string): string =>
  `windflow/pulled/${sha256Hex(familiar(reference)).slice(0, 16)}`

const marksOf = (
  image: ImageSummary,
  repository: string,
): ReadonlyArray<{ readonly tag: string; readonly at: number }> =>
  (image.RepoTags ?? []).flatMap((tag) => {
    const seconds = tag.startsWith(`${repository}:t`) ? Number(tag.slice(repository.length + 2)) : Number.NaN
    return Number.isNaN(seconds) ? [] : [{ tag, at: seconds * 1000 }]
  })

/** Milliseconds since 1970 of the newest mark on the very image that has the reference's name now. */
export const pulledAt = (images: ReadonlyArray<ImageSummary>, reference: string, id: string): number | undefined => {
  const image = images.find(({ Id }) => Id === id)
  const times = image === undefined ? [] : marksOf(image, markRepository(reference)).map(({ at }) => at)
  return times.length === 0 ? undefined : Math.max(...times)
}

/** Marks an image that was just pulled, and lets go of earlier marks. `now`: the engine's clock. */
export const markPulled = (
  api: DockerApiShape,
  reference: string,
  id: string,
  now: number,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const repository = markRepository(reference)
    const tag = `t${Math.floor(now / 1000)}`
    yield* api.images.tag(id, repository, tag)
    const marks = (yield* api.images.list({ reference: [repository] })).flatMap((image) => marksOf(image, repository))
    const old = marks.filter((mark) => mark.tag !== `${repository}:${tag}`)
    yield* Effect.forEach(old, (mark) => api.images.untag(mark.tag), { discard: true })
  })
