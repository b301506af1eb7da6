/**
 * Path patterns as Docker matches them in `.dockerignore` and in what a build asks of its context: `*`, `?`, `[…]`, `**`,
 * `!` for exceptions, the last match wins, and a match of a folder counts for all below it. Pure.
 */
import { posix } from "node:path"

interface Pattern {
  readonly exception: boolean
  readonly text: string
  readonly matches: (path: string) => boolean
}

/** Which patterns matched a path or a folder above it; handed down to what lies in the folder. */
export type MatchState = ReadonlyArray<boolean>

const special = /[*?[\]\\]/
const quoted = /[.+()|{}$^]/

const clean = (pattern: string): string => {
  const normal = posix.normalize(pattern)
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal
}

/** The body of a `[…]`, from its first character on; undefined when it never ends. */
const classOf = (pattern: string, start: number): { readonly source: string; readonly end: number } | undefined => {
  let index = start
  let source = ""
  if (pattern[index] === "^") {
    source += "^"
    index++
  }
  for (; index < pattern.length && pattern[index] !== "]"; index++) {
    if (pattern[index] === "\\") index++
    const char = pattern[index] ?? ""
    source += char === "-" && pattern[index - 1] !== "\\" ? "-" : char.replace(/[\\\]^[-]/, "\\$&")
  }
  return index >= pattern.length || source === "" || source === "^" ? undefined : { source: `[${source}]`, end: index }
}

const regularExpression = (pattern: string): RegExp => {
  let source = ""
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern[index]!
    if (char === "*" && pattern[index + 1] === "*") {
      index += pattern[index + 2] === "/" ? 2 : 1
      source += index + 1 >= pattern.length ? ".*" : "(?:.*/)?"
    } else if (char === "*") source += "[^/]*"
    else if (char === "?") source += "[^/]"
    else if (char === "[") {
      const found = classOf(pattern, index + 1)
      if (found === undefined) throw new Error(`the pattern ${pattern} is malformed`)
      source += found.source
      index = found.end
    } else if (char === "\\") {
      const next = pattern[++index]
      if (next === undefined) throw new Error(`the pattern ${pattern} is malformed`)
      source += next.replace(/[^\p{L}\p{N}_]/u, "\\$&")
    } else source += quoted.test(char) || char === "]" ? `\\${char}` : char
  }
  return new RegExp(`^${source}$`, "s")
}

const matcherOf = (pattern: string): Pattern["matches"] => {
  if (!special.test(pattern)) return (path) => path === pattern
  // `**/x` matches x anywhere, and `**x` every path that ends so.
  const suffix = pattern.slice(2)
  if (pattern.startsWith("**") && !special.test(suffix))
    return (path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1))
  const expression = regularExpression(pattern)
  return (path) => expression.test(path)
}

const parse = (line: string): Pattern | undefined => {
  const trimmed = line.trim()
  if (trimmed === "") return undefined
  const cleaned = clean(trimmed)
  const exception = cleaned.startsWith("!")
  const text = exception ? cleaned.slice(1) : cleaned
  if (text === "") throw new Error("the pattern ! excepts nothing")
  return { exception, text, matches: matcherOf(text) }
}

/** A pattern's fixed beginning: below it, and only there, it can match; undefined when it has wildcards before its last part. */
const fixedPrefix = (text: string): string | undefined => {
  const trimmed = text.replace(/\/\*\*?$/, "")
  return special.test(trimmed) || trimmed.includes("^") ? undefined : `${trimmed}/`
}

export class Patterns {
  readonly #patterns: ReadonlyArray<Pattern>
  /** Beginnings of what could match below a folder that does not match; undefined: anything could. */
  readonly #includes: ReadonlyArray<string> | undefined
  readonly #exceptions: ReadonlyArray<string> | undefined

  constructor(lines: ReadonlyArray<string>) {
    this.#patterns = lines.flatMap((line) => parse(line) ?? [])
    const prefixes = (exception: boolean) => {
      const found = this.#patterns.filter((pattern) => pattern.exception === exception)
      const fixed = found.flatMap(({ text }) => fixedPrefix(text) ?? [])
      return fixed.length === found.length ? fixed : undefined
    }
    this.#includes = prefixes(false)
    this.#exceptions = prefixes(true)
  }

  /** `parent` is the state of the folder the path lies in; absent at the top. */
  match(path: string, parent: MatchState | undefined): { readonly matched: boolean; readonly state: MatchState } {
    let matched = false
    const state = this.#patterns.map(({ exception, matches }, index) => {
      let hit = parent?.[index] === true
      if (!hit) {
        // An exception says nothing of what is not matched, and the others nothing of what is.
        if (exception !== matched) return false
        hit = matches(path)
      }
      if (hit) matched = !exception
      return hit
    })
    return { matched, state }
  }

  /** Whether something below a folder that does not match could. */
  mayMatchBelow(folder: string): boolean {
    return this.#includes === undefined || this.#includes.some((prefix) => prefix.startsWith(`${folder}/`))
  }

  /** Whether something below a folder that matches could be excepted. */
  mayExceptBelow(folder: string): boolean {
    return this.#exceptions === undefined || this.#exceptions.some((prefix) => prefix.startsWith(`${folder}/`))
  }
}
