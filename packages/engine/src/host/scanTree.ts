/** Reads a file or directory of this machine into a manifest: names, types, modes, owners, digests. Content is read as a stream. */
import { createHash } from "node:crypto"
import { createReadStream, type Stats } from "node:fs"
import { lstat, readdir, readlink, realpath, stat } from "node:fs/promises"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { Effect } from "effect"
import { FileUnreadable } from "../model/errors/union.ts"
import type { Place } from "../model/Place.ts"
import { slowDigest } from "../secret/slowDigest.ts"
import { type Manifest, manifestDigest, type TreeEntry } from "./Manifest.ts"

/** What the grant of a config or secret says about its one file; `mode` absent: as the file is, without the right of others to write. */
export interface Ownership {
  /** Default: root. */
  readonly uid?: number
  readonly gid?: number
  readonly mode?: number
  /** A secret: nobody may write it. */
  readonly secret: boolean
}

const noRights: Ownership = { secret: false }

const reasons: Readonly<Record<string, FileUnreadable["reason"]>> = { ENOENT: "missing", EACCES: "permission" }

export const unreadable = (path: string, cause: unknown, place: Place | undefined): FileUnreadable => {
  if (cause instanceof FileUnreadable) return cause
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  return new FileUnreadable({
    path,
    reason: reasons[code] ?? "other",
    detail: error.message,
    ...(place === undefined ? {} : { place }),
  })
}

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash("sha256")
  await pipeline(createReadStream(path), hash)
  return hash.digest("hex")
}

/** Two people with different umasks have the same content: others cannot write to it in any case. */
const modeOf = (stats: Stats, ownership: Ownership): number => {
  const mode = ownership.mode ?? stats.mode & 0o7777 & ~0o022
  return ownership.secret ? mode & ~0o222 : mode
}

/** Names in byte order, as every machine sorts them. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const read = async (source: string, ownership: Ownership): Promise<Manifest> => {
  const entries: Array<TreeEntry> = []
  const visit = async (path: string, absolute: string, stats: Stats): Promise<void> => {
    // Owner root, as in a build: the deployer's ids mean nothing there, and a colleague's are others for the same content.
    const common = { path, uid: ownership.uid ?? 0, gid: ownership.gid ?? 0 }
    if (stats.isSymbolicLink()) {
      entries.push({ _tag: "Link", ...common, target: await readlink(absolute) })
    } else if (stats.isFile()) {
      const sha256 = await sha256Of(absolute)
      entries.push({ _tag: "File", ...common, mode: modeOf(stats, ownership), size: stats.size, sha256 })
    } else if (stats.isDirectory()) {
      entries.push({ _tag: "Directory", ...common, mode: modeOf(stats, ownership) })
      for (const name of (await readdir(absolute)).sort(byBytes)) {
        const child = join(absolute, name)
        await visit(path === "" ? name : `${path}/${name}`, child, await lstat(child))
      }
    } else
      throw new FileUnreadable({
        path: absolute,
        reason: "other",
        detail: "it is a socket, pipe or device; only files, directories and links can be carried to another machine",
      })
  }
  // A bind mount follows a link at its source; the links below it are carried as they are.
  await visit("", await realpath(source), await stat(source))
  return { format: 1, entries }
}

/** Names a tree in labels, plans and marks. That of a secret is slow to guess the content from; `project` is its salt. */
export const treeDigest = (manifest: Manifest, { secret }: Ownership, project: string): Effect.Effect<string> =>
  secret
    ? Effect.promise(() => slowDigest(manifestDigest(manifest), project))
    : Effect.succeed(manifestDigest(manifest))

/** `source` is absolute; a link there is followed. */
export const scanTree = (
  source: string,
  ownership: Ownership = noRights,
  place?: Place,
): Effect.Effect<Manifest, FileUnreadable> =>
  Effect.tryPromise({
    try: () => read(source, ownership),
    catch: (cause) => unreadable(source, cause, place),
  })
