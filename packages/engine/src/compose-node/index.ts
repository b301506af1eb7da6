/** The loader's capability on a Node host: files below a root, links resolved. */
import { realpathSync } from "node:fs"
import { readFile, realpath, stat } from "node:fs/promises"
import { dirname, join, sep } from "node:path"
import { Effect } from "effect"
import type { LoadCapability } from "../compose/index.ts"
import { FileUnreadable } from "../model/errors/union.ts"

/** Larger files are refused: no Compose file or env file is that long. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024

export interface NodeCapabilityOptions {
  /** Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** No file outside this folder is read, links included. Default: the whole file system. */
  readonly fileRoot?: string
  readonly allowRemote?: boolean
  readonly allowProvider?: boolean
}

const REASONS: Readonly<Record<string, FileUnreadable["reason"]>> = {
  EACCES: "permission",
  EPERM: "permission",
  EISDIR: "directory",
}

export const nodeCapability = (options: NodeCapabilityOptions = {}): LoadCapability => {
  const root = options.fileRoot === undefined ? undefined : realpathSync(options.fileRoot)
  return {
    env: options.env ?? processEnv(),
    ...(root === undefined ? {} : { fileRoot: root }),
    allowRemote: options.allowRemote ?? false,
    allowProvider: options.allowProvider ?? root === undefined,
    readFile: (path) =>
      Effect.tryPromise({ try: () => readConfined(path, root), catch: (cause) => unreadable(path, cause) }),
    realPath: (path) => Effect.promise(() => withLinks(path)),
  }
}

const processEnv = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""

const unreadable = (path: string, cause: unknown): FileUnreadable => {
  if (cause instanceof FileUnreadable) return cause
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new FileUnreadable({ path, reason: REASONS[codeOf(cause)] ?? "other", detail })
}

const readConfined = async (path: string, root: string | undefined): Promise<string | undefined> => {
  try {
    const real = root === undefined ? path : await realpath(path)
    if (root !== undefined && real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep))
      throw new FileUnreadable({ path, reason: "outside-root", detail: `it lies outside ${root}` })
    const found = await stat(real)
    if (found.isDirectory()) throw new FileUnreadable({ path, reason: "directory", detail: "it is a directory" })
    if (found.size > MAX_FILE_BYTES)
      throw new FileUnreadable({ path, reason: "too-large", detail: `it is larger than ${MAX_FILE_BYTES} bytes` })
    return await readFile(real, "utf8")
  } catch (cause) {
    if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR") return undefined
    throw cause
  }
}

/** The first link on the way is replaced by what it points at, as the reference does. */
const withLinks = async (path: string): Promise<string> => {
  const parents: string[] = []
  for (let at = path; ; at = dirname(at)) {
    parents.unshift(at)
    if (dirname(at) === at) break
  }
  for (const parent of parents) {
    const real = await realpath(parent).catch(() => undefined)
    if (real === undefined) return path
    if (real !== parent) return join(real, path.slice(parent.length))
  }
  return path
}
