/** Which images are built, in which order and how many at once; how one is built stands in `build.ts`, loaded only then. */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Report } from "../Driver.ts"
import { type BuildOptions, type BuiltImage, defaultBuildOptions } from "../Request.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import { imageOf } from "./localImages.ts"
import { selectServices } from "./select.ts"

const buildsAtOnce = 2

/** What a build is for: an `up` runs one platform, `build` may make several. */
export interface BuildPurpose extends Partial<Pick<BuildOptions, "args" | "noCache" | "pull" | "ssh">> {
  readonly purpose: "up" | "build"
}

/** service → id of the image built for it. */
export const buildServices = (
  context: ComposeDriverContext,
  stack: Stack,
  names: ReadonlyArray<string>,
  purpose: BuildPurpose,
  report: Report,
): Effect.Effect<ReadonlyMap<string, string>, WindFlowError> =>
  Effect.gen(function* () {
    const { buildImage } = yield* Effect.promise(() => import("./build.ts"))
    const built = yield* Effect.forEach(
      names,
      (name) =>
        Effect.map(
          buildImage(context, stack, name, imageOf(stack, name), purpose, report),
          (id) => [name, id] as const,
        ),
      { concurrency: buildsAtOnce },
    )
    return new Map(built)
  })

export const buildImages = (
  context: ComposeDriverContext,
  stack: Stack,
  options: BuildOptions = defaultBuildOptions,
  report: Report,
): Effect.Effect<ReadonlyArray<BuiltImage>, WindFlowError> =>
  Effect.gen(function* () {
    const { services } = yield* Effect.fromResult(
      selectServices(stack.model, { ...options, noDeps: !options.dependencies }),
    )
    const buildable = services.filter((name) => stack.model.services[name]?.build !== undefined)
    const built = yield* buildServices(context, stack, buildable, { purpose: "build", ...options }, report)
    return buildable.map((service) => ({ service, image: imageOf(stack, service), id: built.get(service)! }))
  })
