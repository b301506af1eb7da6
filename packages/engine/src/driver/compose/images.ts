/** Image references to ids: one list for all services, then pulls and builds of what is missing or asked for. */
import { Effect, Stream } from "effect"
import { EngineFailed, ImageMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Service } from "../../model/StackModel.ts"
import type { ProgressLine } from "../../transport/engineAnswers.ts"
import { registryAuth } from "../../transport/registryAuth.ts"
import type { PrepareOptions, Report } from "../Driver.ts"
import type { UpOptions } from "../Request.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { DesiredImage } from "./Desired.ts"
import { familiar, indexImages } from "./imageNames.ts"
import { defaultImage } from "./names.ts"

type Need = "none" | "pull" | "build"

const imageOf = (stack: Stack, name: string): string =>
  stack.model.services[name]?.image ?? defaultImage(stack.name, name)

/** What has to be done for a service's image, by the caller's wish and the service's policy. */
export const imageNeed = (service: Service, present: boolean, options: Pick<UpOptions, "pull" | "build">): Need => {
  const policy = service.pull_policy ?? ""
  const missing: Need = present ? "none" : service.build !== undefined ? "build" : "pull"
  if (service.build !== undefined && (options.build === "always" || policy === "build")) return "build"
  if (options.pull === "always" || (options.pull === "policy" && policy === "always"))
    return service.build !== undefined && policy !== "always" ? missing : "pull"
  const never = options.pull === "never" || (options.pull === "policy" && policy === "never")
  if (missing === "build") return options.build === "never" ? (never ? "none" : "pull") : "build"
  return never ? "none" : missing
}

const progress = (report: Report, subject: string, line: ProgressLine) =>
  line.status === undefined
    ? Effect.void
    : report({
        subject,
        current: line.progressDetail?.current ?? 0,
        ...(line.progressDetail?.total === undefined ? {} : { total: line.progressDetail.total }),
        text: line.id === undefined ? line.status : `${line.id} ${line.status}`,
      })

export const pullImage = (
  context: ComposeDriverContext,
  stack: Stack,
  service: string,
  reference: string,
  report: Report,
): Effect.Effect<void, WindFlowError> => {
  const place = stack.origin.locate(["services", service, "image"])
  const missing = (detail: string) =>
    new ImageMissing({ image: reference, service, detail, ...(place === undefined ? {} : { place }) })
  const platform = stack.model.services[service]?.platform
  return Effect.gen(function* () {
    const auth = yield* registryAuth(context.config, reference)
    yield* Stream.runForEach(
      context.api.images.pull(reference, {
        ...(platform === undefined ? {} : { platform }),
        ...(auth === undefined ? {} : { auth }),
      }),
      (line): Effect.Effect<void, WindFlowError> =>
        line.error === undefined ? progress(report, `image ${reference}`, line) : Effect.fail(missing(line.error)),
    )
  }).pipe(
    Effect.mapError((error) =>
      error instanceof EngineFailed && error.status !== undefined ? missing(error.detail) : error,
    ),
  )
}

export const resolveImages = (
  context: ComposeDriverContext,
  stack: Stack,
  names: ReadonlyArray<string>,
  options: UpOptions,
  { preview, report }: PrepareOptions,
): Effect.Effect<ReadonlyMap<string, DesiredImage>, WindFlowError> =>
  Effect.gen(function* () {
    const free = names.filter((name) => options.pinnedImages[name] === undefined)
    const references = [...new Set(free.map((name) => imageOf(stack, name)))]
    const list = (references: ReadonlyArray<string>) =>
      references.length === 0
        ? Effect.succeed(new Map<string, string>())
        : Effect.map(context.api.images.list({ reference: references.map(familiar) }), indexImages)
    const idOf = (reference: string) => Effect.map(context.api.images.find(reference), (image) => image?.Id)
    let known = yield* list(references)
    // A list finds names, not ids: what is written as an id is asked for by itself, as is a name before it is pulled in vain.
    const resolve = (reference: string): Effect.Effect<string | undefined, WindFlowError> => {
      const id = known.get(familiar(reference))
      if (id !== undefined) return Effect.succeed(id)
      return /^(sha256:)?[0-9a-f]{12,64}$/.test(reference) ? idOf(reference) : Effect.succeed(undefined)
    }
    const needs = new Map<string, Need>()
    for (const name of free) {
      const present = (yield* resolve(imageOf(stack, name))) !== undefined
      needs.set(name, imageNeed(stack.model.services[name]!, present, options))
    }
    const pending = free.filter((name) => needs.get(name) !== "none")
    const built = new Map<string, string>()
    if (!preview && pending.length > 0) {
      const pulls = new Map(
        pending.filter((name) => needs.get(name) === "pull").map((name) => [imageOf(stack, name), name] as const),
      )
      yield* Effect.forEach(pulls, ([reference, name]) => pullImage(context, stack, name, reference, report), {
        concurrency: 4,
        discard: true,
      })
      const builds = pending.filter((name) => needs.get(name) === "build")
      if (builds.length > 0) {
        const { buildImage } = yield* Effect.promise(() => import("./build.ts"))
        yield* Effect.forEach(
          builds,
          (name) =>
            Effect.map(buildImage(context, stack, name, imageOf(stack, name), report), (id) => built.set(name, id)),
          { concurrency: 2, discard: true },
        )
      }
      known = yield* list(references)
    }
    const result = new Map<string, DesiredImage>()
    for (const name of names) {
      const pinned = options.pinnedImages[name]
      const reference = pinned ?? imageOf(stack, name)
      const need = needs.get(name) ?? "none"
      if (preview && need !== "none") {
        result.set(name, { reference, id: null, pending: need })
        continue
      }
      const id = built.get(name) ?? (pinned === undefined ? yield* resolve(reference) : yield* idOf(pinned))
      if (id === undefined) {
        const place = stack.origin.locate(["services", name, "image"])
        return yield* new ImageMissing({
          image: reference,
          service: name,
          detail: pinned === undefined ? "its pull policy forbids it" : "the image of that revision was removed",
          ...(place === undefined ? {} : { place }),
        })
      }
      result.set(name, { reference, id })
    }
    return result
  })
