/** YAML as the reference prints it: two spaces, fields in struct order, extensions last. */
import type { Field, Type } from "../shape/Type.ts"
import { compareText } from "../text/order.ts"
import { yamlKey, yamlText } from "./yamlText.ts"

export const toGoYaml = (value: unknown, type: Type | undefined): string => `${block(value, type, "", 0).trimStart()}\n`

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A value behind `key:` or `-`: on the same line with a space before it, or on the lines below. */
const block = (value: unknown, type: Type | undefined, indent: string, column: number): string => {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []"
    const of = type?.is === "list" ? type.of : undefined
    return value.map((item) => `\n${indent}- ${block(item, of, `${indent}  `, indent.length + 2).trimStart()}`).join("")
  }
  if (isRecord(value)) {
    const members = membersOf(value, type)
    if (members.length === 0) return " {}"
    return members
      .map(([key, item, of]) => {
        const name = yamlKey(key)
        // A long key stands on a line of its own, and so does its value.
        const lead = key.length > MAX_SIMPLE_KEY ? `? ${name}\n${indent}` : name
        const start = key.length > MAX_SIMPLE_KEY ? 2 : Array.from(name).length + 2
        return `\n${indent}${lead}:${block(item, of, `${indent}  `, indent.length + start)}`
      })
      .join("")
  }
  return ` ${typeof value === "string" ? yamlText(value, { indent, column }) : JSON.stringify(value ?? null)}`
}

const MAX_SIMPLE_KEY = 128

const membersOf = (
  value: Readonly<Record<string, unknown>>,
  type: Type | undefined,
): Array<readonly [string, unknown, Type | undefined]> => {
  if (type?.is === "ulimit") return ["soft", "hard"].map((key) => [key, value[key] ?? 0, undefined] as const)
  if (type?.is !== "struct") {
    const of = type?.is === "map" ? type.of : undefined
    return Object.keys(value)
      .toSorted(compareNatural)
      .map((key) => [key, value[key], of] as const)
  }
  const fields = type.fields.flatMap((field) => {
    const item = value[field.name]
    return Object.hasOwn(value, field.name) && !omitted(item, field) ? [[field.name, item, field.type] as const] : []
  })
  const extra = Object.keys(value).filter((key) => key.startsWith("x-"))
  return [...fields, ...extra.toSorted(compareNatural).map((key) => [key, value[key], undefined] as const)]
}

/** JSON prints some fields that hold nothing, YAML does not. */
const omitted = (value: unknown, field: Field): boolean => {
  if (value === undefined) return true
  if (field.always !== true || field.yamlAlways === true) return false
  if (value === null) return true
  return field.type.is === "struct" && isRecord(value) && membersOf(value, field.type).length === 0
}

/** The order of keys in the reference's YAML: numbers inside names count as numbers, letters follow the rest. */
export const compareNatural = (a: string, b: string): number => {
  const [left, right] = [Array.from(a), Array.from(b)]
  let digits = false
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x, y] = [left[i]!, right[i]!]
    if (x === y) {
      digits = isDigit(x)
      continue
    }
    const [lx, ly] = [isLetter(x), isLetter(y)]
    if (lx && ly) return compareText(x, y)
    if (lx || ly) return digits ? (lx ? 1 : -1) : lx ? 1 : -1
    const [nx, ny] = [number(left, i), number(right, i)]
    if (nx.value !== ny.value) return nx.value < ny.value ? -1 : 1
    if (nx.end !== ny.end) return nx.end - ny.end
    return compareText(x, y)
  }
  return left.length - right.length
}

const isDigit = (char: string): boolean => /^\p{Nd}$/u.test(char)
const isLetter = (char: string): boolean => /^\p{L}$/u.test(char)

const number = (chars: ReadonlyArray<string>, at: number): { value: number; end: number } => {
  let value = 0
  let end = at
  while (end < chars.length && isDigit(chars[end]!)) value = value * 10 + Number(chars[end++])
  return { value, end }
}
