import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { followPaths } from "./followPaths.ts"
import { walk, type WalkedEntry, walkFilter, type WalkRequest } from "./walk.ts"

let root = ""
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "windflow-walk-"))
})
afterEach(() => rmSync(root, { recursive: true }))

const files = (...paths: ReadonlyArray<string>): void => {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), path)
  }
}
const entries = async (request: Partial<WalkRequest> = {}): Promise<ReadonlyArray<WalkedEntry>> => {
  const filter = await walkFilter(root, { includes: [], excludes: [], follow: [], ...request })
  const found: Array<WalkedEntry> = []
  for await (const entry of walk(root, filter)) found.push(entry)
  return found
}
const paths = async (request: Partial<WalkRequest> = {}) => (await entries(request)).map(({ stat }) => stat.path)

test("names in the order of their bytes, a folder before what lies in it", async () => {
  files("a.txt", "a/b", "Z", "é", "z", "\u{1F600}", "\uFF5E")
  expect(await paths()).toEqual(["Z", "a", "a/b", "a.txt", "z", "é", "\uFF5E", "\u{1F600}"])
})

test("modes and times as they are, links by their target, no sockets", async () => {
  files("run.sh", "d/x")
  chmodSync(join(root, "run.sh"), 0o4755)
  chmodSync(join(root, "d"), 0o1777)
  utimesSync(join(root, "run.sh"), 1, 1_600_000_000.5)
  symlinkSync("../elsewhere", join(root, "link"))
  execFileSync("mkfifo", ["-m", "600", join(root, "pipe")])
  const found = new Map((await entries()).map((entry) => [entry.stat.path, entry]))
  expect(found.get("run.sh")).toEqual({
    regular: true,
    stat: { path: "run.sh", mode: 0o755 + 2 ** 23, size: 6n, modified: 1_600_000_000_500_000_000n, linkname: "" },
  })
  expect(found.get("d")?.stat).toMatchObject({ mode: 0o777 + 2 ** 31 + 2 ** 20, size: 0n })
  expect(found.get("link")).toMatchObject({ regular: false, stat: { mode: 0o777 + 2 ** 27, linkname: "../elsewhere" } })
  expect(found.get("pipe")).toMatchObject({ regular: false, stat: { mode: 0o600 + 2 ** 25 } })
})

test("what is left out, and exceptions with the folders above them", async () => {
  files("a/keep/x", "a/drop/y", "b/z", "c.log")
  expect(await paths({ excludes: ["a", "*.log", "!a/keep"] })).toEqual(["a", "a/keep", "a/keep/x", "b", "b/z"])
  expect(await paths({ excludes: ["**", "!a/*/y"] })).toEqual(["a", "a/drop", "a/drop/y"])
  expect(await paths({ excludes: ["*"] })).toEqual([])
})

test("only what is asked for, folders only with something in them", async () => {
  files("a/b/c", "a/d", "e", "Dockerfile")
  expect(await paths({ includes: ["a/b"] })).toEqual(["a", "a/b", "a/b/c"])
  expect(await paths({ follow: ["Dockerfile", "Dockerfile.dockerignore"] })).toEqual(["Dockerfile"])
  expect(await paths({ includes: ["*/d"], excludes: ["e"] })).toEqual(["a", "a/d"])
  expect(await paths({ follow: ["."] })).toEqual(["Dockerfile", "a", "a/b", "a/b/c", "a/d", "e"])
})

test("links on the way of a path are followed within the folder, circles and climbs included", async () => {
  files("real/deep/file", "other/x.txt")
  symlinkSync("real", join(root, "one"))
  symlinkSync("/one/deep", join(root, "two"))
  symlinkSync("circle", join(root, "circle"))
  symlinkSync("../../../other", join(root, "real/up"))
  symlinkSync("x.txt", join(root, "other/y.txt"))
  expect(await followPaths(root, ["two/file"])).toEqual(["one", "real/deep/file", "two"])
  expect(await followPaths(root, ["circle/a"])).toEqual(["circle"])
  expect(await followPaths(root, ["real/up/x.txt"])).toEqual(["other/x.txt", "real/up"])
  expect(await followPaths(root, ["other/*.txt"])).toEqual(["other/*.txt", "other/x.txt"])
  expect(await followPaths(root, ["no/such", "r*/deep"])).toEqual(["no/such", "r*/deep"])
  expect(await paths({ follow: ["two/file"] })).toEqual(["one", "real", "real/deep", "real/deep/file", "two"])
})
