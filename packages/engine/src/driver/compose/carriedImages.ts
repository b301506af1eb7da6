/** When an image comes from the deployer's own engine instead of a registry; how, stands in `host/carryImage.ts`. */
import { Effect } from "effect"
import { ImageMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { ImageDetails } from "../../transport/engineAnswers.ts"
import type { Report } from "../Driver.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import { satisfies } from "./localImages.ts"
import type { Pull } from "./pull.ts"

/**
 * The registry answered that it has no such image. Not that it cannot be reached, nor that credentials are missing: then what lies
 * here under the same name may be older than what it has, and would run unnoticed.
 */
const nobodyHas =
  /pull access denied|repository does not exist|manifest unknown|manifest for .* not found|: not found$/i
export const isUnknownImage = (error: WindFlowError): boolean =>
  error._tag === "ImageMissing" && nobodyHas.test(error.detail)

/** For a preview, which carries nothing. */
export const isHere = (context: ComposeDriverContext, reference: string): Effect.Effect<boolean, WindFlowError> =>
  Effect.map(imageHere(context, reference), (image) => image !== undefined)

/** Undefined when the deployer has no engine of their own, or that has no such image. A digest cannot be carried. */
const imageHere = (
  context: ComposeDriverContext,
  reference: string,
): Effect.Effect<ImageDetails | undefined, WindFlowError> =>
  context.deployer === undefined || reference.includes("@")
    ? Effect.succeed(undefined)
    : context.deployer.images
        .find(reference)
        // Without an engine here there is nothing to carry, which is no failure of the deployment.
        .pipe(Effect.catchTag("EngineUnreachable", () => Effect.succeed(undefined)))

/** Whether it was carried: an image of that name is here, and it is not what the target has already. */
export const carryFromHere = (
  context: ComposeDriverContext,
  pull: Pull,
  report: Report,
): Effect.Effect<boolean, WindFlowError> =>
  Effect.gen(function* () {
    const { reference, service, place } = pull
    const { deployer } = context
    const image = yield* imageHere(context, reference)
    if (deployer === undefined || image === undefined) return false
    if ((yield* context.api.images.find(reference))?.Id === image.Id) return true
    const engine = yield* context.api.platform
    const wanted = pull.platform ?? `${engine.Os}/${engine.Arch}`
    if (!satisfies(image, wanted))
      return yield* new ImageMissing({
        image: reference,
        service,
        detail: `this machine's engine has it for ${image.Os ?? "?"}/${image.Architecture ?? "?"}, and ${wanted} is needed`,
        ...(place === undefined ? {} : { place }),
      })
    const { carryImage } = yield* Effect.promise(() => import("../../host/carryImage.ts"))
    yield* carryImage(deployer, context.api, reference, image, report)
    return true
  })
