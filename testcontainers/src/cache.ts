// The cache outside the clone: what is expensive and depends only on its content. Safe to delete at any time.
import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs"
import { homedir } from "node:os"
import { join, relative } from "node:path"

/** The cache folder, created when absent: `WINDFLOW_CACHE_DIR`, else `windflow` in the user's cache folder. */
export const cacheFolder = (...parts: ReadonlyArray<string>): string => {
  const env = process.env
  const root = env["WINDFLOW_CACHE_DIR"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "windflow")
  const folder = join(root, ...parts)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Marks a cached file as used now, so that clearing by age keeps it. */
export const touch = (file: string): void => utimesSync(file, new Date(), new Date())

const files = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

/** A short name for content: the files below `folder` (path, executable bit, bytes) and whatever else decides the result. */
export const contentKey = (folder: string, ...alsoDecides: ReadonlyArray<string>): string => {
  const hash = createHash("sha256")
  // Each part is preceded by its length: no two inputs run together to the same bytes.
  const add = (part: string | Buffer): void => void hash.update(`${part.length}:`).update(part)
  for (const file of files(folder)) {
    add(relative(folder, file).replaceAll("\\", "/"))
    add((statSync(file).mode & 0o100) === 0 ? "-" : "x")
    add(readFileSync(file))
  }
  for (const part of alsoDecides) add(part)
  return hash.digest("hex").slice(0, 12)
}
