/** `config --resolve-image-digests`: every image pinned to what its registry says, asked through the Docker engine as Compose does. */
import { referencesOf, withDigests } from "@windflow/engine/compose"
import { EngineFailed, ImageMissing, type Stack, type StackModel } from "@windflow/engine/model"
import { openDocker, pinImage, processSources, resolveEndpoint } from "@windflow/engine/transport"
import { Effect } from "effect"

/** The service that names an image first, for the error. */
const nameOf = (model: StackModel, reference: string): string =>
  Object.keys(model.services).find((name) => model.services[name]?.image === reference) ??
  Object.keys(model.services)[0] ??
  ""

export const pinned = (
  stack: Stack,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<StackModel> => {
  const { model } = stack
  const references = [...referencesOf(model, stack.disabled)]
  if (references.length === 0) return Promise.resolve(model)
  const asked = Effect.gen(function* () {
    const { config, ...resolved } = yield* Effect.fromResult(resolveEndpoint(undefined, processSources(env)))
    const api = yield* openDocker({ ...resolved, config })
    const digests = yield* Effect.forEach(
      references,
      (reference) =>
        pinImage(api, config, reference).pipe(
          Effect.map((digest) => [reference, digest] as const),
          Effect.mapError((error) => {
            if (!(error instanceof EngineFailed) || error.status === undefined) return error
            const service = nameOf(model, reference)
            const place = stack.origin.locate(["services", service, "image"])
            return new ImageMissing({
              image: reference,
              service,
              detail: error.detail,
              ...(place === undefined ? {} : { place }),
            })
          }),
        ),
      { concurrency: 4 },
    )
    return withDigests(model, new Map(digests), stack.disabled)
  })
  return Effect.runPromise(Effect.scoped(asked), { signal })
}
