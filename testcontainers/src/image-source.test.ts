import { describe, expect, it, vi } from "vitest"
import { chooseSource } from "./image-source.ts"

describe("the source of images", () => {
  const never = vi.fn<() => Promise<boolean>>(() => Promise.reject(new Error("asked")))

  it("is what the environment says, unasked", async () => {
    expect(await chooseSource("local", { source: "public", age: 0 }, never)).toBe("local")
    expect(await chooseSource("public", undefined, never)).toBe("public")
  })

  it("refuses another word and names those it takes", async () => {
    await expect(chooseSource("offline", undefined, never)).rejects.toThrow(/"offline".*"local".*"public"/)
  })

  it("is remembered for an hour", async () => {
    expect(await chooseSource(undefined, { source: "local", age: 3_599_999 }, never)).toBe("local")
    expect(await chooseSource(undefined, { source: "local", age: 3_600_000 }, () => Promise.resolve(true))).toBe(
      "public",
    )
    expect(never).not.toHaveBeenCalled()
  })

  it("is public when a registry answers, local when none does", async () => {
    expect(await chooseSource("", undefined, () => Promise.resolve(true))).toBe("public")
    expect(await chooseSource(undefined, undefined, () => Promise.resolve(false))).toBe("local")
  })
})
