// The images of SSH hosts: a bare Debian machine, and the same with a Docker engine.
import { join } from "node:path"
import { contentKey } from "../cache.ts"
import { baseImages, ensureBuilt } from "../images.ts"

const folderOf = (part: string): string => join(import.meta.dirname, "..", "..", "hosts", part)

const build = (part: "bare" | "docker", base: string): Promise<string> => {
  const folder = folderOf(part)
  return ensureBuilt({
    tag: `windflow-fixture/host-${part}:${contentKey(folder, base)}`,
    folder,
    args: { BASE: base },
  })
}

/** The image of a host, built once and kept in the cache. */
export const hostImage = async (docker: boolean): Promise<string> => {
  const { debian } = await baseImages(["debian"])
  const bare = await build("bare", debian)
  return docker ? build("docker", bare) : bare
}
