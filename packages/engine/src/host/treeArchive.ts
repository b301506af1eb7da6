/**
 * Trees as a tar stream for the volume of carried files: read only as fast as the engine takes it, each file checked against
 * its digest while it passes. Layout: `trees/<id>/root` and behind it `trees/<id>/manifest.json`.
 */
import { createHash } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, open, realpath } from "node:fs/promises"
import { join } from "node:path"
import { type Readable, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { type Headers, type Pack, pack } from "tar-stream"
import { ContentMissing } from "../model/errors/union.ts"
import { manifestPath, rootPath, treePath } from "./layout.ts"
import { type FileEntry, type Manifest, type Transfer, transfersOf } from "./Manifest.ts"

export interface ArchivedTree {
  readonly id: string
  readonly source: string
  readonly manifest: Manifest
  /** A complete tree on the target; equal files are linked to it. */
  readonly base: { readonly id: string; readonly manifest: Manifest } | undefined
}

export interface TreeArchive {
  readonly trees: ReadonlyArray<ArchivedTree>
  /** Trees that are to vanish: an empty file takes their place. */
  readonly gone: ReadonlyArray<string>
  /** Told of content bytes as they pass. */
  readonly onBytes: (count: number) => void
}

const inside = (id: string, path: string): string => (path === "" ? rootPath(id) : `${rootPath(id)}/${path}`)

/** Owner root, and for nobody else: secrets lie below. */
const closed: Omit<Headers, "name"> = { mode: 0o700, uid: 0, gid: 0, mtime: new Date(0) }

const entry = (archive: Pack, header: Headers, body?: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error === undefined || error === null ? resolve() : reject(error))
    if (body === undefined) archive.entry(header, done)
    else archive.entry(header, body, done)
  })

const changed = (path: string) => new ContentMissing({ path, detail: "it changed while it was read" })

const sendFile = async (
  archive: Pack,
  name: string,
  file: FileEntry,
  handle: FileHandle,
  path: string,
  onBytes: (count: number) => void,
): Promise<void> => {
  const stats = await handle.stat()
  if (!stats.isFile() || stats.size !== file.size) throw changed(path)
  const { mode, uid, gid, size } = file
  const sink = archive.entry({ name, type: "file", mode, uid, gid, size, mtime: stats.mtime })
  const hash = createHash("sha256")
  const through = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk)
      onBytes(chunk.length)
      callback(null, chunk)
    },
  })
  // Not one byte more than the header says, or the archive would be spoilt.
  const content = handle.createReadStream({ autoClose: false, ...(size === 0 ? {} : { end: size - 1 }) })
  await pipeline(content, through, sink)
  if (hash.digest("hex") !== file.sha256) throw changed(path)
}

const send = async (
  archive: Pack,
  tree: ArchivedTree,
  base: string,
  onBytes: TreeArchive["onBytes"],
  { entry: item, linked }: Transfer,
): Promise<void> => {
  const name = inside(tree.id, item.path)
  switch (item._tag) {
    case "Directory":
      return entry(archive, { ...item, name, type: "directory", mtime: new Date(0) })
    case "Link":
      return entry(archive, { name, type: "symlink", linkname: item.target, uid: item.uid, gid: item.gid })
    case "File": {
      if (linked !== undefined && tree.base !== undefined)
        return entry(archive, { name, type: "link", linkname: inside(tree.base.id, linked) })
      const path = item.path === "" ? base : join(base, item.path)
      // Opened without following a link that took the file's place meanwhile.
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        await sendFile(archive, name, item, handle, path, onBytes)
      } finally {
        await handle.close()
      }
    }
  }
}

/** How many bytes of content have to travel. */
export const travelling = (manifest: Manifest, base: Manifest | undefined): number =>
  transfersOf(manifest, base).reduce(
    (sum, { entry: item, linked }) => sum + (item._tag === "File" && linked === undefined ? item.size : 0),
    0,
  )

const bury = async (archive: Pack, gone: ReadonlyArray<string>): Promise<void> => {
  await entry(archive, { ...closed, name: "trees", type: "directory" })
  for (const id of gone) await entry(archive, { ...closed, name: treePath(id), type: "file", size: 0 }, "")
}

const fill = async (archive: Pack, { trees, gone, onBytes }: TreeArchive): Promise<void> => {
  await bury(archive, gone)
  for (const tree of trees) {
    await entry(archive, { ...closed, name: treePath(tree.id), type: "directory" })
    const base = await realpath(tree.source)
    for (const transfer of transfersOf(tree.manifest, tree.base?.manifest))
      await send(archive, tree, base, onBytes, transfer)
    await entry(archive, { ...closed, name: manifestPath(tree.id), mode: 0o600 }, JSON.stringify(tree.manifest))
  }
}

/** A failure to read destroys the stream with its cause: the engine then sees a cut archive, never a whole wrong one. */
const stream = (write: (archive: Pack) => Promise<void>): Readable => {
  const archive = pack()
  write(archive).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  return archive
}

export const treeArchive = (content: TreeArchive): Readable => stream((archive) => fill(archive, content))

/** Only removes. */
export const buryingArchive = (gone: ReadonlyArray<string>): Readable => stream((archive) => bury(archive, gone))
