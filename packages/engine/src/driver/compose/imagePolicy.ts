/** When an image is pulled or built: `pull_policy` and the flags over it, as Docker Compose reads them. Pure. */
import { parseDuration } from "../../compose/text/duration.ts"
import type { Service } from "../../model/StackModel.ts"
import type { PullOptions, UpOptions } from "../Request.ts"

export type PullPolicy =
  | { readonly _tag: "always" | "never" | "missing" | "build" }
  /** Pulled again when the image got its name longer ago than this. */
  | { readonly _tag: "refresh"; readonly milliseconds: number }

const day = 86_400_000

/** Undefined when the text is no policy. */
export const readPullPolicy = (text: string | undefined): PullPolicy | undefined => {
  switch (text) {
    case undefined:
    case "":
    case "missing":
    case "if_not_present":
    // In Compose's grammar, but only its suffixed forms say when: alone it means "missing" there.
    case "refresh":
      return { _tag: "missing" }
    case "always":
    case "never":
    case "build":
      return { _tag: text }
    case "daily":
      return { _tag: "refresh", milliseconds: day }
    case "weekly":
      return { _tag: "refresh", milliseconds: 7 * day }
    default: {
      const nanoseconds = text.startsWith("every_") ? parseDuration(text.slice("every_".length)) : undefined
      return nanoseconds === undefined ? undefined : { _tag: "refresh", milliseconds: Number(nanoseconds / 1_000_000n) }
    }
  }
}

/** What the engine has under the service's image name; undefined: nothing, or an image of another platform. */
export interface LocalImage {
  readonly id: string
  /** Milliseconds since 1970 when the image got this name; only known where a policy asks for it. */
  readonly namedAt?: number
}

export interface ImageNeed {
  readonly pull: boolean
  /** `missing`: only when the image is not there after the pull. */
  readonly build: "no" | "missing" | "always"
}

const mustPull = (policy: PullPolicy, local: LocalImage | undefined, now: number): boolean => {
  switch (policy._tag) {
    case "always":
      return true
    case "never":
    case "build":
      return false
    case "missing":
      return local === undefined
    case "refresh":
      return local === undefined || now > (local.namedAt ?? 0) + policy.milliseconds
  }
}

/** The policy that counts for an `up`: `--build` over `--pull` over the file. Unknown policies were refused before. */
const effective = (service: Service, options: Pick<UpOptions, "pull" | "build">): PullPolicy => {
  if (service.build !== undefined && options.build === "always") return { _tag: "build" }
  return readPullPolicy(options.pull === "policy" ? service.pull_policy : options.pull) ?? { _tag: "missing" }
}

/** What has to be done for a service's image; `now` is the engine's clock, milliseconds since 1970. */
export const imageNeed = (
  service: Service,
  local: LocalImage | undefined,
  options: Pick<UpOptions, "pull" | "build">,
  now = 0,
): ImageNeed => {
  const policy = effective(service, options)
  const buildable = service.build !== undefined && options.build !== "never"
  return {
    // Without a name of its own the image is only ever built.
    pull: service.image !== undefined && mustPull(policy, local, now),
    build: !buildable ? "no" : policy._tag === "build" ? "always" : "missing",
  }
}

export const asksForAge = (service: Service, options: Pick<UpOptions, "pull" | "build">): boolean =>
  effective(service, options)._tag === "refresh"

const isLatest = (reference: string): boolean => {
  if (reference.includes("@")) return false
  const colon = reference.lastIndexOf(":")
  return colon <= reference.lastIndexOf("/") || reference.slice(colon + 1) === "latest"
}

/**
 * Whether an explicit `pull` fetches a service's image. It is more willing than an `up`: somebody asked for it, so a window of
 * `every_…` counts as over, and the tag `latest`, which is meant to move, is looked at again.
 */
export const pullNeed = (
  service: Service,
  present: boolean,
  options: Pick<PullOptions, "policy" | "skipBuildable">,
): "pull" | "no-image" | "present" | "policy" | "buildable" => {
  if (service.image === undefined || service.image === "") return "no-image"
  const text = options.policy === "policy" ? service.pull_policy : options.policy
  const policy = readPullPolicy(text) ?? { _tag: "missing" }
  const decided = (): "pull" | "present" | "policy" => {
    if (text === undefined || text === "") return "pull"
    switch (policy._tag) {
      case "always":
      case "refresh":
        return "pull"
      case "never":
      case "build":
        return "policy"
      case "missing":
        return !present || isLatest(service.image ?? "") ? "pull" : "present"
    }
  }
  const decision = decided()
  return decision === "pull" && options.skipBuildable && service.build !== undefined ? "buildable" : decision
}
