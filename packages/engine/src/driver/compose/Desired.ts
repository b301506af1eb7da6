/** The desired state of the compose driver: everything planner and executor need, as plain data. Holds no secret value. */
import { Schema, SchemaTransformation } from "effect"
import { FileObject, Network, Service, Volume } from "../../model/StackModel.ts"
import { DownOptions, LifecycleRequest, UpOptions } from "../Request.ts"

const Str = Schema.String

export const DesiredImage = Schema.Struct({
  /** What the container is created from: the reference, or a pinned id. */
  reference: Str,
  /** The id it resolves to; null in a preview that would have to build or pull first. */
  id: Schema.NullOr(Str),
  /** Why the id is not known. */
  pending: Schema.optionalKey(Schema.Literals(["build", "pull", "carry"])),
})
export type DesiredImage = typeof DesiredImage.Type

/** An environment variable that gets its value from the secret store when the container is created. */
export const SecretVariable = Schema.Struct({ variable: Str, name: Str, version: Str })

/** Content of this machine that containers mount, by its digest. Where it comes from means something on the deployer's machine only. */
export const DesiredTree = Schema.Struct({
  digest: Str,
  /** Absolute. */
  source: Str,
  /** For people: relative to the project's directory. */
  shown: Str,
  ownership: Schema.Struct({
    uid: Schema.optionalKey(Schema.Int),
    gid: Schema.optionalKey(Schema.Int),
    mode: Schema.optionalKey(Schema.Int),
    secret: Schema.Boolean,
  }),
  files: Schema.Int,
  bytes: Schema.Int,
})
export type DesiredTree = typeof DesiredTree.Type
/** A config, a secret or a mounted image of a service, by a digest of what it holds; an image's key is where it is mounted. */
export const GrantedContent = Schema.Struct({
  kind: Schema.Literals(["configs", "secrets", "images"]),
  key: Str,
  digest: Str,
})
export type GrantedContent = typeof GrantedContent.Type

export const DesiredService = Schema.Struct({
  name: Str,
  model: Service,
  image: DesiredImage,
  scale: Schema.Int,
  /** Named by the caller (or everything is), not just drawn in as a dependency. */
  targeted: Schema.Boolean,
  /** Some service waits until this one has completed: ended with 0 it is done, not stopped. */
  completes: Schema.Boolean,
  configHash: Str,
  /** Digest of what the config hash does not cover; empty when there is nothing of it. */
  extra: Str,
  secrets: Schema.Array(SecretVariable),
  /** Path in the container → digest of the carried content that is mounted there; absent when there is none. */
  carried: Schema.optionalKey(Schema.Record(Str, Str)),
  /** Configs and secrets whose content is known: a change of it replaces the containers. */
  contents: Schema.Array(GrantedContent),
  /** Security options with seccomp profiles as texts, where the model names files. */
  securityOptions: Schema.optionalKey(Schema.Array(Str)),
})
export type DesiredService = typeof DesiredService.Type

export const DesiredNetwork = Schema.Struct({ key: Str, model: Network, hash: Str })
export type DesiredNetwork = typeof DesiredNetwork.Type
export const DesiredVolume = Schema.Struct({ key: Str, model: Volume, hash: Str })
export type DesiredVolume = typeof DesiredVolume.Type

/**
 * Whether the state comes straight from `prepare` or was saved with a plan or revision: then a tag may have moved since, and
 * the image is looked up again. Saving makes it `saved`.
 */
export const Origin = Schema.Literal("saved").pipe(
  Schema.decodeTo(
    Schema.Literals(["prepared", "saved"]),
    SchemaTransformation.transform({ decode: (saved): "prepared" | "saved" => saved, encode: () => "saved" as const }),
  ),
)

export const DesiredUp = Schema.TaggedStruct("Up", {
  origin: Origin,
  project: Str,
  workingDirectory: Str,
  files: Schema.Array(Str),
  environmentFiles: Schema.Array(Str),
  /** Dependencies stand before what depends on them. */
  services: Schema.Array(DesiredService),
  /** Services of the stack that this request leaves alone (not chosen, or out by profile). */
  untouched: Schema.Array(Str),
  networks: Schema.Array(DesiredNetwork),
  volumes: Schema.Array(DesiredVolume),
  configs: Schema.Record(Str, FileObject),
  secretFiles: Schema.Record(Str, FileObject),
  /** Proxy variables of Docker's client configuration, given to every container. */
  proxies: Schema.Record(Str, Str),
  /** Absent when nothing is carried: the engine sees the deployer's files, or there are none. */
  trees: Schema.optionalKey(Schema.Array(DesiredTree)),
  warnings: Schema.Array(Str),
  options: UpOptions,
})
export type DesiredUp = typeof DesiredUp.Type

export const DesiredDown = Schema.TaggedStruct("Down", { project: Str, options: DownOptions })
export type DesiredDown = typeof DesiredDown.Type

/** The others are their requests: they need nothing prepared. */
export const Desired = Schema.Union([DesiredUp, DesiredDown, ...LifecycleRequest.members])
export type Desired = typeof Desired.Type
