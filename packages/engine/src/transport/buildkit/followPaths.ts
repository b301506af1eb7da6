/** Which paths a build needs so that it can follow the links on its way: the links, and what they lead to, all within a folder. */
import { lstat, readdir, readlink } from "node:fs/promises"
import { join, posix } from "node:path"
import { Patterns } from "./patterns.ts"

const wildcard = /(^|[^\\])[*?[]/

/** Where a path leads when it is a link, as paths from the root of the folder; undefined when it is none. */
const targetsOf = async (root: string, path: string): Promise<ReadonlyArray<string> | undefined> => {
  const folder = posix.dirname(path)
  const last = posix.basename(path)
  if (wildcard.test(last)) {
    const names = await readdir(join(root, folder)).catch(() => [])
    const pattern = new Patterns([last])
    const found = await Promise.all(
      names
        .filter((name) => pattern.match(name, undefined).matched)
        .map((name) => linkTarget(root, posix.join(folder, name))),
    )
    const targets = found.flatMap((target) => target ?? [])
    return targets.length === 0 ? undefined : targets
  }
  const target = await linkTarget(root, path)
  return target === undefined ? undefined : [target]
}

const linkTarget = async (root: string, path: string): Promise<string | undefined> => {
  const stats = await lstat(join(root, path)).catch(() => undefined)
  if (stats?.isSymbolicLink() !== true) return undefined
  const target = posix.normalize(await readlink(join(root, path)))
  // An absolute target counts from the folder, and nothing climbs out of it.
  return target.startsWith("/") ? target : posix.join("/", posix.dirname(path), target)
}

export const followPaths = async (root: string, paths: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const resolved = new Set<string>()
  const pending = [...paths]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const parts = posix
      .join("/", next)
      .split("/")
      .filter((part) => part !== "")
    if (parts.length === 0) resolved.add(".")
    let current = ""
    for (const [index, part] of parts.entries()) {
      current = current === "" ? part : `${current}/${part}`
      const rest = parts.slice(index + 1)
      const targets = await targetsOf(root, current)
      if (targets === undefined && rest.length > 0) continue
      // Known already: links may lead in circles.
      if (resolved.has(current)) break
      resolved.add(current)
      pending.push(...(targets ?? []).map((target) => posix.join(target, ...rest)))
      if (targets !== undefined) break
    }
  }
  return [...resolved].sort()
}
