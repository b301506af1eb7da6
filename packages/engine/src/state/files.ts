/** State in a directory: private to its user, durable when it says so. What the journal and the records on files share. */
import { constants, readdirSync } from "node:fs"
import { mkdir, open, readdir, readFile } from "node:fs/promises"
import { dirname } from "node:path"
import { Effect } from "effect"
import { LockLost, StateCorrupt, StateUnavailable } from "../model/errors/union.ts"

export const fileMode = 0o600
export const directoryMode = 0o700

const isCode = (error: unknown, code: string) => error instanceof Error && "code" in error && error.code === code

/** Any failure of a file operation, by the path it was about; ours pass as they are. */
export const attempt = <A>(
  what: string,
  body: () => Promise<A>,
): Effect.Effect<A, StateCorrupt | StateUnavailable | LockLost> =>
  Effect.tryPromise({
    try: body,
    catch: (error) =>
      error instanceof StateCorrupt || error instanceof LockLost
        ? error
        : new StateUnavailable({ path: what, detail: error instanceof Error ? error.message : String(error) }),
  })

/** A new name is durable only when its directory is. */
export const syncDirectory = async (path: string): Promise<void> => {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export const makeDirectory = async (path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true, mode: directoryMode })
  if (first === undefined) return
  await syncDirectory(dirname(first))
  if (first !== path) await syncDirectory(dirname(path))
}

/** Names in a directory, none when it is absent. */
export const namesIn = async (path: string): Promise<ReadonlyArray<string>> => {
  try {
    return await readdir(path)
  } catch (error) {
    if (isCode(error, "ENOENT")) return []
    throw error
  }
}

/** The same without giving way to others. */
export const namesNow = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path)
  } catch (error) {
    if (isCode(error, "ENOENT")) return []
    throw error
  }
}

export const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined
    throw error
  }
}

export const exists = (error: unknown): boolean => isCode(error, "EEXIST")

/** A file name for any text: readable where it can be, never a path, never too long for a file system. */
export const fileNameOf = (text: string, digest: (text: string) => string): string => {
  const name = encodeURIComponent(text).replaceAll("*", "%2A")
  return name.length <= 180 && !/^\.*$/.test(name) ? name : `${name.slice(0, 100)}~${digest(text)}`
}
