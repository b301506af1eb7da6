import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { errorTable } from "@windflow/engine/model"
import { errorsPage } from "./errors-page.ts"

it("is what the catalogue says now (else run docs/generate-errors.ts)", () => {
  assert.strictEqual(readFileSync(join(import.meta.dirname, "errors.md"), "utf8"), errorsPage())
})

it("has every error, each with texts that name their fields and no hole", () => {
  const page = errorsPage()
  for (const tag of Object.keys(errorTable)) assert.include(page, `\n## ${tag}\n`)
  assert.notMatch(page, /\bundefined\b|\[object|\bNaN\b/)
  assert.include(page, "‹path›")
})
