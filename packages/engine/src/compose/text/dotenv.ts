/** Files of environment variables: `.env`, `--env-file`, `env_file` and `label_file`. */
import { type Lookup, substitute, TemplateError } from "./template.ts"

export class DotenvError extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

const SPACE = /[\t\v\f\r \u0085\u00a0]/
const LEADING_SPACE = /^[\t\v\f\r \u0085\u00a0]+/
const NAME = /[\p{L}\p{N}_.\-[\]]/u

/** Adds the variables of `text` to `into`; `lookup` is asked before `into` when a value refers to a variable. */
export const parseDotenv = (text: string, into: Map<string, string>, lookup: Lookup): void => {
  const find: Lookup = (name) => lookup(name) ?? into.get(name)
  let rest = text.startsWith("\uFEFF") ? text.slice(1) : text
  let line = 1
  const expand = (value: string): string => {
    try {
      return substitute(value, { lookup: find })
    } catch (cause) {
      if (!(cause instanceof TemplateError)) throw cause
      const { problem } = cause
      throw new DotenvError(
        line,
        problem.kind === "required"
          ? `required variable ${problem.variable} is missing a value${problem.reason === "" ? "" : `: ${problem.reason}`}`
          : "invalid variable reference",
      )
    }
  }
  for (;;) {
    // Blank lines and comments.
    for (;;) {
      const start = /\S/u.exec(rest)
      if (start === null) return
      line += count(rest.slice(0, start.index))
      rest = rest.slice(start.index)
      if (!rest.startsWith("#")) break
      const end = rest.indexOf("\n")
      if (end < 0) return
      rest = rest.slice(end)
    }
    const name = readName(rest, line)
    rest = name.rest
    if (name.inherited) {
      line++
      const value = lookup(name.key)
      if (value !== undefined) into.set(name.key, value)
      continue
    }
    const quote = rest[0]
    if (quote === '"' || quote === "'") {
      const value = readQuoted(rest, quote, line)
      into.set(name.key, quote === '"' ? expand(unescape(value.text)) : value.text)
      line += count(rest.slice(0, value.end))
      rest = rest.slice(value.end)
      continue
    }
    const end = rest.indexOf("\n")
    let value = end < 0 ? rest : rest.slice(0, end)
    rest = end < 0 ? "" : rest.slice(end + 1)
    const comment = value.indexOf(" #")
    if (comment >= 0) value = value.slice(0, comment)
    into.set(name.key, expand(value.trimEnd()))
    line++
  }
}

const count = (text: string): number => text.split("\n").length - 1

interface Name {
  readonly key: string
  readonly rest: string
  /** The line holds a name only: the value is the one of the surrounding environment. */
  readonly inherited: boolean
}

const readName = (text: string, line: number): Name => {
  const source = /^export\s+/.test(text) ? text.slice("export".length).replace(LEADING_SPACE, "") : text
  let key = ""
  let offset = 0
  let inherited = false
  let index = 0
  for (const char of source) {
    if (char === "=" || char === ":" || char === "\n") {
      key = source.slice(0, index)
      offset = index + 1
      inherited = char === "\n"
      break
    }
    if (!SPACE.test(char) && !NAME.test(char))
      throw new DotenvError(line, `unexpected character "${char}" in variable name "${source.split("\n")[0]}"`)
    index += char.length
  }
  if (source === "") throw new DotenvError(line, "a variable name is missing")
  key = key.trimEnd()
  if (key.includes(" ")) throw new DotenvError(line, "a variable name cannot contain a space")
  return { key, rest: source.slice(offset).replace(LEADING_SPACE, ""), inherited }
}

const readQuoted = (text: string, quote: string, line: number): { text: string; end: number } => {
  let value = ""
  let escaped = false
  for (let i = 1; i < text.length; i++) {
    const char = text[i]!
    if (char === quote) {
      if (!escaped) return { text: value, end: i + 1 }
      escaped = false
      value += char
      continue
    }
    if (!escaped && char === "\\") {
      escaped = true
      continue
    }
    if (escaped) {
      escaped = false
      value += "\\"
    }
    value += char
  }
  throw new DotenvError(line, `unterminated quoted value ${text.split("\n")[0]}`)
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  // A dollar stays protected from substitution.
  $: "$$",
}

const unescape = (text: string): string =>
  text.replace(/\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g, (match: string, letter?: string, digits?: string) => {
    if (letter !== undefined) return ESCAPES[letter] ?? match
    // Three octal digits make a byte; anything else stays as written, without its 0.
    if (digits !== undefined && /^[0-3][0-7]{2}$/.test(digits)) return String.fromCharCode(Number.parseInt(digits, 8))
    return `\\${digits ?? ""}`
  })

/** Docker's own format (`env_file.format: raw`): KEY=value a line, nothing is interpreted. */
export const parseRaw = (text: string, into: Map<string, string>, lookup: Lookup): void => {
  const lines = (text.startsWith("\uFEFF") ? text.slice(1) : text).split("\n")
  lines.forEach((raw, i) => {
    const line = (raw.endsWith("\r") ? raw.slice(0, -1) : raw).trimStart()
    if (line === "" || line.startsWith("#")) return
    const equals = line.indexOf("=")
    const key = equals < 0 ? line : line.slice(0, equals)
    if (key === "") throw new DotenvError(i + 1, "a variable name is missing")
    if (/\s/.test(key)) throw new DotenvError(i + 1, `variable "${key}" contains whitespace`)
    if (equals >= 0) into.set(key, line.slice(equals + 1))
    else {
      const value = lookup(key)
      if (value !== undefined) into.set(key, value)
    }
  })
}
