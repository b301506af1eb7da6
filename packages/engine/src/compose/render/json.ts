/** JSON exactly as Go's encoder writes it: fields in struct order, keys of maps sorted by bytes, `<>&` escaped. */
import { compareText } from "../text/order.ts"
import type { Type } from "../shape/Type.ts"

/** Indented as `docker compose config --format json` prints, or in one line as the config hash wants it. */
export const toGoJson = (value: unknown, type: Type | undefined, indent: boolean, extensions = false): string =>
  write(value, type, indent ? "\n" : "", extensions)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const write = (value: unknown, type: Type | undefined, line: string, extensions: boolean): string => {
  const next = line === "" ? "" : `${line}  `
  if (Array.isArray(value)) {
    const of = type?.is === "list" ? type.of : undefined
    return enclose("[", value.map((item) => write(item, of, next, false)).join(`,${next}`), "]", line)
  }
  if (isRecord(value)) {
    const separator = line === "" ? ":" : ": "
    const inner = members(value, type, extensions).map(
      ([name, item, of]) => `${quote(name)}${separator}${write(item, of, next, false)}`,
    )
    return enclose("{", inner.join(`,${next}`), "}", line)
  }
  return typeof value === "string" ? quote(value) : JSON.stringify(value ?? null)
}

/** What an object holds, in the order it is printed. */
const members = (
  value: Readonly<Record<string, unknown>>,
  type: Type | undefined,
  extensions: boolean,
): Array<readonly [string, unknown, Type | undefined]> => {
  if (type?.is === "ulimit")
    return ["soft", "hard"].flatMap((key) => (key in value ? [[key, value[key], undefined] as const] : []))
  if (type?.is !== "struct") {
    const of = type?.is === "map" ? type.of : undefined
    return Object.keys(value)
      .toSorted(compareText)
      .map((key) => [key, value[key], of] as const)
  }
  // From the value to the fields: a service has few of the hundred that there are.
  const indexes: Array<number> = []
  for (const key of Object.keys(value)) {
    const index = type.indexes.get(key)
    if (index !== undefined && value[key] !== undefined) indexes.push(index)
  }
  const fields = indexes
    .sort((a, b) => a - b)
    .flatMap((index) => {
      const field = type.fields[index]
      return field === undefined ? [] : [[field.json ?? field.name, value[field.name], field.type] as const]
    })
  if (!extensions) return fields
  const extra = Object.keys(value).filter((key) => key.startsWith("x-"))
  return [...fields, ...extra.map((key) => [key, value[key], undefined] as const)].toSorted(([a], [b]) =>
    compareText(a, b),
  )
}

/** `line` is a line break with the indentation of the surrounding value, or empty for one line. */
const enclose = (open: string, inner: string, close: string, line: string): string =>
  inner === "" ? `${open}${close}` : `${open}${line === "" ? "" : `${line}  `}${inner}${line}${close}`

// eslint-disable-next-line no-control-regex -- JSON escapes them
const SPECIAL = /["\\\u0000-\u001f<>&\u2028\u2029\ud800-\udfff]/

const quote = (text: string): string =>
  SPECIAL.test(text)
    ? JSON.stringify(text.isWellFormed() ? text : text.toWellFormed()).replace(
        /[<>&\u2028\u2029]/g,
        (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
      )
    : `"${text}"`
