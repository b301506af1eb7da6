/** Loader and edit run in a browser: nothing of Node is left in their bundle. */
import { join } from "node:path"
import { rolldown } from "rolldown"
import { expect, it } from "vitest"

it("bundles for a browser without a module of Node", { timeout: 60_000 }, async () => {
  const foreign: string[] = []
  const bundle = await rolldown({
    input: join(import.meta.dirname, "index.ts"),
    platform: "browser",
    external: (id) => {
      if (!id.startsWith("node:")) return false
      foreign.push(id)
      return true
    },
    logLevel: "silent",
  })
  const { output } = await bundle.generate({ format: "esm" })
  await bundle.close()
  expect(foreign).toEqual([])
  const [chunk] = output
  expect(output).toHaveLength(1)
  expect(chunk.imports).toEqual([])
  expect(chunk.code).not.toMatch(/\b(?:require\(|from\s*"node:|process\.binding)/)
  expect(chunk.code).toContain("editCompose")
})
