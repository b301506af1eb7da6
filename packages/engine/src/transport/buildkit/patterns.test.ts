// Docker's patterns; the cases were looked up in its documentation of `.dockerignore` and tried with `docker build`.
import { expect, test } from "vitest"
import { type MatchState, Patterns } from "./patterns.ts"

/** As a walk asks: folder by folder, what is known of one handed down. */
const matches = (lines: ReadonlyArray<string>, path: string): boolean => {
  const patterns = new Patterns(lines)
  const parts = path.split("/")
  let state: MatchState | undefined
  let matched = false
  for (const index of parts.keys()) ({ matched, state } = patterns.match(parts.slice(0, index + 1).join("/"), state))
  return matched
}

test.each([
  [["a"], "a", true],
  [["a"], "b", false],
  [["a"], "x/a", false],
  [["a"], "a/b/c", true],
  [["a/"], "a/b", true],
  [["./a//b"], "a/b", true],
  [["*.log"], "x.log", true],
  [["*.log"], "d/x.log", false],
  [["*/*.log"], "d/x.log", true],
  [["**/*.log"], "x.log", true],
  [["**/*.log"], "a/b/x.log", true],
  [["**/node_modules"], "a/node_modules/x/y", true],
  [["**/x"], "ax", false],
  [["**x"], "a/bx", true],
  [["a/**"], "a", false],
  [["a/**"], "a/b/c", true],
  [["a/**/z"], "a/z", true],
  [["a/**/z"], "a/b/c/z", true],
  [["**"], "any/thing", true],
  [["file?"], "file1", true],
  [["file?"], "file", false],
  [["file?"], "file/", false],
  [["[a-c]x"], "bx", true],
  [["[^a-c]x"], "bx", false],
  [["[^a-c]x"], "dx", true],
  [["\\*"], "*", true],
  [["\\*"], "a", false],
  [["a.b+c(d)|$"], "a.b+c(d)|$", true],
  [["a.b"], "axb", false],
  [["*", "!README.md"], "README.md", false],
  [["*", "!README.md"], "src/README.md", true],
  [["*", "!src"], "src/a/b", false],
  [["src", "!src/keep"], "src/keep/x", false],
  [["src", "!src/keep"], "src/other", true],
  [["*.md", "!README*.md", "README-secret.md"], "README-secret.md", true],
  [["*.md", "README-secret.md", "!README*.md"], "README-secret.md", false],
  [["!a", "a"], "a", true],
  [["ünï*"], "ünïcode", true],
])("%j and %s: %s", (lines, path, expected) => {
  expect(matches(lines, path)).toBe(expected)
})

test.each([["!"], ["[a"], ["a\\"], ["[]"]])("%s is malformed", (line) => {
  expect(() => new Patterns([line]).match("a", undefined)).toThrow(/pattern/)
})

test("folders that nothing below can change are not looked into", () => {
  const includes = new Patterns(["src/app", "docs"])
  expect(includes.mayMatchBelow("src")).toBe(true)
  expect(includes.mayMatchBelow("other")).toBe(false)
  expect(new Patterns(["*/app"]).mayMatchBelow("other")).toBe(true)
  const excludes = new Patterns(["node_modules", "dist", "!dist/keep"])
  expect(excludes.mayExceptBelow("node_modules")).toBe(false)
  expect(excludes.mayExceptBelow("dist")).toBe(true)
  expect(new Patterns(["dist", "!**/keep"]).mayExceptBelow("dist")).toBe(true)
  expect(new Patterns(["dist"]).mayExceptBelow("dist")).toBe(false)
})
