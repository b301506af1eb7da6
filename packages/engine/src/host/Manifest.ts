/** What a carried tree consists of, and which of it has to travel. Pure. */
import { Schema } from "effect"
import { digestJson } from "../plan/digest.ts"

const Str = Schema.String
const Int = Schema.Int
const owned = { path: Str, mode: Int, uid: Int, gid: Int }

export const TreeEntry = Schema.Union([
  Schema.TaggedStruct("File", { ...owned, size: Int, sha256: Str }),
  Schema.TaggedStruct("Directory", owned),
  Schema.TaggedStruct("Link", { path: Str, uid: Int, gid: Int, target: Str }),
])
export type TreeEntry = typeof TreeEntry.Type
export type FileEntry = Extract<TreeEntry, { readonly _tag: "File" }>

/** Parents before children; the root's path is empty, and a tree may be that one file. */
export const Manifest = Schema.Struct({ format: Schema.Literal(1), entries: Schema.Array(TreeEntry) })
export type Manifest = typeof Manifest.Type

/** Names the content: equal trees have equal digests on every machine. Times are no part of it. */
export const manifestDigest = ({ entries }: Manifest): string => digestJson(entries)

export const fileCount = ({ entries }: Manifest): number => entries.filter(({ _tag }) => _tag === "File").length
export const byteCount = ({ entries }: Manifest): number =>
  entries.reduce((sum, entry) => sum + (entry._tag === "File" ? entry.size : 0), 0)

export interface Transfer {
  readonly entry: TreeEntry
  /** The path of an equal file in the base tree: it is linked there, its content does not travel. */
  readonly linked?: string
}

/** A link shares mode and owner with its file, so these are compared too. */
const identity = ({ sha256, mode, uid, gid }: FileEntry): string => `${sha256} ${mode} ${uid} ${gid}`

/** What travels when the files of `base` are there already. An empty file costs no more than a link. */
export const transfersOf = (wanted: Manifest, base: Manifest | undefined): ReadonlyArray<Transfer> => {
  const there = new Map<string, string>()
  for (const entry of base?.entries ?? []) if (entry._tag === "File") there.set(identity(entry), entry.path)
  return wanted.entries.map((entry) => {
    const linked = entry._tag === "File" && entry.size > 0 ? there.get(identity(entry)) : undefined
    return linked === undefined ? { entry } : { entry, linked }
  })
}
