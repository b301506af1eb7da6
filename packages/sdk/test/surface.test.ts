/** The agreed surface: the scripts of users type-check against this package, and `defineStack` refuses what it must. */
import { spawnSync } from "node:child_process"
import path from "node:path"
import { expect, it } from "vitest"

const here = import.meta.dirname
const root = path.join(here, "../../..")

it("type-checks the users' scripts and the definitions that must not compile", { timeout: 120_000 }, () => {
  const compiler = path.join(root, "node_modules/@typescript/native/bin/tsc")
  const { stdout, status } = spawnSync(process.execPath, [compiler, "-b", here], { cwd: root, encoding: "utf8" })
  expect(stdout).toBe("")
  expect(status).toBe(0)
})
