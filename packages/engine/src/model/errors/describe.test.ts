/** Every error must have texts of its own in both languages, and they must carry the facts of the error. */
import { assert, describe, it } from "@effect/vitest"
import { describeError } from "./describe.ts"
import { english } from "./english.ts"
import { ComposeInvalid, Locked, WindFlowError } from "./union.ts"

describe("describeError", () => {
  it("names owner, time and expiry of a lock in both languages", () => {
    const error = new Locked({ deployment: "shop@local", owner: "ada@host", since: "S", expires: "E" })
    assert.strictEqual(describeError(error, "en").message, "shop@local is being changed by ada@host since S")
    assert.strictEqual(
      describeError(error, "fr").message,
      "shop@local est en cours de modification par ada@host depuis S",
    )
    assert.include(describeError(error, "fr").remedy, "E")
  })

  it("bug: a finding with an empty remedy left the error without one", () => {
    const error = new ComposeInvalid({ diagnostics: [{ severity: "error", code: "c", message: "m", remedy: "" }] })
    assert.notStrictEqual(error.remedy, "")
  })

  it.prop("gives every error a French text that differs from the English one", [WindFlowError], ([error]) => {
    const fr = describeError(error, "fr")
    const en = english(error)
    assert.notStrictEqual(fr.remedy, "")
    // Findings and file errors are mostly the words of others; all else is ours and must be translated.
    if (error._tag !== "ComposeInvalid") assert.notStrictEqual(fr.message, en.message)
    assert.strictEqual(error.message, en.message)
  })
})
