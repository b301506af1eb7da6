/** Paths of POSIX hosts as text; nothing here looks at a file system. */

/** Go's `path.Clean`: no `.`, no `..` that can be resolved, no double slash. */
export const cleanPath = (path: string): string => {
  if (path === "") return "."
  const rooted = path.startsWith("/")
  const parts: string[] = []
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue
    if (part !== "..") parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop()
    else if (!rooted) parts.push("..")
  }
  return rooted ? `/${parts.join("/")}` : parts.length === 0 ? "." : parts.join("/")
}

export const joinPath = (...parts: string[]): string => {
  const written = parts.filter((part) => part !== "")
  return written.length === 0 ? "" : cleanPath(written.join("/"))
}

export const isAbsolute = (path: string): boolean => path.startsWith("/")

/** `path` seen from `base`, which is absolute. */
export const absolute = (base: string, path: string): string =>
  isAbsolute(path) ? cleanPath(path) : joinPath(base, path)

export const parentOf = (path: string): string => {
  const slash = path.lastIndexOf("/")
  return slash < 0 ? "." : cleanPath(path.slice(0, slash + 1))
}

export const baseName = (path: string): string => cleanPath(path).split("/").at(-1) ?? ""

/** How `target` is written from inside `base`; both absolute. */
export const relativePath = (base: string, target: string): string => {
  const from = cleanPath(base).split("/").filter(Boolean)
  const to = cleanPath(target).split("/").filter(Boolean)
  let same = 0
  while (same < from.length && same < to.length && from[same] === to[same]) same++
  const steps = [...from.slice(same).map(() => ".."), ...to.slice(same)]
  return steps.length === 0 ? "." : steps.join("/")
}

/** `C:\…`, `\\host\share` and the like: absolute on a Windows engine. */
export const isWindowsAbsolute = (path: string): boolean => {
  if (/^[/\\]{2}/.test(path)) return true
  return path[1] === ":" && (path[2] === "\\" || path[2] === "/")
}

/** A leading `~` is the home directory, when one is known. */
export const expandHome = (path: string, home: string | undefined): string =>
  path.startsWith("~") && home !== undefined && home !== "" ? joinPath(home, path.slice(1)) : path

/** What is fetched from elsewhere instead of read from a disk. */
export const isRemoteContext = (path: string): boolean =>
  path.includes("://") || ["github.com/", "git@"].some((prefix) => path.startsWith(prefix))
