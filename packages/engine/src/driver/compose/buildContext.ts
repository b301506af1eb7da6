/** The build context as a tar stream: what `.dockerignore` leaves, read only as fast as the engine takes it. */
import { constants } from "node:fs"
import { lstat, open, readFile, readdir, readlink } from "node:fs/promises"
import { join, relative } from "node:path"
import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import dockerignore from "@balena/dockerignore"
import { pack, type Headers, type Pack } from "tar-stream"

export interface ContextOptions {
  /** Absolute. */
  readonly directory: string
  /** Relative to the context, or absolute. */
  readonly dockerfile: string
  readonly inline: string | undefined
}

export interface BuildContext {
  readonly archive: Readable
  /** The Dockerfile's name within the archive. */
  readonly dockerfile: string
}

/** A name no file of a context has: for Dockerfiles that lie outside of it or in the model. */
const addedName = ".windflow.dockerfile"

const text = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined
    throw error
  })

/** `<Dockerfile>.dockerignore` beside the Dockerfile wins over the context's own. */
const ignoreRules = async (directory: string, dockerfile: string): Promise<string> =>
  (await text(`${dockerfile}.dockerignore`)) ?? (await text(join(directory, ".dockerignore"))) ?? ""

const entry = (archive: Pack, header: Headers, body?: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error === undefined || error === null ? resolve() : reject(error))
    if (body === undefined) archive.entry(header, done)
    else archive.entry(header, body, done)
  })

const addPath = async (archive: Pack, directory: string, name: string): Promise<"directory" | "other"> => {
  const path = join(directory, name)
  const stat = await lstat(path)
  // Owner root, as Compose sends it: the deployer's ids mean nothing in an image.
  const header: Headers = { name, mode: stat.mode & 0o7777, mtime: stat.mtime, uid: 0, gid: 0 }
  if (stat.isDirectory()) {
    await entry(archive, { ...header, type: "directory" })
    return "directory"
  }
  if (stat.isSymbolicLink()) await entry(archive, { ...header, type: "symlink", linkname: await readlink(path) })
  else if (stat.isFile()) {
    const sink = archive.entry({ ...header, type: "file", size: stat.size })
    // Opened without following a link that took the file's place meanwhile.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    await pipeline(file.createReadStream(), sink)
  }
  // Sockets, pipes and devices have no place in an image.
  return "other"
}

const fill = async (archive: Pack, options: ContextOptions, rules: string): Promise<void> => {
  const { directory } = options
  const filter = dockerignore.default({ ignorecase: false }).add(rules)
  const excepted = rules.split("\n").some((line) => line.trimStart().startsWith("!"))
  const always = new Set([".dockerignore", relative(directory, join(directory, options.dockerfile))])
  const visit = async (folder: string): Promise<void> => {
    const names = (await readdir(join(directory, folder))).sort()
    for (const child of names) {
      const name = folder === "" ? child : `${folder}/${child}`
      const ignored = !always.has(name) && filter.ignores(name)
      if (!ignored) {
        if ((await addPath(archive, directory, name)) === "directory") await visit(name)
      } else if (excepted && (await lstat(join(directory, name))).isDirectory()) await visit(name)
      else if ([...always].some((kept) => kept.startsWith(`${name}/`))) await visit(name)
    }
  }
  await visit("")
}

const contents = async (options: ContextOptions): Promise<{ readonly added?: string; readonly path: string }> => {
  const path = options.dockerfile.startsWith("/") ? options.dockerfile : join(options.directory, options.dockerfile)
  if (options.inline !== undefined) return { path, added: options.inline }
  const inside = !relative(options.directory, path).startsWith("..")
  return inside ? { path } : { path, added: await readFile(path, "utf8") }
}

export const buildContext = async (options: ContextOptions): Promise<BuildContext> => {
  const { added, path } = await contents(options)
  const rules = await ignoreRules(options.directory, path)
  const archive = pack()
  const write = async () => {
    if (added !== undefined) await entry(archive, { name: addedName, mode: 0o644, uid: 0, gid: 0 }, added)
    await fill(archive, { ...options, dockerfile: relative(options.directory, path) }, rules)
    archive.finalize()
  }
  // An unreadable file ends the request; the caller sees it as the stream's error.
  write().catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))))
  return { archive, dockerfile: added === undefined ? relative(options.directory, path) : addedName }
}
