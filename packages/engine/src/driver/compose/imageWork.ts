/** `pull` and `build` by themselves: the parts of `prepare` that bring images, for the services that are asked for. */
import { Effect } from "effect"
import { ImageMissing, Unsupported, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Service } from "../../model/StackModel.ts"
import type { Report } from "../Driver.ts"
import type { BuildOptions, ImageDone, PullOptions } from "../ImageWork.ts"
import { defaultUpOptions, type UpOptions } from "../Request.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { DesiredImage } from "./Desired.ts"
import { resolveImages } from "./images.ts"
import { inspectStack } from "./refusals.ts"
import { selectServices } from "./select.ts"

const chosen = (stack: Stack, services: ReadonlyArray<string> | undefined, dependencies: boolean) =>
  Effect.map(
    Effect.fromResult(
      selectServices(stack.model, { ...(services === undefined ? {} : { services }), noDeps: !dependencies }),
    ),
    (selection) => selection.services,
  )

/** The stack with services changed for this one verb. */
const withServices = (stack: Stack, change: (service: Service) => Service): Stack => ({
  ...stack,
  model: {
    ...stack.model,
    services: Object.fromEntries(
      Object.entries(stack.model.services).map(([name, service]) => [name, change(service)]),
    ),
  },
})

const done = (images: ReadonlyMap<string, DesiredImage>): ReadonlyArray<ImageDone> =>
  [...images].map(([service, { reference, id }]) => ({ service, image: reference, id: id ?? "" }))

const ifMissing: ReadonlySet<string> = new Set(["missing", "if_not_present"])
const notPulled: ReadonlySet<string> = new Set(["never", "build"])

const pullOf = (service: Service, { policy }: PullOptions): UpOptions["pull"] =>
  policy ?? (ifMissing.has(service.pull_policy ?? "") ? "missing" : "always")

export const pull = (
  context: ComposeDriverContext,
  stack: Stack,
  options: PullOptions,
  report: Report,
): Effect.Effect<ReadonlyArray<ImageDone>, WindFlowError> =>
  Effect.gen(function* () {
    const names = yield* chosen(stack, options.services, options.includeDependencies === true)
    const { services } = stack.model
    const wanted = names.filter((name) => {
      const service = services[name]
      if (service?.image === undefined || (service.build !== undefined && options.ignoreBuildable === true))
        return false
      return options.policy !== undefined || !notPulled.has(service.pull_policy ?? "")
    })
    // One pull an image, for the first service that names it.
    const byImage = new Map(wanted.toReversed().map((name) => [services[name]?.image, name]))
    // Without their `build` and policy they are images and nothing else.
    const plain = withServices(stack, ({ build: _build, pull_policy: _policy, ...service }) => service)
    const pullOne = (name: string): Effect.Effect<ReadonlyArray<ImageDone>, WindFlowError> => {
      const service = services[name]!
      const upOptions = { ...defaultUpOptions, pull: pullOf(service, options) }
      const tolerated = options.ignoreFailures === true || service.build !== undefined
      return resolveImages(context, plain, [name], upOptions, { preview: false, report }).pipe(
        Effect.map(done),
        Effect.catchIf(
          (error) => tolerated && error instanceof ImageMissing,
          (error) => Effect.as(report({ subject: `image ${service.image}`, current: 0, text: error.message }), []),
        ),
      )
    }
    const pulled = yield* Effect.forEach(byImage.values(), pullOne, { concurrency: 4 })
    return pulled.flat()
  })

export const build = (
  context: ComposeDriverContext,
  stack: Stack,
  options: BuildOptions,
  report: Report,
): Effect.Effect<ReadonlyArray<ImageDone>, WindFlowError> =>
  Effect.gen(function* () {
    const names = yield* chosen(stack, options.services, options.withDependencies === true)
    const adjusted = withServices(stack, (service) =>
      service.build === undefined
        ? service
        : {
            ...service,
            build: {
              ...service.build,
              ...(options.args === undefined ? {} : { args: { ...service.build.args, ...options.args } }),
              ...(options.noCache === true ? { no_cache: true } : {}),
              ...(options.pull === true ? { pull: true } : {}),
            },
          },
    )
    const [first, ...others] = inspectStack(adjusted, context.localFiles).refused
    if (first !== undefined) return yield* new Unsupported({ driver: "compose", diagnostics: [first, ...others] })
    const built = names.filter((name) => stack.model.services[name]?.build !== undefined)
    const upOptions = { ...defaultUpOptions, build: "always" as const }
    return done(yield* resolveImages(context, adjusted, built, upOptions, { preview: false, report }))
  })
