/** Image references to ids: what is there, then pulls and builds of what is missing or asked for. */
import { Effect } from "effect"
import { ImageMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { PrepareOptions } from "../Driver.ts"
import type { UpOptions } from "../Request.ts"
import { buildServices } from "./buildImages.ts"
import { carryFromHere, isHere, isUnknownImage } from "./carriedImages.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { DesiredImage } from "./Desired.ts"
import { asksForAge, imageNeed, type ImageNeed, type LocalImage } from "./imagePolicy.ts"
import { imageOf, lookUpImages, platformOf } from "./localImages.ts"
import { markPulled } from "./refreshMarks.ts"
import { pullImage, pullKey, pullOf, pullsAtOnce } from "./pull.ts"

/** What is still to happen for an image, as far as it is known before the first pull. */
const pendingOf = (need: ImageNeed, local: LocalImage | undefined): "build" | "pull" | undefined => {
  if (need.build === "always") return "build"
  if (need.pull) return "pull"
  return need.build === "missing" && local === undefined ? "build" : undefined
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
    const service = (name: string) => stack.model.services[name]!
    const aging = new Set(free.filter((name) => asksForAge(service(name), options)))
    // Windows are counted on the clock that wrote the times.
    const now = aging.size > 0 ? yield* context.api.now : 0
    const look = Effect.fnUntraced(function* (which: ReadonlyArray<string>) {
      const lookup = yield* lookUpImages(
        context.api,
        which.map((name) => imageOf(stack, name)),
        which.filter((name) => aging.has(name)).map((name) => imageOf(stack, name)),
      )
      const found = new Map<string, LocalImage>()
      for (const name of which) {
        const local = yield* lookup.find(imageOf(stack, name), {
          platform: platformOf(stack, name),
          age: aging.has(name),
        })
        if (local !== undefined) found.set(name, local)
      }
      return found
    })
    let local = yield* look(free)
    const needs = new Map(free.map((name) => [name, imageNeed(service(name), local.get(name), options, now)] as const))
    const pending = new Map(
      free.flatMap((name) => {
        const kind = pendingOf(needs.get(name)!, local.get(name))
        return kind === undefined ? [] : [[name, kind] as const]
      }),
    )
    if (!preview && pending.size > 0) {
      const wanted = free.filter((name) => needs.get(name)!.pull)
      const pulls = new Map(wanted.map((name) => [pullKey(pullOf(stack, name)), pullOf(stack, name)] as const))
      /** Some service of the stack builds an image of this name: then it need not be pullable. */
      const built = new Set(
        options.build === "never"
          ? []
          : Object.keys(stack.model.services)
              .filter((name) => service(name).build !== undefined)
              .map((name) => imageOf(stack, name)),
      )
      const carry = options.carry ?? "missing"
      yield* Effect.forEach(
        pulls.values(),
        (pull) =>
          Effect.gen(function* () {
            if (carry === "always" && (yield* carryFromHere(context, pull, report))) return
            yield* pullImage(context, pull, report).pipe(
              Effect.catch((error) =>
                built.has(pull.reference)
                  ? report({
                      subject: `image ${pull.reference}`,
                      current: 0,
                      text: `${error.message}; it will be built`,
                    })
                  : carry === "missing" && isUnknownImage(error)
                    ? Effect.flatMap(carryFromHere(context, pull, report), (carried) =>
                        carried ? Effect.void : Effect.fail(error),
                      )
                    : Effect.fail(error),
              ),
            )
          }),
        { concurrency: pullsAtOnce, discard: true },
      )
      if (pulls.size > 0) local = yield* look(free)
      for (const name of wanted.filter((name) => aging.has(name))) {
        const id = local.get(name)?.id
        if (id !== undefined) yield* markPulled(context.api, imageOf(stack, name), id, yield* context.api.now)
      }
      const builds = free.filter((name) => {
        const { build } = needs.get(name)!
        return build === "always" || (build === "missing" && local.get(name) === undefined)
      })
      if (builds.length > 0) {
        const ids = yield* buildServices(context, stack, builds, { purpose: "up" }, report)
        local = new Map([...(yield* look(free)), ...[...ids].map(([name, id]) => [name, { id }] as const)])
      }
    }
    const forbidden = free.filter((name) => {
      const need = needs.get(name)!
      return !need.pull && need.build === "no" && local.get(name) === undefined
    })
    if (!preview && options.carry !== "never" && forbidden.length > 0) {
      const pulls = new Map(forbidden.map((name) => [pullKey(pullOf(stack, name)), pullOf(stack, name)] as const))
      yield* Effect.forEach(pulls.values(), (pull) => carryFromHere(context, pull, report), {
        concurrency: pullsAtOnce,
        discard: true,
      })
      local = new Map([...local, ...(yield* look(forbidden))])
    }
    const result = new Map<string, DesiredImage>()
    for (const name of names) {
      const pinned = options.pinnedImages[name]
      const reference = pinned ?? imageOf(stack, name)
      const kind = pending.get(name)
      if (preview && kind !== undefined) {
        result.set(name, { reference, id: null, pending: kind })
        continue
      }
      const id = pinned === undefined ? local.get(name)?.id : (yield* context.api.images.find(pinned))?.Id
      if (id === undefined && preview && forbidden.includes(name) && options.carry !== "never") {
        if (yield* isHere(context, reference)) {
          result.set(name, { reference, id: null, pending: "carry" })
          continue
        }
      }
      if (id === undefined) {
        const place = stack.origin.locate(["services", name, "image"])
        const platform = platformOf(stack, name)
        return yield* new ImageMissing({
          image: reference,
          service: name,
          detail:
            pinned !== undefined
              ? "the image of that revision was removed"
              : needs.get(name)?.pull !== true
                ? "its pull policy forbids it"
                : `what the registry has is not for ${platform ?? "the engine's platform"}`,
          ...(place === undefined ? {} : { place }),
        })
      }
      result.set(name, { reference, id })
    }
    return result
  })
