/** `${VARIABLE}` in all its forms, exactly as Compose substitutes them. */

/** The value of a variable, undefined when it is not set. */
export type Lookup = (name: string) => string | undefined

export type TemplateProblem =
  | { readonly kind: "invalid"; readonly template: string }
  | { readonly kind: "required"; readonly variable: string; readonly reason: string }
  | { readonly kind: "too-large" }

export class TemplateError extends Error {
  readonly problem: TemplateProblem
  constructor(problem: TemplateProblem) {
    super(problem.kind)
    this.problem = problem
  }
}

/** Substitutions nested deeper, or results longer than this, are refused. */
const MAX_NESTING = 100
const MAX_LENGTH = 16 * 1024 * 1024

// $$, $NAME, ${NAME}, ${NAME<operator>text up to the last brace of the line}; anything else after ${ is invalid.
const pattern = () =>
  /\$(?:(?<escaped>\$)|(?<named>[_a-z][_a-z0-9]*)|\{(?:(?<braced>[_a-z][_a-z0-9]*(?::?[-+?](?:.*))?)\}|(?<invalid>)))/gi

const OPERATORS = [":?", "?", ":-", "-", ":+", "+"] as const
type Operator = (typeof OPERATORS)[number]
const isOperator = (text: string): text is Operator => OPERATORS.some((operator) => operator === text)

/** Index of the brace that closes the first `{` at or behind `from`, or -1. */
const closingBrace = (text: string, from: number, last: number): number => {
  let open = 0
  for (let i = from; i <= last; i++) {
    if (text[i] === "}") {
      open--
      if (open === 0) return i
    }
    if (text[i] === "{") {
      open++
      i++
    }
  }
  return -1
}

export interface Substitution {
  readonly lookup: Lookup
  /** Called for a variable that is not set and has no default. */
  readonly unset?: (name: string) => void
}

/** Throws `TemplateError` on the first problem. */
export const substitute = (template: string, using: Substitution, nesting = 0): string => {
  let from = template.indexOf("$")
  if (from < 0) return template
  if (nesting > MAX_NESTING) throw new TemplateError({ kind: "too-large" })
  let result = template.slice(0, from)
  while (from < template.length) {
    const read = readVariable(template, from, using, nesting)
    const next = template.indexOf("$", read.end)
    from = next < 0 ? template.length : next
    result += read.value + template.slice(read.end, from)
    if (result.length > MAX_LENGTH) throw new TemplateError({ kind: "too-large" })
  }
  return result
}

const NAME = /[_a-z][_a-z0-9]*/iy
const OPERATOR = /:?[-+?]/y

const stickyMatch = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ""
}

/** What stands at a dollar sign, and where the text goes on. */
const readVariable = (
  template: string,
  at: number,
  using: Substitution,
  nesting: number,
): { readonly value: string; readonly end: number } => {
  if (template[at + 1] === "$") return { value: "$", end: at + 2 }
  if (template[at + 1] !== "{") {
    const name = stickyMatch(NAME, template, at + 1)
    return name === "" ? { value: "$", end: at + 1 } : { value: plain(name, using), end: at + 1 + name.length }
  }
  const name = stickyMatch(NAME, template, at + 2)
  const behind = at + 2 + name.length
  if (name !== "" && template[behind] === "}") return { value: plain(name, using), end: behind + 1 }
  const operator = name === "" ? "" : stickyMatch(OPERATOR, template, behind)
  const newline = template.indexOf("\n", behind)
  // The text behind the operator ends at the brace that closes this one, or at the last one of the line.
  const last = template.lastIndexOf("}", newline < 0 ? template.length : newline)
  const start = behind + operator.length
  if (!isOperator(operator) || last < start) throw new TemplateError({ kind: "invalid", template })
  const close = closingBrace(template, at, last)
  const end = close < 0 ? last : close
  const inner = () => substitute(template.slice(start, end), using, nesting + 1)
  return { value: apply(operator, name, inner, using), end: end + 1 }
}

const plain = (name: string, using: Substitution): string => {
  const value = using.lookup(name)
  if (value === undefined) using.unset?.(name)
  return value ?? ""
}

const apply = (operator: Operator, name: string, inner: () => string, using: Substitution): string => {
  const value = using.lookup(name)
  switch (operator) {
    case ":-":
      return value === undefined || value === "" ? inner() : value
    case "-":
      return value === undefined ? inner() : value
    case ":+":
      return value !== undefined && value !== "" ? inner() : (value ?? "")
    case "+":
      return value !== undefined ? inner() : ""
    case ":?":
    case "?":
      if (value === undefined || (operator === ":?" && value === ""))
        throw new TemplateError({ kind: "required", variable: name, reason: inner() })
      return value
  }
}

/** A variable a file asks for, as `config --variables` lists it. */
export interface Variable {
  readonly name: string
  readonly required: boolean
  readonly defaultValue: string
  /** The text used instead of the value when the variable is set (`:+`). */
  readonly alternateValue: string
}

/** The variables of one text, nested ones included, in order of appearance. */
export const variablesOf = (text: string): Variable[] => {
  if (!text.includes("$")) return []
  const found: Variable[] = []
  for (const match of text.matchAll(pattern())) {
    if (match.groups?.["escaped"] !== undefined) continue
    let written = match.groups?.["named"]
    if (written === undefined) {
      written = match.groups?.["braced"] ?? ""
      const close = closingBrace(match[0], 0, match[0].length)
      if (close > 0) {
        written = match[0].slice(2, close)
        found.push(...variablesOf(match[0].slice(close + 1)))
      }
    }
    const end = /[^a-zA-Z0-9_]/.exec(written)?.index ?? -1
    const name = end > 0 ? written.slice(0, end) : written
    const tail = end > 0 ? written.slice(end) : ""
    const operator = /^(?::\?|\?|:-|-|:\+|\+)/.exec(tail)?.[0] ?? ""
    const value = tail.slice(operator.length)
    const variable: Variable = {
      name,
      required: operator.endsWith("?"),
      defaultValue: operator.endsWith("-") ? value : "",
      alternateValue: operator.endsWith("+") ? value : "",
    }
    found.push(variable, ...variablesOf(variable.defaultValue), ...variablesOf(variable.alternateValue))
  }
  return found
}
