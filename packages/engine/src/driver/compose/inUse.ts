/** What a project's containers use: their images and their processes. Reads only. */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import { EngineFailed } from "../../model/errors/union.ts"
import { canonicalReference } from "../../transport/imageDigest.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { ContainerSummary } from "../../transport/engineAnswers.ts"
import type { ProcessList } from "../Driver.ts"
import type { ImageUse } from "../ImageWork.ts"
import { familiar } from "./imageNames.ts"
import { labels, projectFilter } from "./names.ts"
import { nameOf } from "./observe.ts"

const byName = (a: { readonly container: string }, b: { readonly container: string }): number =>
  a.container < b.container ? -1 : 1

/** `nginx`, `1.27` of `nginx:1.27`; nothing of an id, which the engine shows where a tag has moved on. */
const named = (image: string): { readonly repository: string; readonly tag: string } => {
  if (/^(sha256:)?[0-9a-f]{12,64}$/.test(image) || canonicalReference(image) === undefined)
    return { repository: "", tag: "" }
  const short = familiar(image)
  const at = short.indexOf("@")
  if (at >= 0) return { repository: short.slice(0, at).replace(/:[^/]*$/, ""), tag: "" }
  const colon = short.lastIndexOf(":")
  return { repository: short.slice(0, colon), tag: short.slice(colon + 1) }
}

const useOf = (api: DockerApiShape, summary: ContainerSummary): Effect.Effect<ImageUse, WindFlowError> =>
  Effect.map(api.images.find(summary.Image), (found) => {
    const platform = [found?.Os, found?.Architecture, found?.Variant].filter(
      (part) => part !== undefined && part !== "",
    )
    const created = found?.Created ?? ""
    return {
      container: nameOf(summary),
      service: summary.Labels?.[labels.service] ?? "",
      id: found?.Id ?? summary.ImageID,
      ...named(summary.Image),
      platform: platform.join("/"),
      size: found?.Size ?? 0,
      ...(created === "" ? {} : { createdAt: created }),
    }
  })

export const imagesInUse = (
  api: DockerApiShape,
  project: string,
): Effect.Effect<ReadonlyArray<ImageUse>, WindFlowError> =>
  Effect.gen(function* () {
    const summaries = yield* api.containers.list({ label: projectFilter(project) })
    const uses = yield* Effect.forEach(summaries, (summary) => useOf(api, summary), { concurrency: 8 })
    return uses.toSorted(byName)
  })

const processesOf = (api: DockerApiShape, summary: ContainerSummary) => {
  const own = summary.Labels ?? {}
  const number = own[labels.number]
  return api.containers.top(summary.Id).pipe(
    Effect.map(({ Titles, Processes }): ReadonlyArray<ProcessList> => [
      {
        service: own[labels.service] ?? "",
        container: nameOf(summary),
        number: number === undefined ? undefined : Number(number),
        titles: Titles ?? [],
        processes: Processes ?? [],
      },
    ]),
    // It ended between the list and the question.
    Effect.catchIf(
      (error) => error instanceof EngineFailed && (error.status === 404 || error.status === 409),
      () => Effect.succeed([]),
    ),
  )
}

export const processes = (
  api: DockerApiShape,
  project: string,
): Effect.Effect<ReadonlyArray<ProcessList>, WindFlowError> =>
  Effect.gen(function* () {
    const summaries = yield* api.containers.list({ label: projectFilter(project) })
    const running = summaries.filter(({ State }) => State === "running")
    const lists = yield* Effect.forEach(running, (summary) => processesOf(api, summary), { concurrency: 8 })
    return lists.flat().toSorted(byName)
  })
