/** Which paths of a stack lie on the deployer's machine and are carried to the target, and the digests of their content. */
import { relative } from "node:path"
import { Effect } from "effect"
import { byteCount, fileCount } from "../../host/Manifest.ts"
import type { Ownership } from "../../host/scanTree.ts"
import { type Diagnostic, Unsupported, type WindFlowError } from "../../model/errors/union.ts"
import type { ModelPath, Stack } from "../../model/Stack.ts"
import type { FileReference, Mount } from "../../model/StackModel.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { DesiredTree } from "./Desired.ts"
import { grantTarget } from "./mounts.ts"

/** Mounting a part of a volume. */
const oldestEngine = "1.45"

interface CarriedPath {
  readonly target: string
  /** Absolute, on this machine. */
  readonly source: string
  readonly ownership: Ownership
  readonly path: ModelPath
}

const below = (stack: Stack, source: string): boolean => {
  const { workingDirectory } = stack.origin
  return source === workingDirectory || source.startsWith(`${workingDirectory}/`)
}

/** How a bind mount is meant on a target that does not see this machine's files. */
export const bindFate = (stack: Stack, mount: typeof Mount.Type): "target" | "carried" | "refused" => {
  if (mount["x-windflow"] === "sync") return "carried"
  if (!below(stack, mount.source ?? "")) return "target"
  return mount.read_only === true ? "carried" : "refused"
}

const whole = (text: string | undefined, base: 8 | 10): number | undefined => {
  const digits = base === 8 ? /^(0o?)?[0-7]+$/ : /^\d+$/
  return text !== undefined && digits.test(text) ? Number.parseInt(text.replace(/^0o/, ""), base) : undefined
}

const ownershipOf = (grant: typeof FileReference.Type, secret: boolean): Ownership => {
  const [uid, gid, mode] = [whole(grant.uid, 10), whole(grant.gid, 10), whole(grant.mode, 8)]
  return {
    secret,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(mode === undefined ? {} : { mode }),
  }
}

/** A mount comes before a config or secret with the same target, as when the container is created. */
export const carriedPaths = (stack: Stack, name: string): ReadonlyArray<CarriedPath> => {
  const service = stack.model.services[name]
  const found = new Map<string, CarriedPath>()
  const mounts = service?.volumes ?? []
  for (const [index, mount] of mounts.entries())
    if (mount.type === "bind" && bindFate(stack, mount) === "carried")
      found.set(mount.target, {
        target: mount.target,
        source: mount.source ?? "",
        ownership: { secret: false },
        path: ["services", name, "volumes", index],
      })
  for (const kind of ["secrets", "configs"] as const)
    for (const grant of service?.[kind] ?? []) {
      const target = grantTarget(grant, kind === "secrets" ? "/run/secrets/" : "/")
      const source = stack.model[kind]?.[grant.source ?? ""]?.file
      // What has a content of its own or comes from a variable is put into the container, wherever that is.
      if (source === undefined || source === "" || mounts.some((mount) => mount.target === target) || found.has(target))
        continue
      const path = [kind, grant.source ?? "", "file"]
      found.set(target, { target, source, ownership: ownershipOf(grant, kind === "secrets"), path })
    }
  return [...found.values()]
}

export interface CarriedFiles {
  /** service → path in the container → digest. */
  readonly byService: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly trees: ReadonlyArray<DesiredTree>
}

const tooOld = (stack: Stack, path: ModelPath, version: string): Diagnostic => {
  const place = stack.origin.locate(path)
  return {
    severity: "error",
    code: "unsupported",
    message: `${path.join(".")}: this file lies on this machine, and the target's engine (API ${version}) cannot mount a part of a volume`,
    remedy: "Raise the target to Docker 26, or put the files into the image.",
    path: path.join("."),
    ...(place === undefined ? {} : { place }),
  }
}

const olderThan = (version: string, oldest: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const [needed = 0, atLeast = 0] = oldest.split(".").map(Number)
  return major < needed || (major === needed && minor < atLeast)
}

/** Reads every carried file of these services once. */
export const digestCarried = (
  api: DockerApiShape,
  stack: Stack,
  names: ReadonlyArray<string>,
): Effect.Effect<CarriedFiles, WindFlowError> =>
  Effect.gen(function* () {
    const paths = names.flatMap((name) => carriedPaths(stack, name).map((path) => ({ name, ...path })))
    const [first] = paths
    if (first === undefined) return { byService: new Map(), trees: [] }
    const version = yield* api.version
    if (olderThan(version, oldestEngine))
      return yield* new Unsupported({ driver: "compose", diagnostics: [tooOld(stack, first.path, version)] })
    const { scanTree, treeDigest } = yield* Effect.promise(() => import("../../host/scanTree.ts"))
    const known = new Map<string, string>()
    const trees = new Map<string, DesiredTree>()
    const byService = new Map<string, Record<string, string>>()
    for (const { name, target, source, ownership, path } of paths) {
      const same = JSON.stringify([source, ownership])
      let digest = known.get(same)
      if (digest === undefined) {
        const manifest = yield* scanTree(source, ownership, stack.origin.locate(path))
        digest = yield* treeDigest(manifest, ownership, stack.name)
        known.set(same, digest)
        const shown = below(stack, source) ? relative(stack.origin.workingDirectory, source) || "." : source
        trees.set(digest, {
          digest,
          source,
          shown,
          ownership,
          files: fileCount(manifest),
          bytes: byteCount(manifest),
        })
      }
      byService.set(name, { ...byService.get(name), [target]: digest })
    }
    return { byService, trees: [...trees.values()] }
  })
