/** What the engine has of a stack's images: one list for all names, a closer look only where platform or age counts. */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { ImageDetails } from "../../transport/engineAnswers.ts"
import { familiar, indexImages } from "./imageNames.ts"
import type { LocalImage } from "./imagePolicy.ts"
import { defaultImage } from "./names.ts"
import { markRepository, pulledAt } from "./refreshMarks.ts"

export const imageOf = (stack: Stack, name: string): string =>
  stack.model.services[name]?.image ?? defaultImage(stack.name, name)

/** The platform a service's image is wanted for; undefined: the engine's own. */
export const platformOf = (stack: Stack, name: string): string | undefined => {
  const platform = stack.model.services[name]?.platform ?? stack.origin.variable?.("DOCKER_DEFAULT_PLATFORM")
  return platform === "" ? undefined : platform
}

const architectures: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  i386: "386",
}

/** `linux/amd64`, `amd64`, `linux/arm/v7`: what is not named is not compared. */
export const satisfies = (image: ImageDetails, platform: string): boolean => {
  const parts = platform.toLowerCase().split("/")
  const [os, architecture, variant] =
    parts.length === 1 ? (parts[0] === "linux" ? [parts[0]] : [undefined, parts[0]]) : parts
  const arch = architecture === undefined ? undefined : (architectures[architecture] ?? architecture)
  // arm64 is v8 whether it says so or not.
  const variantMatters = variant !== undefined && !(arch === "arm64" && variant === "v8")
  return (
    (os === undefined || image.Os === os) &&
    (arch === undefined || image.Architecture === arch) &&
    (!variantMatters || image.Variant === variant)
  )
}

export interface ImageLookup {
  readonly find: (
    reference: string,
    closer: { readonly platform: string | undefined; readonly age: boolean },
  ) => Effect.Effect<LocalImage | undefined, WindFlowError>
}

const isId = (reference: string) => /^(sha256:)?[0-9a-f]{12,64}$/.test(reference)

/** One call, and one more for each name whose platform matters, or whose age nobody marked. `aging`: those whose age matters. */
export const lookUpImages = (
  api: DockerApiShape,
  references: ReadonlyArray<string>,
  aging: ReadonlyArray<string> = [],
): Effect.Effect<ImageLookup, WindFlowError> =>
  Effect.gen(function* () {
    const wanted = [...new Set([...references.map(familiar), ...aging.map(markRepository)])]
    const images = wanted.length === 0 ? [] : yield* api.images.list({ reference: wanted })
    const known = indexImages(images)
    return {
      find: (reference, { platform, age }) =>
        Effect.gen(function* () {
          const id = known.get(familiar(reference))
          // A list finds names, not ids: what is written as an id is asked for by itself.
          if (id === undefined && !isId(reference)) return undefined
          const marked = age && id !== undefined ? pulledAt(images, reference, id) : undefined
          if (id !== undefined && platform === undefined && (!age || marked !== undefined))
            return { id, ...(marked === undefined ? {} : { namedAt: marked }) }
          const details = yield* api.images.find(reference)
          if (details === undefined || (platform !== undefined && !satisfies(details, platform))) return undefined
          // Whoever pulled it without a mark, Compose for instance: as it counts.
          const namedAt = marked ?? Date.parse(details.Metadata?.LastTagTime ?? "")
          return { id: details.Id, ...(Number.isNaN(namedAt) ? {} : { namedAt }) }
        }),
    }
  })
