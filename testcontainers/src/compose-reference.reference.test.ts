import { expect, it } from "vitest"
import { orSkip } from "./availability.ts"
import { composeReference, composeReferenceVersion } from "./compose-reference.ts"
import { run } from "./process.ts"

it("is the release that tests compare with", { timeout: 1_800_000 }, async (context) => {
  const { binary } = orSkip(await composeReference(), context)
  expect(await run(binary, ["version", "--short"])).toBe(`${composeReferenceVersion}\n`)
})
