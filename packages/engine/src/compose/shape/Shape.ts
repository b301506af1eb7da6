/** How the Compose Specification describes what may stand at a place. The tables are in `specification.ts`. */

export type Word = "string" | "whole" | "number" | "boolean" | "null"

export interface Shape {
  /** Scalars that may stand here. */
  readonly words?: ReadonlyArray<Word>
  readonly oneOf?: ReadonlyArray<string>
  readonly pattern?: RegExp
  readonly minimum?: number
  readonly maximum?: number
  readonly list?: ListShape
  readonly mapping?: MappingShape
  /** For people: what stands here, where the words alone would not say it. */
  readonly says?: string
}

export interface ListShape {
  readonly item: Shape
  readonly unique?: boolean
}

export interface MappingShape {
  /** Keys with a meaning. */
  readonly keys?: Readonly<Record<string, Shape>>
  readonly required?: ReadonlyArray<string>
  /** Names chosen by the user. */
  readonly names?: { readonly pattern: RegExp; readonly value: Shape }
  /** Keys beyond `keys` and `names` are refused; `x-` keys are allowed when `extensions` is set. */
  readonly open?: boolean
  readonly extensions?: boolean
}

export const word = (...words: Word[]): Shape => ({ words })
export const list = (item: Shape, unique = false): Shape => ({ list: { item, unique } })
export const keys = (
  table: Readonly<Record<string, Shape>>,
  options: { required?: ReadonlyArray<string>; extensions?: boolean; open?: boolean } = {},
): Shape => ({ mapping: { keys: table, extensions: true, ...options } })
export const names = (pattern: RegExp, value: Shape, open = false): Shape => ({
  mapping: { names: { pattern, value }, open },
})
/** One of several: their scalars, list and mapping forms together. */
export const either = (...shapes: Shape[]): Shape => {
  const words = shapes.flatMap((shape) => shape.words ?? [])
  return { ...Object.assign({}, ...shapes), ...(words.length === 0 ? {} : { words }) }
}

const NAMES: Readonly<Record<Word, string>> = {
  string: "text",
  whole: "a whole number",
  number: "a number",
  boolean: "true or false",
  null: "nothing",
}

/** What may stand here, in words. */
export const describe = (shape: Shape): string => {
  if (shape.says !== undefined) return shape.says
  if (shape.oneOf !== undefined) return shape.oneOf.join(", ")
  const parts = (shape.words ?? []).filter((w) => w !== "null" || shape.words!.length === 1).map((w) => NAMES[w])
  if (shape.list !== undefined) parts.push("a list")
  if (shape.mapping !== undefined) parts.push("a mapping")
  const range =
    shape.minimum !== undefined && shape.maximum !== undefined
      ? ` between ${shape.minimum} and ${shape.maximum}`
      : shape.minimum !== undefined
        ? ` of at least ${shape.minimum}`
        : ""
  return `${parts.join(" or ")}${range}`
}
