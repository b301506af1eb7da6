/** From an image's name to the name that is pinned: what a registry, asked through the engine, says it is today. */
import { Effect } from "effect"
import { Usage, type WindFlowError } from "../model/errors/union.ts"
import type { DockerApiShape } from "./DockerApi.ts"
import type { DockerConfig } from "./dockerConfig.ts"
import { registryAuth } from "./registryAuth.ts"

const REFERENCE =
  /^(?<path>[^@:/]+(?::\d+(?=\/))?(?:\/[^@:/]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}))?$/i
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/

/** The full name: registry, `library/` where Docker Hub wants it, and a digest or else a tag. Undefined when it is none. */
export const canonicalReference = (reference: string): string | undefined => {
  const { path, tag, digest } = REFERENCE.exec(reference)?.groups ?? {}
  if (path === undefined) return undefined
  const [first = "", ...others] = path.split("/")
  const named = others.length > 0 && (/[.:A-Z]/.test(first) || first === "localhost")
  const registry = named && first !== "index.docker.io" ? first : "docker.io"
  const components = named ? others : [first, ...others]
  if (!components.every((component) => COMPONENT.test(component))) return undefined
  const repository =
    registry === "docker.io" && components.length === 1 ? `library/${components[0]}` : components.join("/")
  // With a digest the tag says nothing any more.
  return `${registry}/${repository}${digest === undefined ? `:${tag ?? "latest"}` : `@${digest}`}`
}

/** `docker.io/library/nginx:1.27@sha256:…`; a reference that holds a digest is not asked for. */
export const pinImage = (
  api: Pick<DockerApiShape, "images">,
  config: DockerConfig,
  reference: string,
): Effect.Effect<string, WindFlowError> =>
  Effect.gen(function* () {
    const full = canonicalReference(reference)
    if (full === undefined)
      return yield* new Usage({
        subject: reference,
        detail: "this is no image reference",
        expected: "registry/name:tag",
      })
    if (full.includes("@")) return full
    const auth = yield* registryAuth(config, reference)
    return `${full}@${yield* api.images.digest(full, auth)}`
  })
