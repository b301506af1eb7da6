import { describe, expect, it } from "vitest"
import { licenceOf, objection } from "./licences.ts"

describe("a dependency's licence", () => {
  it("may be one of the list, or an expression that comes down to it", () => {
    for (const licence of ["MIT", "Apache-2.0", "(GPL-3.0-only OR MIT)", "(MIT AND CC-BY-3.0)"])
      expect(objection(licence)).toBeUndefined()
  })

  it("is refused by name otherwise", () => {
    expect(objection("AGPL-3.0-only")).toMatch(/^AGPL-3.0-only is not/)
    expect(objection("(MIT AND GPL-3.0-only)")).toMatch(/not in the list/)
    expect(objection("SEE LICENSE IN x")).toMatch(/not an SPDX expression/)
    expect(objection(undefined)).toBe("names no licence")
  })

  it("is read in the forms that package.json has had", () => {
    expect(licenceOf({ license: "MIT" })).toBe("MIT")
    expect(licenceOf({ license: { type: "ISC" } })).toBe("ISC")
    expect(licenceOf({ licenses: [{ type: "MIT" }, { type: "Apache-2.0" }] })).toBe("(MIT OR Apache-2.0)")
    expect(licenceOf({})).toBeUndefined()
  })
})
