import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as driver from "@windflow/engine/driver/compose"
import { composePage, sections } from "./compose-page.ts"

it("is what the driver's table says now (else run docs/generate-compose.ts)", () => {
  assert.strictEqual(readFileSync(join(import.meta.dirname, "compose.md"), "utf8"), composePage())
})

it("leaves out none of the driver's tables", () => {
  const tables = Object.entries(driver).flatMap(([name, table]) => (name.endsWith("Support") ? [table] : []))
  assert.isAbove(tables.length, 0)
  assert.sameMembers(
    sections.map(([, table]): unknown => table),
    tables,
  )
})
