/** Carried content in a plan: what a container mounts is on the target before the container is made. Pure. */
import type { InputReference } from "../../plan/Operation.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import type { Draft } from "./draft.ts"
import type { Observed } from "./Observed.ts"
import type { ServiceSlots } from "./slots.ts"

/** The output of carrying, and the input of creating, that names the tree of a digest. */
const prefix = "tree:"
export const treeKey = (digest: string): string => prefix + digest
export const isTreeKey = (key: string): boolean => key.startsWith(prefix)
export const digestOf = (key: string): string => key.slice(prefix.length)

export interface MountedTrees {
  /** Digest → tree, of what is there. */
  readonly trees: Readonly<Record<string, string>>
  readonly needs: ReadonlyArray<string>
  readonly inputs: Readonly<Record<string, InputReference>>
}

const resource = "files"
const operation = `${resource}/carry`

const kibi = 1024
const size = (bytes: number): string =>
  bytes < kibi
    ? `${bytes} B`
    : bytes < kibi * kibi
      ? `${(bytes / kibi).toFixed(1)} KiB`
      : `${(bytes / kibi / kibi).toFixed(1)} MiB`

const digestsOf = (service: DesiredService): ReadonlyArray<string> => [...new Set(Object.values(service.carried ?? {}))]

/** One operation for all that is missing: it goes in one archive, through one container. */
export const planCarried = (
  desired: DesiredUp,
  observed: Observed,
  services: ReadonlyArray<ServiceSlots>,
  draft: Draft,
): void => {
  const creating = services.filter(({ slots }) => slots.some(({ _tag }) => _tag === "Create" || _tag === "Replace"))
  const wanted = new Set(creating.flatMap(({ service }) => digestsOf(service)))
  const missing = (desired.trees ?? []).filter(({ digest }) => wanted.has(digest) && !observed.trees?.has(digest))
  if (missing.length === 0) return
  const files = missing.reduce((sum, tree) => sum + tree.files, 0)
  const bytes = missing.reduce((sum, tree) => sum + tree.bytes, 0)
  const names = missing.map(({ shown }) => shown).join(", ")
  const cause = `not on the target yet: ${names} (${files} ${files === 1 ? "file" : "files"}, ${size(bytes)})`
  draft.add({
    id: operation,
    group: draft.group(resource, "create", resource, cause),
    resource,
    cause,
    needs: [],
    action: { verb: "CarryFiles", args: { digests: missing.map(({ digest }) => digest) } },
  })
}

/** What a container of this service mounts, after `planCarried`. */
export const mountedBy = (service: DesiredService, observed: Observed): MountedTrees => {
  const there = digestsOf(service).flatMap((digest) => {
    const tree = observed.trees?.get(digest)
    return tree === undefined ? [] : [[digest, tree] as const]
  })
  const missing = digestsOf(service).filter((digest) => !observed.trees?.has(digest))
  return {
    trees: Object.fromEntries(there),
    needs: missing.length === 0 ? [] : [operation],
    inputs: Object.fromEntries(missing.map((digest) => [treeKey(digest), { operation, output: treeKey(digest) }])),
  }
}
