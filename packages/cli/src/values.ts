/** Values of options: text in, value out, or commander's own error, whose text `misuse.ts` gives in the reader's language. */
import { InvalidArgumentError } from "commander"

/** The reason as a key of the catalogue's refusals. */
export type ValueProblem = "notANumber" | "notADuration" | "notAScale" | "notALabel" | "notNameValue"

const refuse = (problem: ValueProblem): never => {
  throw new InvalidArgumentError(problem)
}

export const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : refuse("notANumber"))

const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 }

/** Seconds of `90`, `90s`, `5m`, `1h30m`. */
export const duration = (text: string): number => {
  if (/^\d+$/.test(text)) return Number(text)
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) return refuse("notADuration")
  return [...text.matchAll(/([\d.]+)(ms|h|m|s)/g)].reduce(
    (seconds, [, amount, unit]) => seconds + Number(amount) * units[unit!]!,
    0,
  )
}

/** `web=3`, repeated. */
export const scale = (
  text: string,
  earlier: Readonly<Record<string, number>> | undefined,
): Readonly<Record<string, number>> => {
  const parts = /^([^=]+)=(\d+)$/.exec(text)
  return parts === null ? refuse("notAScale") : { ...earlier, [parts[1]!]: Number(parts[2]) }
}

/** `team=web`, repeated. */
export const labels = (
  text: string,
  earlier: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> => {
  const parts = /^([^=]+)=(.*)$/.exec(text)
  return parts === null ? refuse("notALabel") : { ...earlier, [parts[1]!]: parts[2]! }
}

/** Lines from the end: `all` or a number. */
export const tail = (text: string): number | undefined => (text === "all" ? undefined : wholeNumber(text))

/** `A=b`, repeated. */
export const nameValue = (
  text: string,
  earlier: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> => {
  const at = text.indexOf("=")
  return at < 1 ? refuse("notNameValue") : { ...earlier, [text.slice(0, at)]: text.slice(at + 1) }
}

/** A word of a list, for options that may be repeated: commander checks only those that may not. */
export const oneOf = (choices: ReadonlyArray<string>, text: string): string => {
  if (choices.includes(text)) return text
  throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`)
}
