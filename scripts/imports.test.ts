// The direction of imports (engine ← sdk ← cli; model, compose and plan without I/O) is held by .oxlintrc.json. A guard that
// cannot fail is none: each forbidden import is planted in a copy of the layout and must be reported, each allowed one must not.
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, expect, test } from "vitest"

const root = path.join(import.meta.dirname, "..")
const scratch = mkdtempSync(path.join(tmpdir(), "windflow-imports-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
cpSync(path.join(root, ".oxlintrc.json"), path.join(scratch, ".oxlintrc.json"))

const lint = (file: string, source: string): string => {
  const target = path.join(scratch, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, source)
  try {
    return execFileSync(path.join(root, "node_modules/.bin/oxlint"), [file], { cwd: scratch, encoding: "utf8" })
  } catch (error) {
    // oxlint exits 1 with its findings on stdout
    return String((error as { stdout?: unknown }).stdout)
  } finally {
    rmSync(target)
  }
}

test.each([
  ["packages/engine/src/execute/a.ts", "@windflow/sdk"],
  ["packages/engine/src/driver/a.ts", "@windflow/cli"],
  ["packages/engine/src/model/a.ts", "node:fs"],
  ["packages/engine/src/plan/a.ts", "../execute/index.ts"],
  ["packages/engine/src/compose/a.ts", "../driver/index.ts"],
  ["packages/engine/src/compose/deep/a.ts", "dockerode"],
  ["packages/sdk/src/a.ts", "@windflow/cli"],
  ["packages/sdk/src/a.ts", "@windflow/server"],
  ["packages/cli/src/a.ts", "@windflow/server"],
])("%s must not import %s", (file, module) => {
  expect(lint(file, `export * from "${module}"\n`)).toContain("no-restricted-imports")
})

test.each([
  ["packages/engine/src/execute/a.ts", "../plan/index.ts"],
  ["packages/engine/src/plan/a.ts", "../model/index.ts"],
  ["packages/sdk/src/a.ts", "@windflow/engine/model"],
  ["packages/cli/src/a.ts", "@windflow/sdk"],
])("%s may import %s", (file, module) => {
  expect(lint(file, `export * from "${module}"\n`)).not.toContain("no-restricted-imports")
})
