/** Which images are built, in which order and how many at once; how one is built stands in `build.ts`, loaded only then. */
import { Effect } from "effect"
import { BuildFailed, Unsupported, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Report } from "../Driver.ts"
import { type BuildOptions, type BuiltImage, defaultBuildOptions } from "../Request.ts"
import { serviceContext } from "./buildRequest.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import { imageOf, lookUpImages } from "./localImages.ts"
import { inspectBuilds } from "./refusals.ts"
import { selectServices } from "./select.ts"

const buildsAtOnce = 2

/** What a build is for: an `up` runs one platform, `build` may make several. */
export interface BuildPurpose extends Partial<Pick<BuildOptions, "args" | "noCache" | "pull" | "ssh">> {
  readonly purpose: "up" | "build"
}

/** Services whose images a service's build takes as contexts (`service:NAME`). */
const contextsOf = (stack: Stack, name: string): ReadonlyArray<string> =>
  Object.values(stack.model.services[name]?.build?.additional_contexts ?? {}).flatMap((value) =>
    value.startsWith(serviceContext) ? [value.slice(serviceContext.length)] : [],
  )

/** The given services and all whose images their builds take, in waves: each needs only what stands before it. */
export const buildWaves = (
  stack: Stack,
  names: ReadonlyArray<string>,
  isThere: (name: string) => boolean = () => false,
): ReadonlyArray<ReadonlyArray<string>> | undefined => {
  const wanted = new Set<string>()
  const pending = [...names]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (wanted.has(next)) continue
    wanted.add(next)
    pending.push(...contextsOf(stack, next).filter((name) => names.includes(name) || !isThere(name)))
  }
  const waves: Array<ReadonlyArray<string>> = []
  const left = new Set([...wanted].sort())
  while (left.size > 0) {
    const wave = [...left].filter((name) => !contextsOf(stack, name).some((other) => left.has(other)))
    if (wave.length === 0) return undefined
    waves.push(wave)
    for (const name of wave) left.delete(name)
  }
  return waves
}

/** service → id of the image built for it; with those that had to be built as its contexts. */
export const buildServices = (
  context: ComposeDriverContext,
  stack: Stack,
  names: ReadonlyArray<string>,
  purpose: BuildPurpose,
  report: Report,
): Effect.Effect<ReadonlyMap<string, string>, WindFlowError> =>
  Effect.gen(function* () {
    const { buildImage } = yield* Effect.promise(() => import("./build.ts"))
    const contexts = names.flatMap((name) => contextsOf(stack, name))
    const present = new Set<string>()
    // An `up` takes what is there; `build` was asked to build.
    if (purpose.purpose === "up" && contexts.length > 0) {
      const all = Object.keys(stack.model.services).filter((name) => stack.model.services[name]?.build !== undefined)
      const local = yield* lookUpImages(
        context.api,
        all.map((name) => imageOf(stack, name)),
      )
      for (const name of all)
        if ((yield* local.find(imageOf(stack, name), { platform: undefined, age: false })) !== undefined)
          present.add(name)
    }
    const waves = buildWaves(stack, names, (name) => present.has(name))
    if (waves === undefined)
      return yield* new BuildFailed({
        service: [...names].sort().join(", "),
        step: "additional_contexts",
        detail: "the builds need each other's images in a circle",
      })
    const built = new Map<string, string>()
    for (const wave of waves)
      yield* Effect.forEach(
        wave,
        (name) => Effect.map(buildImage(context, stack, name, purpose, report), (id) => built.set(name, id)),
        { concurrency: buildsAtOnce, discard: true },
      )
    return built
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
    const [first, ...others] = inspectBuilds(stack, buildable)
    if (first !== undefined) return yield* new Unsupported({ driver: "compose", diagnostics: [first, ...others] })
    const built = yield* buildServices(context, stack, buildable, { purpose: "build", ...options }, report)
    return [...built].map(([service, id]) => ({ service, image: imageOf(stack, service), id }))
  })
