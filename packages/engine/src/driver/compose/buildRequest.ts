/** From a service's `build` to what BuildKit is asked: attributes of its Dockerfile frontend, folders it may read, caches. Pure. */
import { posix } from "node:path"
import { isRemoteContext } from "../../compose/text/path.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Build } from "../../model/StackModel.ts"
import type { CacheEntry, SolveRequest } from "../../transport/buildkit/messages.ts"
import type { BuildPurpose } from "./buildImages.ts"
import { imageOf, platformOf } from "./localImages.ts"
import { composeVersion, labels } from "./names.ts"

type BuildModel = typeof Build.Type

export interface BuildRequest {
  readonly solve: Omit<SolveRequest, "ref" | "session">
  /** Name in the build → absolute path of a folder it may read. */
  readonly folders: ReadonlyMap<string, string>
  /** A Dockerfile that stands in the model: it is served as the only file of the folder `dockerfile`. */
  readonly inline: string | undefined
}

/** What is known of the engine's builder; only looked up where a key asks for it. */
export interface BuilderFacts {
  readonly hostGateway: string | undefined
  /** It keeps images in containerd's store: several platforms, attestations and exported caches need that. */
  readonly imageStore: boolean
}

export const serviceContext = "service:"
const hostGateway = "host-gateway"
const enabled = (text: string | undefined): text is string => text !== undefined && text !== "" && text !== "false"

/** `type=registry,ref=…`, or just the reference of an image. */
export const parseCache = (text: string): CacheEntry => {
  if (!text.includes("=")) return { type: "registry", attributes: { ref: text } }
  const pairs = text.split(",").map((part) => {
    const equals = part.indexOf("=")
    return [part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim()] as const
  })
  const { type = "", ...attributes } = Object.fromEntries(pairs)
  return { type, attributes }
}

/** An `up` runs one platform, so it builds one; `build` makes all that are asked for. */
export const platformsOf = (stack: Stack, name: string, purpose: BuildPurpose["purpose"]): ReadonlyArray<string> => {
  const platform = platformOf(stack, name)
  const platforms = stack.model.services[name]?.build?.platforms ?? []
  if (platform !== undefined && (purpose === "up" || platforms.length === 0)) return [platform]
  // Of several the engine takes its own.
  return purpose === "up" && platforms.length > 1 ? [] : platforms
}

/** Keys that only an engine with containerd's image store can do, as they stand below `build`. */
export const imageStoreKeys = (
  build: BuildModel,
  platforms: ReadonlyArray<string>,
): ReadonlyArray<keyof BuildModel> => [
  ...(platforms.length > 1 ? (["platforms"] as const) : []),
  ...((build.cache_to ?? []).some((cache) => parseCache(cache).type !== "inline") ? (["cache_to"] as const) : []),
  ...(enabled(build.provenance) ? (["provenance"] as const) : []),
  ...(enabled(build.sbom) ? (["sbom"] as const) : []),
]

export const asksForGateway = (build: BuildModel): boolean =>
  (build.extra_hosts ?? []).some((host) => host.endsWith(`=${hostGateway}`))

const hostsOf = (build: BuildModel, facts: BuilderFacts): string =>
  (build.extra_hosts ?? [])
    .flatMap((entry) => {
      const equals = entry.indexOf("=")
      const [host, addresses] = [entry.slice(0, equals), entry.slice(equals + 1)]
      const known = addresses === hostGateway ? (facts.hostGateway ?? addresses) : addresses
      return known.split(",").map((address) => `${host}=${address.replace(/^\[(.*)\]$/, "$1")}`)
    })
    .join(",")

const argumentsOf = (
  stack: Stack,
  build: BuildModel,
  purpose: BuildPurpose,
  proxies: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const written = { ...build.args, ...purpose.args }
  const known = Object.entries(written).flatMap(([key, value]) => {
    const found = value ?? stack.origin.variable?.(key)
    return found === undefined ? [] : [[key, found] as const]
  })
  // BuildKit takes both spellings for one: with a proxy of its own, the build must not get the configured one as well.
  const own = new Set(Object.keys(written).map((key) => key.toLowerCase()))
  return {
    ...Object.fromEntries(Object.entries(proxies).filter(([key]) => !own.has(key.toLowerCase()))),
    ...Object.fromEntries(known),
  }
}

const prefixed = (prefix: string, map: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [`${prefix}${key}`, value]))

const ulimitsOf = (build: BuildModel): string =>
  Object.entries(build.ulimits ?? {})
    .map(([name, limit]) =>
      typeof limit === "number" ? `${name}=${limit}:${limit}` : `${name}=${limit.soft ?? 0}:${limit.hard ?? 0}`,
    )
    .join(",")

/** `mode=max`, or `true` for BuildKit's defaults. */
const attestation = (text: string) => (text === "true" ? "" : text)

/** Where the Dockerfile comes from: below a context from elsewhere, in the model, or in a folder of this machine. */
const dockerfileOf = (context: string, build: BuildModel) => {
  const name = build.dockerfile ?? "Dockerfile"
  if (build.dockerfile_inline !== undefined) return { filename: "Dockerfile", local: true, folder: undefined }
  if (isRemoteContext(context) && !name.startsWith("/")) return { filename: name, local: false, folder: undefined }
  const path = name.startsWith("/") ? name : posix.join(context, name)
  return { filename: posix.basename(path), local: true, folder: posix.dirname(path) }
}

/** The absolute path of the Dockerfile, where it is one of this machine. */
export const dockerfilePath = (stack: Stack, build: BuildModel): string | undefined => {
  const { filename, folder } = dockerfileOf(build.context ?? stack.origin.workingDirectory, build)
  return folder === undefined ? undefined : posix.join(folder, filename)
}

const cacheJson = (entries: ReadonlyArray<CacheEntry>) =>
  JSON.stringify(entries.map(({ type, attributes }) => ({ Type: type, Attrs: attributes })))

export const buildRequest = (
  stack: Stack,
  name: string,
  purpose: BuildPurpose,
  proxies: Readonly<Record<string, string>>,
  facts: BuilderFacts,
): BuildRequest => {
  const build = stack.model.services[name]?.build ?? {}
  const context = build.context ?? stack.origin.workingDirectory
  const remote = isRemoteContext(context)
  const dockerfile = dockerfileOf(context, build)
  const folders = new Map<string, string>()
  if (!remote) folders.set("context", context)
  if (dockerfile.folder !== undefined) folders.set("dockerfile", dockerfile.folder)
  const named: Record<string, string> = {}
  for (const [key, value] of Object.entries(build.additional_contexts ?? {})) {
    if (value.startsWith(serviceContext))
      named[`context:${key}`] = `docker-image://${imageOf(stack, value.slice(serviceContext.length))}`
    else if (isRemoteContext(value)) named[`context:${key}`] = value
    else {
      // The two names the frontend keeps for itself.
      const local = key === "context" || key === "dockerfile" ? `_${key}` : key
      folders.set(local, value)
      named[`context:${key}`] = `local:${local}`
    }
  }
  const args = argumentsOf(stack, build, purpose, proxies)
  const platforms = platformsOf(stack, name, purpose.purpose)
  const noCache = build.no_cache === true || purpose.noCache === true
  const caches = (build.cache_from ?? []).map(parseCache)
  const exports = (build.cache_to ?? []).map(parseCache)
  const inlineArgument = /^(1|t|true)$/i.test(args["BUILDKIT_INLINE_CACHE"] ?? "")
  const optional: Readonly<Record<string, string | undefined>> = {
    context: remote ? context : undefined,
    // Else a Dockerfile of this machine would be looked for in the context from elsewhere.
    dockerfilekey: dockerfile.local && (remote || dockerfile.folder === undefined) ? "dockerfile" : undefined,
    target: build.target,
    "no-cache": noCache ? "" : build.no_cache_filter?.join(","),
    "force-network-mode": build.network === "host" || build.network === "none" ? build.network : undefined,
    "add-hosts": hostsOf(build, facts) || undefined,
    "shm-size": build.shm_size,
    ulimit: ulimitsOf(build) || undefined,
    platform: platforms.length === 0 ? undefined : platforms.join(","),
    "cache-imports": caches.length === 0 ? undefined : cacheJson(caches),
    "attest:provenance": enabled(build.provenance) ? attestation(build.provenance) : undefined,
    "attest:sbom": enabled(build.sbom) ? attestation(build.sbom) : undefined,
    "frontend.caps": Object.keys(named).length === 0 ? undefined : "moby.buildkit.frontend.contexts+forward",
  }
  const ownLabels = { [labels.project]: stack.name, [labels.service]: name, [labels.version]: composeVersion }
  return {
    folders,
    inline: build.dockerfile_inline,
    solve: {
      frontend: "dockerfile.v0",
      attributes: {
        filename: dockerfile.filename,
        "image-resolve-mode": build.pull === true || purpose.pull === true ? "pull" : "local",
        ...Object.fromEntries(
          Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined),
        ),
        ...named,
        ...prefixed("build-arg:", args),
        ...prefixed("label:", { ...build.labels, ...ownLabels }),
      },
      // The engine's own image store, under these names.
      exporter: "moby",
      exporterAttributes: { name: [...(build.tags ?? []), imageOf(stack, name)].join(",") },
      cacheImports: caches,
      cacheExports:
        inlineArgument && !exports.some(({ type }) => type === "inline")
          ? [...exports, { type: "inline", attributes: {} }]
          : exports,
      entitlements: [
        ...new Set([
          ...(build.entitlements ?? []),
          ...(build.privileged === true ? ["security.insecure"] : []),
          ...(build.network === "host" ? ["network.host"] : []),
        ]),
      ],
    },
  }
}
