/** A service's volumes, configs and secrets as the engine's binds and mounts, chosen as Compose chooses between the two forms. */
import type { Schema } from "effect"
import type { FileObject, FileReference, Mount, Service } from "../../model/StackModel.ts"
import { rootPath, storeName } from "../../host/layout.ts"
import type { DesiredUp } from "./Desired.ts"
import { byteCount } from "./goValues.ts"

type VolumeMount = typeof Mount.Type
type Json = Schema.Json
type JsonObject = { readonly [key: string]: Json }

/** An anonymous volume of the container that is replaced: its data moves along. */
export interface InheritedVolume {
  readonly name: string
  readonly target: string
  readonly readOnly: boolean
}

export interface ContainerMounts {
  readonly binds: ReadonlyArray<string>
  readonly mounts: ReadonlyArray<JsonObject>
}

const bindString = (source: string, volume: VolumeMount): string => {
  const options = [
    volume.read_only === true ? "ro" : "rw",
    ...(volume.bind?.selinux === undefined ? [] : [volume.bind.selinux]),
    ...(volume.volume?.nocopy === true ? ["nocopy"] : []),
  ]
  return `${source}:${volume.target}:${options.join(",")}`
}

/** A bind string lets the engine create a missing host path; these options exist on mounts only. */
const needsBindMount = (bind: VolumeMount["bind"]): boolean =>
  bind !== undefined &&
  (bind.create_host_path === false || (bind.propagation ?? "") !== "" || (bind.recursive ?? "") !== "")

const needsVolumeMount = (volume: VolumeMount["volume"]): boolean =>
  volume !== undefined &&
  (Object.keys(volume.labels ?? {}).length > 0 || (volume.subpath ?? "") !== "" || volume.nocopy === true)

const bindOptions = (bind: NonNullable<VolumeMount["bind"]>): JsonObject => ({
  ...(bind.propagation === undefined ? {} : { Propagation: bind.propagation }),
  ...(bind.create_host_path === false ? {} : { CreateMountpoint: true }),
  ...(bind.recursive === "disabled" ? { NonRecursive: true } : {}),
  ...(bind.recursive === "writable" ? { ReadOnlyNonRecursive: true } : {}),
  ...(bind.recursive === "readonly" ? { ReadOnlyForceRecursive: true } : {}),
})

const mountOf = (volume: VolumeMount, source: string): JsonObject => ({
  Type: volume.type,
  ...(source === "" ? {} : { Source: source }),
  Target: volume.target,
  ...(volume.read_only === true ? { ReadOnly: true } : {}),
  ...(volume.consistency === undefined ? {} : { Consistency: volume.consistency }),
  ...(volume.type === "bind" && volume.bind !== undefined ? { BindOptions: bindOptions(volume.bind) } : {}),
  ...(volume.type === "volume" && volume.volume !== undefined
    ? {
        VolumeOptions: {
          ...(volume.volume.nocopy === true ? { NoCopy: true } : {}),
          ...(volume.volume.subpath === undefined ? {} : { Subpath: volume.volume.subpath }),
          ...(volume.volume.labels === undefined ? {} : { Labels: volume.volume.labels }),
        },
      }
    : {}),
  ...(volume.type === "image" && volume.image !== undefined
    ? { ImageOptions: volume.image.subpath === undefined ? {} : { Subpath: volume.image.subpath } }
    : {}),
  ...(volume.type === "tmpfs" && volume.tmpfs !== undefined
    ? { TmpfsOptions: { SizeBytes: byteCount(volume.tmpfs.size), Mode: volume.tmpfs.mode ?? 0 } }
    : {}),
})

const volumeName = (desired: DesiredUp, source: string): string | undefined =>
  desired.volumes.find((volume) => volume.key === source)?.model.name

/** Where a granted config or secret appears in the container. */
export const grantTarget = (grant: typeof FileReference.Type, directory: string): string => {
  const target = grant.target ?? grant.source ?? ""
  return target.startsWith("/") ? target : directory + target
}

/** What a config or secret is made from: a file is mounted, everything else is uploaded into the container. */
export const isUploaded = (object: FileObject | undefined): boolean =>
  (object?.content ?? "") !== "" || (object?.environment ?? "") !== ""

/** By target: a bind mount that is never created on the host when the file is missing. */
const grants = (desired: DesiredUp, model: Service): ReadonlyArray<readonly [string, JsonObject]> => {
  const bind = (Source: string | undefined, Target: string, options: JsonObject): readonly [string, JsonObject] => [
    Target,
    { Type: "bind", Source: Source ?? "", Target, ReadOnly: true, ...options },
  ]
  const mounted = (grants: Service["configs"], objects: DesiredUp["configs"]) =>
    (grants ?? []).filter(({ source }) => !isUploaded(objects[source ?? ""]))
  return [
    ...mounted(model.secrets, desired.secretFiles).map((grant) =>
      bind(desired.secretFiles[grant.source ?? ""]?.file, grantTarget(grant, "/run/secrets/"), { BindOptions: {} }),
    ),
    ...mounted(model.configs, desired.configs).map((grant) =>
      bind(desired.configs[grant.source ?? ""]?.file, grantTarget(grant, "/"), {}),
    ),
  ]
}

/** Path in the container → the carried tree that is mounted there. */
export type TreeMounts = ReadonlyMap<string, string>

/** A tree is shared by whoever has the same content: nobody may write to it. */
const treeMount = (project: string, target: string, tree: string): JsonObject => ({
  Type: "volume",
  Source: storeName(project),
  Target: target,
  ReadOnly: true,
  VolumeOptions: { NoCopy: true, Subpath: rootPath(tree) },
})

export const containerMounts = (
  desired: DesiredUp,
  model: Service,
  inherited: ReadonlyArray<InheritedVolume>,
  trees: TreeMounts = new Map(),
): ContainerMounts => {
  const binds: Array<string> = []
  const mounts: Array<JsonObject> = []
  const taken = new Set<string>()
  const carried = new Map(inherited.map((volume) => [volume.target, volume]))
  const carry = (volume: InheritedVolume) =>
    mounts.push({
      Type: "volume",
      Source: volume.name,
      Target: volume.target,
      ...(volume.readOnly ? { ReadOnly: true } : {}),
    })
  for (const [target, tree] of trees) {
    taken.add(target)
    mounts.push(treeMount(desired.project, target, tree))
  }
  for (const volume of model.volumes ?? []) {
    if (trees.has(volume.target)) continue
    taken.add(volume.target)
    const source = volume.source ?? ""
    const old = carried.get(volume.target)
    if (volume.type === "volume" && source === "") {
      if (old === undefined) mounts.push(mountOf(volume, ""))
      else carry(old)
    } else if (volume.type === "bind" && !needsBindMount(volume.bind)) binds.push(bindString(source, volume))
    else {
      const name = volume.type === "volume" ? volumeName(desired, source) : undefined
      if (name !== undefined && !needsVolumeMount(volume.volume)) binds.push(bindString(name, volume))
      else mounts.push(mountOf(volume, name ?? source))
    }
  }
  for (const [target, grant] of grants(desired, model)) {
    if (taken.has(target)) continue
    taken.add(target)
    mounts.push(grant)
  }
  for (const [target, volume] of carried) if (!taken.has(target)) carry(volume)
  return { binds, mounts }
}
