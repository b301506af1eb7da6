/** Pulls images with the credentials of Docker's configuration: for an `up`, and as a verb of its own. */
import { Effect, Result, Stream } from "effect"
import { EngineFailed, ImageMissing, NotAuthorised, type WindFlowError } from "../../model/errors/union.ts"
import type { Place } from "../../model/Place.ts"
import type { Stack } from "../../model/Stack.ts"
import type { ProgressLine } from "../../transport/engineAnswers.ts"
import { registryAuth, registryOf } from "../../transport/registryAuth.ts"
import type { Report } from "../Driver.ts"
import type { PulledImage, PullOptions } from "../Request.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import { pullNeed } from "./imagePolicy.ts"
import { imageOf, lookUpImages, platformOf } from "./localImages.ts"
import { selectServices } from "./select.ts"

/** How many pulls a run has under way: more only share the line. */
export const pullsAtOnce = 4

export interface Pull {
  readonly reference: string
  readonly platform: string | undefined
  /** The service that needs it, for messages. */
  readonly service: string
  readonly place: Place | undefined
}

/** A pull a service needs; several that name one image for one platform share the key, and are pulled once. */
export const pullOf = (stack: Stack, service: string): Pull => ({
  reference: imageOf(stack, service),
  platform: platformOf(stack, service),
  service,
  place: stack.origin.locate(["services", service, "image"]),
})
export const pullKey = ({ reference, platform }: Pull): string => `${reference} ${platform ?? ""}`

const progress = (report: Report, subject: string, line: ProgressLine) =>
  line.status === undefined
    ? Effect.void
    : report({
        subject,
        current: line.progressDetail?.current ?? 0,
        ...(line.progressDetail?.total === undefined ? {} : { total: line.progressDetail.total }),
        text: line.id === undefined ? line.status : `${line.id} ${line.status}`,
      })

/** What registries and the engine say when credentials are missing or wrong, as far as it can be told from a missing image. */
const denied = /\bunauthorized\b|no basic auth credentials|incorrect username or password|authentication required/i

const refusedPull = ({ reference, service, place }: Pull, detail: string): WindFlowError =>
  denied.test(detail)
    ? new NotAuthorised({ subject: `${registryOf(reference)} (image ${reference} of service ${service})`, detail })
    : new ImageMissing({ image: reference, service, detail, ...(place === undefined ? {} : { place }) })

export const pullImage = (
  context: ComposeDriverContext,
  pull: Pull,
  report: Report,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const auth = yield* registryAuth(context.config, pull.reference)
    yield* Stream.runForEach(
      context.api.images.pull(pull.reference, {
        ...(pull.platform === undefined ? {} : { platform: pull.platform }),
        ...(auth === undefined ? {} : { auth }),
      }),
      (line): Effect.Effect<void, WindFlowError> =>
        line.error === undefined
          ? progress(report, `image ${pull.reference}`, line)
          : Effect.fail(refusedPull(pull, line.error)),
    )
  }).pipe(
    Effect.mapError((error) =>
      error instanceof EngineFailed && error.status !== undefined ? refusedPull(pull, error.detail) : error,
    ),
  )

export const pullImages = (
  context: ComposeDriverContext,
  stack: Stack,
  options: PullOptions,
  report: Report,
): Effect.Effect<ReadonlyArray<PulledImage>, WindFlowError> =>
  Effect.gen(function* () {
    const { services } = yield* Effect.fromResult(
      selectServices(stack.model, { ...options, noDeps: !options.dependencies }),
    )
    const named = services.filter((name) => stack.model.services[name]?.image !== undefined)
    const local = yield* lookUpImages(
      context.api,
      named.map((name) => imageOf(stack, name)),
    )
    const pulls = new Map<string, { readonly pull: Pull; readonly services: Array<string> }>()
    const results: Array<PulledImage> = []
    for (const name of services) {
      const pull = pullOf(stack, name)
      const present = (yield* local.find(pull.reference, { platform: pull.platform, age: false })) !== undefined
      const need = pullNeed(stack.model.services[name]!, present, options)
      if (need === "pull") {
        const entry = pulls.get(pullKey(pull)) ?? { pull, services: [] }
        entry.services.push(name)
        pulls.set(pullKey(pull), entry)
      } else
        results.push({
          ...(need === "no-image" ? {} : { image: pull.reference }),
          services: [name],
          outcome: { _tag: "Skipped", reason: need },
        })
    }
    const pulled = yield* Effect.forEach(
      pulls.values(),
      ({ pull, services }) =>
        Effect.map(Effect.result(pullImage(context, pull, report)), (result): PulledImage => {
          const buildable = services.some((name) => stack.model.services[name]?.build !== undefined)
          return {
            image: pull.reference,
            services,
            outcome: Result.isSuccess(result)
              ? { _tag: "Pulled" }
              : { _tag: "Failed", error: result.failure, buildable },
          }
        }),
      { concurrency: pullsAtOnce },
    )
    return [...pulled, ...results]
  })
