/** What an unquoted YAML word means to Compose: Go's YAML 1.2 with octals, underscores and dates of 1.1. */
import { Float, type ScalarValue, Timestamp } from "./Node.ts"

const WORDS = new Map<string, ScalarValue>([
  ["", null],
  ["~", null],
  ["null", null],
  ["Null", null],
  ["NULL", null],
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["false", false],
  ["False", false],
  ["FALSE", false],
  [".nan", new Float(Number.NaN)],
  [".NaN", new Float(Number.NaN)],
  [".NAN", new Float(Number.NaN)],
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((w) => [w, new Float(Infinity)] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((w) => [w, new Float(-Infinity)] as const),
  ["-0", new Float(-0)],
  ["-0.0", new Float(-0)],
])

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const DECIMAL = /^[-+]?(?:0|[1-9][0-9]*)$/
const BASED = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|0([0-7]+))$/
const MAX_INT64 = 2n ** 63n - 1n
const MIN_INT64 = -(2n ** 63n)
const MAX_UINT64 = 2n ** 64n - 1n

const narrow = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value

/** A whole number in any base Go's literals know; undefined when it is none or does not fit 64 bits. */
export const parseWhole = (text: string): number | bigint | undefined => {
  if (text.length < 16 && DECIMAL.test(text)) return Number(text)
  let value: bigint
  if (DECIMAL.test(text)) value = BigInt(text.startsWith("+") ? text.slice(1) : text)
  else {
    const based = BASED.exec(text)
    if (based === null) return undefined
    const [, sign, hex, octal, binary, old] = based
    value =
      hex !== undefined
        ? BigInt(`0x${hex}`)
        : binary !== undefined
          ? BigInt(`0b${binary}`)
          : BigInt(`0o${octal ?? old ?? "0"}`)
    if (sign === "-") value = -value
  }
  if (value < MIN_INT64 || value > (text.startsWith("+") ? MAX_INT64 : MAX_UINT64)) return undefined
  return narrow(value)
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?(Z|[-+]\d{2}:\d{2})?)?$/

/** Go's printed form of a date, or undefined when the word is not one of the accepted forms. */
const parseTimestamp = (text: string): string | undefined => {
  const match = DATE.exec(text)
  if (match === null) return undefined
  const [, year, month, day, separator, hour = "0", minute = "0", second = "0", fraction = "", zone] = match
  // With T a zone is required, with a space there must be none.
  if (separator !== undefined && (separator === " ") !== (zone === undefined)) return undefined
  const two = (part: string) => part.padStart(2, "0")
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > days) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const offset = zone === undefined || zone === "Z" ? "+0000 UTC" : `${zone.replace(":", "")} ${zone.replace(":", "")}`
  const trimmed = fraction.replace(/\.?0+$/, "")
  return `${year}-${two(month!)}-${two(day!)} ${two(hour)}:${two(minute)}:${two(second)}${trimmed} ${offset.replace("+0000 +0000", "+0000 UTC")}`
}

/** The value of a plain (unquoted, untagged) scalar. */
export const resolvePlain = (text: string): ScalarValue => {
  const first = text.charCodeAt(0)
  // Letters other than those that begin a known word are the common case.
  const digit = first >= 48 && first <= 57
  if (!digit && first !== 43 && first !== 45 && first !== 46) {
    if (text.length > 5) return text
    const word = WORDS.get(text)
    return word === undefined ? text : word
  }
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (first === 46) return FLOAT.test(text) ? new Float(Number(text)) : text
  if (digit && text.length >= 8 && text.charCodeAt(4) === 45) {
    const time = parseTimestamp(text)
    if (time !== undefined) return new Timestamp(time)
  }
  const plain = text.includes("_") ? text.replaceAll("_", "") : text
  const whole = parseWhole(plain)
  if (whole !== undefined) return whole
  return FLOAT.test(plain) ? new Float(Number(plain)) : text
}

/** Go's `%v` of a scalar, as it stands in labels, options and environment values. */
export const sprint = (value: ScalarValue): string => {
  if (value === null) return "<nil>"
  if (value instanceof Timestamp) return value.text
  if (value instanceof Float) return formatFloat(value.value)
  return String(value)
}

export const formatFloat = (value: number): string => {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf"
  if (Object.is(value, -0)) return "-0"
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    const [mantissa, exponent] = value.toExponential().split("e") as [string, string]
    return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`
  }
  return String(value)
}
