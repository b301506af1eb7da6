import { expect, it } from "vitest"
import { orSkip } from "./availability.ts"

it("gives what is there and skips with the reason for what is not", () => {
  const skip = (reason: string): never => {
    throw new Error(`skipped: ${reason}`)
  }
  expect(orSkip({ binary: "/x" }, { skip })).toEqual({ binary: "/x" })
  expect(() => orSkip({ unavailable: "no Go here" }, { skip })).toThrow("skipped: no Go here")
})
