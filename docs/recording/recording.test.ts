import { assert, it } from "@effect/vitest"
import { type Cast, toAsciicast, withoutPauses } from "./Cast.ts"
import { framesOf } from "./frames.ts"
import { toSvg } from "./svg.ts"

const cast: Cast = {
  columns: 20,
  rows: 3,
  title: "a <test>",
  chunks: [
    { at: 0, text: "$ windflow up\r\n" },
    { at: 1, text: "\u001B[32m✔\u001B[0m one\r\n" },
    { at: 9, text: "\u001B[1A\u001B[2K\u001B[1mtwo & more\u001B[0m" },
  ],
}

it("shows each screen as a terminal would, colours and moved cursor included", async () => {
  const frames = await framesOf(cast)
  assert.deepStrictEqual(
    frames.map(({ at }) => at),
    [0, 1, 9],
  )
  assert.deepStrictEqual(frames[1]?.lines[1]?.[0], {
    column: 0,
    width: 1,
    text: "✔",
    color: "#3fb950",
    bold: false,
    dim: false,
  })
  // The third chunk rewrote the second line.
  assert.deepStrictEqual(frames[2]?.lines[1], [
    { column: 0, width: 10, text: "two & more", color: undefined, bold: true, dim: false },
  ])
})

it("writes an asciicast and an SVG without scripts", async () => {
  const short = withoutPauses(cast, 2)
  assert.deepStrictEqual(
    short.chunks.map(({ at }) => at),
    [0, 1, 3],
  )
  const [header, first] = toAsciicast(short).split("\n")
  assert.deepStrictEqual(JSON.parse(header ?? ""), { version: 2, width: 20, height: 3, title: "a <test>" })
  assert.deepStrictEqual(JSON.parse(first ?? ""), [0, "o", "$ windflow up\r\n"])
  const svg = toSvg(await framesOf(short), { columns: 20, rows: 3, title: cast.title, rest: 2 })
  assert.include(svg, "a &lt;test&gt;")
  assert.include(svg, "two &amp; more")
  assert.include(svg, "60%{transform:translateX(-")
  assert.notMatch(svg, /<script|href="[^#]|onload/)
})
