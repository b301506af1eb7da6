/** Replaces a file so that a crash leaves the old one or the new one, whole: temporary file, fsync, rename, fsync of the directory. */
import { randomUUID } from "node:crypto"
import { open, readdir, rename, rm } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { syncDirectory } from "../../state/files.ts"

const temporaryPrefix = (path: string): string => `${basename(path)}.tmp-`

/** Writes with mode 0600. The caller holds the lock of the file: two writers at once would each win in turn. */
export const replaceFile = async (path: string, text: string): Promise<void> => {
  const directory = dirname(path)
  const temporary = join(directory, `${temporaryPrefix(path)}${randomUUID()}`)
  try {
    const handle = await open(temporary, "wx", 0o600)
    try {
      await handle.writeFile(text, "utf8")
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cause
  }
  await syncDirectory(directory)
}

/** Removes what writers that died left behind. The caller holds the lock of the file, so nobody is writing. */
export const removeLeftovers = async (path: string): Promise<void> => {
  const directory = dirname(path)
  const leftovers = (await readdir(directory)).filter((name) => name.startsWith(temporaryPrefix(path)))
  await Promise.all(leftovers.map((name) => rm(join(directory, name), { force: true })))
}
