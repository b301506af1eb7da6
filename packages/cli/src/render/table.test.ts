import { stripVTControlCharacters } from "node:util"
import { describe, expect, it } from "vitest"
import { portText } from "./instances.ts"
import { palette, wantsColor } from "./palette.ts"
import { table } from "./table.ts"
import { formatElapsed, formatTime } from "./time.ts"

describe("table", () => {
  it("aligns columns by what a terminal shows, without borders", () => {
    const colors = palette(true)
    const text = table(
      ["NAME", "STATUS"],
      [
        ["数据库", colors.good("Up")],
        ["web-1", "Exited (1)"],
      ],
    )
    expect(stripVTControlCharacters(text).split("\n")).toEqual([
      "NAME     STATUS",
      "数据库   Up",
      "web-1    Exited (1)",
    ])
  })
})

describe("times", () => {
  it("are UTC unless asked", () => {
    expect(formatTime("2026-11-22T22:15:07.123456789Z", "utc")).toBe("2026-11-22 22:15:07 UTC")
    expect(formatTime("2026-11-22T22:15:07Z", "local")).toMatch(/^2026-11-2\d \d\d:\d\d:07 [+-]\d\d:\d\d$/)
    expect(formatTime("no time", "utc")).toBe("no time")
  })

  it("of a step are short", () => {
    expect(formatElapsed(4210)).toBe("4.2s")
    expect(formatElapsed(64_400)).toBe("1m04s")
  })
})

describe("ports", () => {
  it("read as Docker writes them", () => {
    expect(portText({ hostIp: "127.0.0.1", published: 8080, target: 80, protocol: "tcp" })).toBe(
      "127.0.0.1:8080->80/tcp",
    )
    expect(portText({ hostIp: "::", published: 8080, target: 80, protocol: "tcp" })).toBe("[::]:8080->80/tcp")
    expect(portText({ hostIp: "", published: undefined, target: 80, protocol: "udp" })).toBe("80/udp")
  })
})

describe("colours", () => {
  it("obey flag, NO_COLOR, FORCE_COLOR, TERM and the stream, in this order", () => {
    expect(wantsColor(undefined, {}, true)).toBe(true)
    expect(wantsColor(undefined, {}, false)).toBe(false)
    expect(wantsColor(false, { FORCE_COLOR: "1" }, true)).toBe(false)
    expect(wantsColor(undefined, { NO_COLOR: "1", FORCE_COLOR: "1" }, true)).toBe(false)
    expect(wantsColor(undefined, { NO_COLOR: "" }, true)).toBe(true)
    expect(wantsColor(undefined, { FORCE_COLOR: "1" }, false)).toBe(true)
    expect(wantsColor(undefined, { TERM: "dumb" }, true)).toBe(false)
  })
})
