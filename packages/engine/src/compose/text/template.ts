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
const single = new RegExp(pattern().source, "i")

const OPERATORS = [":?", "?", ":-", "-", ":+", "+"] as const
type Operator = (typeof OPERATORS)[number]

/** The operator that stands first in a text; `:?` when there is none. */
const firstOperator = (text: string): Operator => {
  let best: Operator = ":?"
  let at = Infinity
  for (const operator of OPERATORS) {
    const index = text.indexOf(operator)
    if (index >= 0 && index < at) {
      at = index
      best = operator
    }
  }
  return best
}

/** Index of the brace that closes the first `{`, or -1. */
export const closingBrace = (text: string): number => {
  let open = 0
  for (let i = 0; i < text.length; i++) {
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
  if (!template.includes("$")) return template
  if (nesting > MAX_NESTING) throw new TemplateError({ kind: "too-large" })
  let length = 0
  return template.replace(pattern(), (match) => {
    const value = replaceMatch(match, template, using, nesting)
    length += value.length
    if (length > MAX_LENGTH) throw new TemplateError({ kind: "too-large" })
    return value
  })
}

const replaceMatch = (whole: string, template: string, using: Substitution, nesting: number): string => {
  const operator = firstOperator(whole)
  const close = closingBrace(whole)
  const rest = close < 0 ? "" : whole.slice(close + 1)
  const own = close < 0 ? whole : whole.slice(0, close + 1)
  const groups = single.exec(own)?.groups
  if (groups?.["escaped"] !== undefined) return "$"
  const named = groups?.["named"]
  if (named !== undefined) return plain(named, using)
  const braced = groups?.["braced"]
  if (braced === undefined) throw new TemplateError({ kind: "invalid", template })
  const split = braced.indexOf(operator)
  if (split < 0) return plain(braced, using)
  const name = braced.slice(0, split)
  const text = braced.slice(split + operator.length)
  const inner = () => substitute(text, using, nesting + 1)
  return apply(operator, name, inner, using) + substitute(rest, using, nesting + 1)
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
      const close = closingBrace(match[0])
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
