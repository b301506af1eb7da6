/**
 * Images that a service needs beside its own: those that `pre_start` hooks run and those that are mounted. They are pulled by the
 * policy of the service; they cannot be built.
 */
import { Effect } from "effect"
import { ImageMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { ModelPath, Stack } from "../../model/Stack.ts"
import type { PrepareOptions } from "../Driver.ts"
import type { UpOptions } from "../Request.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { GrantedContent } from "./Desired.ts"
import { imageNeed } from "./imagePolicy.ts"
import { platformOf } from "./localImages.ts"
import { pullImage } from "./pull.ts"

interface OtherImage {
  readonly service: string
  readonly reference: string
  readonly path: ModelPath
  /** Where it is mounted. */
  readonly target?: string
}

const otherImagesOf = (stack: Stack, name: string): ReadonlyArray<OtherImage> => {
  const service = stack.model.services[name]
  const hooks = (service?.pre_start ?? []).map(({ image = "" }, index) => ({
    service: name,
    reference: image,
    path: ["services", name, "pre_start", index, "image"],
  }))
  const mounts = (service?.volumes ?? []).flatMap(({ type, source = "", target }, index) =>
    type === "image"
      ? [{ service: name, reference: source, path: ["services", name, "volumes", index, "source"], target }]
      : [],
  )
  return [...hooks.filter(({ reference }) => reference !== "" && reference !== service?.image), ...mounts]
}

const fetched = (
  context: ComposeDriverContext,
  stack: Stack,
  other: OtherImage,
  options: UpOptions,
  { preview, report }: PrepareOptions,
): Effect.Effect<string | undefined, WindFlowError> =>
  Effect.gen(function* () {
    const { service: name, reference } = other
    const { build: _, ...service } = stack.model.services[name]!
    const policy = service.pull_policy === "build" ? { pull_policy: "missing" } : {}
    const local = yield* context.api.images.find(reference)
    const { pull } = imageNeed({ ...service, ...policy, image: reference }, local && { id: local.Id }, options)
    const place = stack.origin.locate(other.path)
    if (preview || (!pull && local !== undefined)) return local?.Id
    if (pull) yield* pullImage(context, { reference, platform: platformOf(stack, name), service: name, place }, report)
    const found = yield* context.api.images.find(reference)
    if (found !== undefined) return found.Id
    const detail = pull ? "the registry gave another one" : "its pull policy forbids it"
    return yield* new ImageMissing({
      image: reference,
      service: name,
      detail,
      ...(place === undefined ? {} : { place }),
    })
  })

const shortId = (id: string | undefined): string => id?.replace(/^sha256:/, "").slice(0, 16) ?? "unknown"

/** service → the images it mounts, by id: a new one replaces its containers. */
export const prepareOtherImages = (
  context: ComposeDriverContext,
  stack: Stack,
  names: ReadonlyArray<string>,
  options: UpOptions,
  prepareOptions: PrepareOptions,
): Effect.Effect<ReadonlyMap<string, ReadonlyArray<GrantedContent>>, WindFlowError> =>
  Effect.gen(function* () {
    const others = names.flatMap((name) => otherImagesOf(stack, name))
    const ids = new Map<string, string | undefined>()
    for (const other of others)
      if (!ids.has(other.reference))
        ids.set(other.reference, yield* fetched(context, stack, other, options, prepareOptions))
    const mounted = others.flatMap(({ service, reference, target }) =>
      target === undefined
        ? []
        : [{ service, content: { kind: "images", key: target, digest: shortId(ids.get(reference)) } as const }],
    )
    return new Map(
      [...Map.groupBy(mounted, ({ service }) => service)].map(([name, own]) => [
        name,
        own.map(({ content }) => content),
      ]),
    )
  })
