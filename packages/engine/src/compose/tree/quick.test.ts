/** The quick reader and the general one give the same tree for whatever the quick one takes. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { filesOf, readCases } from "../cases/Case.ts"
import { expand } from "./expand.ts"
import { isProblem, readGeneral } from "./general.ts"
import { Source } from "./Node.ts"
import { readQuick } from "./quick.ts"

const same = (text: string): boolean => {
  const source = new Source("f", text)
  const quick = readQuick(source, 100_000)
  if (quick === undefined) return false
  const problems: unknown[] = []
  const general = readGeneral(text) ?? []
  const documents = isProblem(general)
    ? []
    : general.map((raw) => expand(raw, source, (problem) => problems.push(problem)))
  expect(problems).toEqual([])
  expect(quick).toEqual(documents.map((document) => document?.root))
  return true
}

describe("the quick reader", () => {
  it("agrees on every case, and takes most of them", () => {
    const folder = join(import.meta.dirname, "../cases")
    let [taken, all] = [0, 0]
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml")))
      for (const one of readCases(readFileSync(join(folder, file), "utf8")))
        for (const text of Object.values(filesOf(one))) {
          all++
          if (same(text)) taken++
        }
    expect(taken / all).toBeGreaterThan(0.7)
  })

  // Lines that meet in unlikely ways: what one reader takes for a key the other must not take for a value.
  const Line = Schema.Literals([
    "a: b",
    "a:",
    "- a",
    "-",
    "- a: b",
    "- - c",
    "b: 'x'",
    'c: "y\\n"',
    "d: [1, 'x', {k: v}]",
    "e: {a: 1, b: [x]}",
    "f: |",
    "text",
    "# comment",
    "",
    "g: x # c",
    "h: x#y",
    "i: http://a:1",
    "k: v",
    "l: -1",
    "m: - 1",
    "n: 'it''s'",
    "o:x",
    '"q": 1',
    "---",
    "q: a: b",
    "- {x: y}",
    "- [a, b]",
    "s: {}",
    "t: []",
    "u: [a,]",
    "x : y",
    "- 'a': b",
    "f: |-",
    "f: |+",
    "- |",
    "  ",
    "- # c",
    "z: # c",
    "w: 'a' # b",
    "w: 'a'b",
    "v: [a] b",
    "v: [a]# b",
    "t: ''",
    "- ''",
    "-x",
    "--- a",
    "...",
    "a: b: c",
    "y: [a b, c]",
    "y: [a: b]",
    "y: {a, b}",
    "y: {a: }",
    "y: {a: [}",
    "? a",
    ": b",
    "a: !x b",
    "a: 'b': c",
    "a: [b]: c",
    "[a]: b",
    "'a b': c",
    "a: ,b",
    "a: -",
    "a: - ",
    "a: ?b",
    "a: :b",
    "%x",
    "a: %x",
    "a: `x",
    "a: b #",
    "a:  b  ",
  ])
  const Document = Schema.Array(Schema.Struct({ indent: Schema.Literals([0, 0, 1, 2, 2, 3, 4, 4, 6]), line: Line }))
  it.effect.prop(
    "agrees on lines put together by chance",
    [Document],
    ([lines]) =>
      Effect.sync(() => void same(lines.map(({ indent, line }) => `${" ".repeat(indent)}${line}\n`).join(""))),
    { arbitrary: { runs: 3000 } },
  )
  it("gives up, or stops, on the unbounded", () => {
    expect(readQuick(new Source("f", `a: ${"[".repeat(100_000)}`), 1000)).not.toBeInstanceOf(Array)
    expect(readQuick(new Source("f", "- a\n".repeat(2000)), 1000)).toBe("too-large")
  })
})
