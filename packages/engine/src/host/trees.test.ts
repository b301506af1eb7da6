import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { extract } from "tar-stream"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { type Manifest, manifestDigest, transfersOf } from "./Manifest.ts"
import { type Ownership, scanTree } from "./scanTree.ts"
import { treeArchive } from "./treeArchive.ts"

let directory = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "windflow-trees-"))
  mkdirSync(join(directory, "sub"))
  writeFileSync(join(directory, "a"), "same")
  writeFileSync(join(directory, "sub/b"), "same")
  writeFileSync(join(directory, "sub/empty"), "")
  symlinkSync("../a", join(directory, "sub/link"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const scan = (ownership?: Ownership, source = directory) => Effect.runPromise(scanTree(source, ownership))
const paths = ({ entries }: Manifest) => entries.map(({ _tag, path }) => `${_tag} ${path}`)

describe("a manifest", () => {
  test("has parents before children, in byte order", async () => {
    expect(paths(await scan())).toEqual([
      "Directory ",
      "File a",
      "Directory sub",
      "File sub/b",
      "File sub/empty",
      "Link sub/link",
    ])
  })

  test("is the same for another time, owner and umask; not for other content, name, type or mode", async () => {
    const digest = async () => manifestDigest(await scan())
    const before = await digest()
    utimesSync(join(directory, "a"), 1, 1)
    chmodSync(join(directory, "a"), 0o664)
    expect(await digest()).toBe(before)
    const changes = [
      () => chmodSync(join(directory, "a"), 0o600),
      () => writeFileSync(join(directory, "a"), "other"),
      () => rmSync(join(directory, "sub/link")),
      () => writeFileSync(join(directory, "sub/link"), "../a"),
    ]
    const seen = new Set([before])
    for (const change of changes) {
      change()
      seen.add(await digest())
    }
    expect(seen.size).toBe(1 + changes.length)
  })

  test("of a secret has no right to write, and the owner that its grant names", async () => {
    const { entries } = await scan({ secret: true, uid: 5, mode: 0o660 }, join(directory, "a"))
    expect(entries).toMatchObject([{ _tag: "File", path: "", mode: 0o440, uid: 5, gid: 0 }])
  })
})

test("only what the base lacks travels; a link shares mode and owner, so these must be equal too", async () => {
  const base = await scan()
  writeFileSync(join(directory, "new"), "new")
  chmodSync(join(directory, "sub/b"), 0o600)
  const wanted = await scan()
  const linked = transfersOf(wanted, base).map(({ entry, linked }) => `${entry.path} ${linked ?? "-"}`)
  expect(linked).toEqual([" -", "a sub/b", "new -", "sub -", "sub/b -", "sub/empty -", "sub/link -"])
})

const entriesOf = (archive: NodeJS.ReadableStream) =>
  new Promise<ReadonlyArray<string>>((resolve, reject) => {
    const names: Array<string> = []
    const parser = extract()
    parser.on("entry", ({ name, type, mode }, content, next) => {
      names.push(`${type} ${name} ${(mode ?? 0).toString(8)}`)
      content.resume()
      content.once("end", next)
    })
    parser.once("finish", () => resolve(names))
    // What destroys the source destroys what it is piped to.
    for (const stream of [archive, parser]) stream.once("error", reject)
    archive.pipe(parser)
  })

test("an archive ends with the manifest; what is to vanish becomes a file", async () => {
  const manifest = await scan({ secret: true }, join(directory, "a"))
  const trees = [{ id: "t", source: join(directory, "a"), manifest, base: undefined }]
  expect(await entriesOf(treeArchive({ trees, gone: ["old"], onBytes: () => {} }).stream)).toEqual([
    "directory trees 700",
    "file trees/old 700",
    "directory trees/t 700",
    "file trees/t/root 444",
    "file trees/t/manifest.json 600",
  ])
})

test.each([
  ["longer", "same and more"],
  ["shorter", "s"],
  ["different", "emas"],
])("a file that became %s since it was digested breaks the archive off", async (_, text) => {
  const manifest = await scan()
  writeFileSync(join(directory, "sub/b"), text)
  const trees = [{ id: "t", source: directory, manifest, base: undefined }]
  await expect(entriesOf(treeArchive({ trees, gone: [], onBytes: () => {} }).stream)).rejects.toMatchObject({
    _tag: "ContentMissing",
    path: join(directory, "sub/b"),
  })
})
