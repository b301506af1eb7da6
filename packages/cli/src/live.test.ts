/** Where a run is drawn and where it is told in lines, and that a drawing which stands still writes nothing. */
import type { Event } from "@windflow/engine/model"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { createLive, type Screen } from "./live.ts"
import { palette } from "./render/palette.ts"
import { textsOf } from "./text/index.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const at = new Date(0).toISOString()
const started: Event = { _tag: "RunStarted", seq: 1, at, run: "r1", deployment: "shop@local" }
const planned = (operations: ReadonlyArray<string>): Event => ({
  _tag: "Planned",
  seq: 2,
  at,
  hash: "h",
  groups: [{ id: "db", kind: "create", resource: "service:db:1", operations }],
})
const succeeded: Event = { _tag: "OperationSucceeded", seq: 3, at, operation: "db/create" }

const screen = (size: { readonly columns?: number; readonly rows?: number }) => {
  const written: Array<string> = []
  const write = (text: string | Uint8Array) => void written.push(String(text))
  const context: Screen = {
    host: { stderr: { isTTY: true, ...size, write } },
    texts: textsOf("en"),
    colors: palette(false),
    locale: "en",
    json: false,
    print: write,
    note: (text) => write(`${text}\n`),
  }
  return { live: createLive(context), written }
}
const ticks = () => vi.advanceTimersByTimeAsync(1000)

it.each([{}, { columns: 0, rows: 0 }, { columns: 80, rows: 0 }, { columns: 80 }])(
  "a terminal without a size (%o) gets lines and no control sequence",
  async (size) => {
    const { live, written } = screen(size)
    for (const event of [started, planned(["db/create"])]) live.onEvent(event)
    await ticks()
    live.onEvent(succeeded)
    await live.end()
    expect(written).toEqual(["✓ create service:db:1\n"])
  },
)

it("a frame that did not change is not written again", async () => {
  const { live, written } = screen({ columns: 80, rows: 24 })
  for (const event of [started, planned(["db/create"])]) live.onEvent(event)
  await vi.waitUntil(() => written.length > 0)
  const first = written.length
  expect(written.join("")).toContain("create service:db:1")
  await ticks()
  expect(written).toHaveLength(first)
  live.onEvent(succeeded)
  expect(written.slice(first).join("")).toContain("✓")
  await live.end()
})

it("a run without steps draws nothing", async () => {
  const { live, written } = screen({ columns: 80, rows: 24 })
  for (const event of [started, planned([])]) live.onEvent(event)
  await live.end()
  expect(written).toEqual([])
})
