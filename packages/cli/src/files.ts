/** Files that the user named: read and written with our own errors; a file is written whole or not at all. */
import { randomUUID } from "node:crypto"
import { open, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises"
import { FileUnreadable, FileUnwritable } from "@windflow/engine/model"

type Failure = Pick<FileUnwritable, "reason" | "detail">

const failures: Readonly<Record<string, Failure>> = {
  ENOENT: { reason: "missing", detail: "there is no such file or directory" },
  ENOTDIR: { reason: "missing", detail: "a part of the path is not a directory" },
  EACCES: { reason: "permission", detail: "permission denied" },
  EPERM: { reason: "permission", detail: "permission denied" },
  EROFS: { reason: "permission", detail: "the file system is read-only" },
  EISDIR: { reason: "directory", detail: "it is a directory" },
}

const codeOf = (cause: unknown): string => (cause instanceof Error && "code" in cause ? String(cause.code) : "")

const failureOf = (cause: unknown): Failure =>
  failures[codeOf(cause)] ?? { reason: "other", detail: cause instanceof Error ? cause.message : String(cause) }

export const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    throw new FileUnreadable({ path, ...failureOf(cause) })
  }
}

/** Beside the file and then renamed over it, so that nobody sees half of it and a failure leaves what was there. */
const replace = async (path: string, text: string, mode: number | undefined): Promise<void> => {
  const beside = `${path}.${randomUUID()}.tmp`
  try {
    const handle = await open(beside, "wx", mode)
    try {
      // Unlike the mode of a new file, this one is not lessened by the umask.
      if (mode !== undefined) await handle.chmod(mode)
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true })
    throw cause
  }
}

const absent = (cause: unknown): undefined => {
  if (codeOf(cause) === "ENOENT") return undefined
  throw cause
}

/** `mode` is what the file then has, also when it was there before; without it, a file keeps its own. */
export const writeText = async (path: string, text: string, mode?: number): Promise<void> => {
  try {
    const found = await stat(path).catch(absent)
    if (found === undefined) await replace(path, text, mode)
    // A link stays a link: what it names is replaced.
    else if (found.isFile()) await replace(await realpath(path), text, mode ?? found.mode & 0o777)
    // Pipes and devices cannot be replaced; a directory fails here.
    else await writeFile(path, text)
  } catch (cause) {
    throw new FileUnwritable({ path, ...failureOf(cause) })
  }
}
