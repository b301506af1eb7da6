import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { contentKey } from "./cache.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "windflow-key-"))
  mkdirSync(join(folder, "conf"))
  writeFileSync(join(folder, "Dockerfile"), "FROM x\n")
  writeFileSync(join(folder, "conf", "run.sh"), "exec true\n")
})
afterEach(() => rmSync(folder, { recursive: true }))

it("names content: the same twice, another for each thing that decides", () => {
  const key = contentKey(folder, "base:1")
  expect(key).toMatch(/^[0-9a-f]{12}$/)
  expect(contentKey(folder, "base:1")).toBe(key)

  const seen = new Set([
    key,
    contentKey(folder, "base:2"),
    contentKey(folder, "base:1", ""),
    contentKey(folder, "base", ":1"),
  ])
  chmodSync(join(folder, "conf", "run.sh"), 0o755)
  seen.add(contentKey(folder, "base:1"))
  writeFileSync(join(folder, "Dockerfile"), "FROM y\n")
  seen.add(contentKey(folder, "base:1"))
  renameSync(join(folder, "conf", "run.sh"), join(folder, "run.sh"))
  seen.add(contentKey(folder, "base:1"))
  expect(seen.size).toBe(7)
})
