/**
 * A folder of this machine as BuildKit wants to see it: entries in its order, filtered by what is asked for and what
 * `.dockerignore` leaves out, links named but never followed.
 */
import type { BigIntStats, Dirent } from "node:fs"
import { lstat, readdir, readlink } from "node:fs/promises"
import { join } from "node:path"
import { followPaths } from "./followPaths.ts"
import type { FileStat } from "./messages.ts"
import { type MatchState, Patterns } from "./patterns.ts"

export interface WalkFilter {
  /** Absent: everything. */
  readonly include: Patterns | undefined
  readonly exclude: Patterns | undefined
}

export interface WalkRequest {
  readonly includes: ReadonlyArray<string>
  readonly excludes: ReadonlyArray<string>
  /** Paths whose links are followed, and what they lead to included. */
  readonly follow: ReadonlyArray<string>
}

export interface WalkedEntry {
  readonly stat: FileStat
  /** Its bytes may be asked for. */
  readonly regular: boolean
}

/** Without those that lie below another one; undefined when the folder itself is among them, which filters nothing. */
const outermost = (paths: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const sorted = [...new Set(paths)].sort()
  if (sorted.includes(".")) return undefined
  return sorted.filter((path) => !sorted.some((other) => path.startsWith(`${other}/`)))
}

export const walkFilter = async (root: string, request: WalkRequest): Promise<WalkFilter> => {
  const wanted = [...request.includes, ...(await followPaths(root, request.follow))]
  const includes = wanted.length === 0 ? undefined : outermost(wanted)
  return {
    include: includes === undefined ? undefined : new Patterns(includes),
    exclude: request.excludes.length === 0 ? undefined : new Patterns(request.excludes),
  }
}

/** Bits of Go's `os.FileMode`, which is what the protocol carries. */
const goMode = {
  directory: 0x8000_0000,
  link: 0x0800_0000,
  pipe: 0x0200_0000,
  setUid: 0x0080_0000,
  setGid: 0x0040_0000,
  sticky: 0x0010_0000,
} as const
const unixMode = { setUid: 0o4000, setGid: 0o2000, sticky: 0o1000, permissions: 0o777 } as const

/** Undefined for sockets and devices: they have no place in an image. */
const modeOf = (stats: BigIntStats): number | undefined => {
  const unix = Number(stats.mode)
  let mode = unix & unixMode.permissions
  if (stats.isDirectory()) mode += goMode.directory
  else if (stats.isSymbolicLink()) mode += goMode.link
  else if (stats.isFIFO()) mode += goMode.pipe
  else if (!stats.isFile()) return undefined
  if ((unix & unixMode.setUid) !== 0) mode += goMode.setUid
  if ((unix & unixMode.setGid) !== 0) mode += goMode.setGid
  if ((unix & unixMode.sticky) !== 0) mode += goMode.sticky
  return mode
}

const entryOf = async (root: string, path: string, stats: BigIntStats): Promise<WalkedEntry | undefined> => {
  const mode = modeOf(stats)
  if (mode === undefined) return undefined
  return {
    // Owners are not sent: BuildKit takes root, as with Compose; the deployer's ids mean nothing in an image.
    stat: {
      path,
      mode,
      size: stats.isDirectory() ? 0n : stats.size,
      modified: stats.mtimeNs,
      linkname: stats.isSymbolicLink() ? await readlink(join(root, path)) : "",
    },
    regular: stats.isFile(),
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")
const isDenied = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EACCES"

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

interface States {
  readonly include: MatchState | undefined
  readonly exclude: MatchState | undefined
}

/** Entries in the order of their bytes, a folder before what lies in it; folders only when something in them is wanted. */
export async function* walk(root: string, filter: WalkFilter): AsyncGenerator<WalkedEntry, void> {
  /** Folders on the way down that were not wanted themselves: sent as soon as something below them is. */
  const held: Array<WalkedEntry> = []

  async function* visit(
    folder: string,
    parent: States | undefined,
    wanted: boolean,
  ): AsyncGenerator<WalkedEntry, void> {
    let children: ReadonlyArray<Dirent>
    try {
      children = (await readdir(join(root, folder), { withFileTypes: true })).sort((a, b) => byBytes(a.name, b.name))
    } catch (error) {
      // Gone meanwhile, or closed to us where nobody wants to look.
      if (folder !== "" && (isGone(error) || (!wanted && isDenied(error)))) return
      throw error
    }
    for (const child of children) {
      const { name } = child
      const path = folder === "" ? name : `${folder}/${name}`
      const include = filter.include?.match(path, parent?.include)
      const exclude = filter.exclude?.match(path, parent?.exclude)
      const taken = include?.matched !== false && exclude?.matched !== true
      if (!taken && !child.isDirectory()) continue
      const stats = await lstat(join(root, path), { bigint: true }).catch((error: unknown) => {
        if (isGone(error)) return undefined
        throw error
      })
      const entry = stats === undefined ? undefined : await entryOf(root, path, stats)
      if (entry === undefined) continue
      if (taken) yield* [...held.splice(0), entry]
      if (!child.isDirectory()) continue
      if (include?.matched === false && filter.include?.mayMatchBelow(path) === false) continue
      if (exclude?.matched === true && filter.exclude?.mayExceptBelow(path) === false) continue
      if (!taken) held.push(entry)
      yield* visit(path, { include: include?.state, exclude: exclude?.state }, taken)
      if (held.at(-1) === entry) held.pop()
    }
  }

  yield* visit("", undefined, true)
}
