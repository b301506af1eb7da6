// Base images by role: the public ones where a registry can be reached, else built here and kept in the cache.
import {
  cpSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import { cacheFolder, contentKey, touch } from "./cache.ts"
import { docker, isMissing, say } from "./docker.ts"
import { imageRoles, type ImageRole } from "./image-roles.ts"
import { imageSource } from "./image-source.ts"
import { withLock } from "./lock.ts"
import { busyboxVersion, writeBusybox, writeDebian } from "./root-file-systems.ts"

const month = 30 * 24 * 3_600_000

/** What to build: a folder with a Dockerfile, the files to add to it, and the tag that all of it decides. */
export interface Recipe {
  readonly tag: string
  readonly folder: string
  readonly args?: Readonly<Record<string, string>>
  /** Adds files that are too large or too particular for the repository. */
  readonly complete?: (folder: string) => Promise<void>
}

const hasImage = async (tag: string): Promise<boolean> => {
  const engine = await docker()
  try {
    await engine.getImage(tag).inspect()
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** What the engine says of a build, a pull or a load; fails on its first error. */
const follow = async (stream: NodeJS.ReadableStream): Promise<void> => {
  const engine = await docker()
  await new Promise<void>((resolve, reject) =>
    engine.modem.followProgress(
      stream,
      (error: Error | null, lines: ReadonlyArray<{ readonly error?: string; readonly stream?: string }>) => {
        const failed = error ?? lines?.find((line) => line.error !== undefined)?.error
        if (failed === undefined || failed === null) resolve()
        else
          reject(
            new Error(
              `${String(failed)}\n${(lines ?? [])
                .map((line) => line.stream ?? "")
                .join("")
                .trim()
                .split("\n")
                .slice(-15)
                .join("\n")}`,
            ),
          )
      },
    ),
  )
}

const archive = (tag: string): string => join(cacheFolder("images"), `${tag.replaceAll(/[/:]/g, "-")}.tar`)

/** Writes an image of the engine to a tar, its name included. */
export const exportImage = async (tag: string, file: string): Promise<void> => {
  const engine = await docker()
  await pipeline(await engine.getImage(tag).get(), createWriteStream(file))
}

const save = async (tag: string): Promise<void> => {
  const file = archive(tag)
  await exportImage(tag, `${file}.part`)
  renameSync(`${file}.part`, file)
  for (const name of readdirSync(cacheFolder("images"))) {
    const old = join(cacheFolder("images"), name)
    if (Date.now() - statSync(old).mtimeMs > month) rmSync(old, { force: true })
  }
}

const load = async (file: string): Promise<void> => {
  const engine = await docker()
  await follow(await engine.loadImage(createReadStream(file)))
  touch(file)
}

const build = async ({ tag, folder, args, complete }: Recipe): Promise<void> => {
  const engine = await docker()
  const context = mkdtempSync(join(tmpdir(), "windflow-image-"))
  try {
    cpSync(folder, context, { recursive: true })
    await complete?.(context)
    await follow(
      await engine.buildImage(
        { context, src: readdirSync(context) },
        { t: tag, buildargs: { ...args }, rm: true, forcerm: true },
      ),
    )
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}

/** Sees to it that the engine has the recipe's image: there already, loaded from the cache, or built and kept. */
export const ensureBuilt = async (recipe: Recipe): Promise<string> => {
  const { tag } = recipe
  if (await hasImage(tag)) return tag
  await withLock(`image-${tag}`, async () => {
    if (await hasImage(tag)) return
    const start = performance.now()
    const file = archive(tag)
    if (existsSync(file)) await load(file)
    // An archive of another engine's making may lack the tag: then building puts it right.
    if (!(await hasImage(tag))) {
      say(`building ${tag} (once; it is kept in the cache)`)
      await build(recipe)
      await save(tag)
    }
    say(`${tag} is there after ${((performance.now() - start) / 1000).toFixed(1)} s`)
  })
  return tag
}

/** Removes a built image from the engine and from the cache. */
export const forget = async (tag: string): Promise<void> => {
  const engine = await docker()
  rmSync(archive(tag), { force: true })
  try {
    await engine.getImage(tag).remove({ force: true })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

const imageFolder = (role: ImageRole): string => join(import.meta.dirname, "..", "images", role)

const ensureLocal = async (role: ImageRole): Promise<string> => {
  const folder = imageFolder(role)
  const recipe: { readonly public: string; readonly base?: ImageRole } = imageRoles[role]
  const name = `windflow-fixture/${role}`
  if (role === "busybox") {
    const complete = (context: string) => writeBusybox(join(context, "rootfs.tar"))
    return ensureBuilt({ tag: `${name}:${contentKey(folder, await busyboxVersion())}`, folder, complete })
  }
  if (recipe.base === undefined) {
    const complete = (context: string) => writeDebian(join(context, "rootfs.tar"))
    return ensureBuilt({ tag: `${name}:${contentKey(folder)}`, folder, complete })
  }
  const base = await ensureLocal(recipe.base)
  return ensureBuilt({ tag: `${name}:${contentKey(folder, base)}`, folder, args: { BASE: base } })
}

/** Pulls a public image that the engine lacks. */
export const ensurePulled = async (name: string): Promise<string> => {
  if (await hasImage(name)) return name
  say(`pulling ${name}`)
  const engine = await docker()
  await follow(await engine.pull(name))
  return name
}

/** The images of these roles, present in the engine: `{ nginx: "nginx:1.28" }` or `{ nginx: "windflow-fixture/nginx:<content>" }`. */
export const baseImages = async <R extends ImageRole>(
  roles: ReadonlyArray<R>,
): Promise<Readonly<Record<R, string>>> => {
  const source = await imageSource()
  const found: Array<readonly [R, string]> = []
  for (const role of roles)
    found.push([role, source === "public" ? await ensurePulled(imageRoles[role].public) : await ensureLocal(role)])
  return Object.fromEntries(found) as Record<R, string> // fromEntries forgets which keys it was given
}
