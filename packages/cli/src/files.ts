/** Reading a file that the user named, with our own error when it cannot be read. */
import { readFile } from "node:fs/promises"
import { FileUnreadable } from "@windflow/engine/model"

const reasons: Readonly<Record<string, FileUnreadable["reason"]>> = {
  ENOENT: "missing",
  EACCES: "permission",
  EISDIR: "directory",
}

export const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new FileUnreadable({ path, reason: reasons[code] ?? "other", detail })
  }
}
