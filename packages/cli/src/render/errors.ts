/** An error for people: what happened, where (with the source line), and what to do. */
import { describeError, formatPlace, type Locale, type Place, type WindFlowError } from "@windflow/engine/model"
import { textsOf } from "../text/index.ts"
import type { Palette } from "./palette.ts"

/** The lines of a source file, or undefined when it cannot be read. */
export type ReadLines = (file: string) => ReadonlyArray<string> | undefined

const shownPlaces = 5

const placesOf = (error: WindFlowError): ReadonlyArray<Place> => {
  if (error._tag === "ComposeInvalid" || error._tag === "Unsupported")
    return error.diagnostics.flatMap((diagnostic) => diagnostic.place ?? [])
  return "place" in error && error.place !== undefined ? [error.place] : []
}

const excerpt = (place: Place, read: ReadLines, colors: Palette): ReadonlyArray<string> => {
  const source = read(place.file)?.[place.line - 1]
  if (source === undefined) return []
  const number = String(place.line)
  const gutter = " ".repeat(number.length)
  // Tabs stay tabs before the caret, so that it stands under its column.
  const indent = source.slice(0, place.column - 1).replace(/[^\t]/g, " ")
  return [`  ${colors.faint(`${number} │`)} ${source}`, `  ${colors.faint(`${gutter} │`)} ${indent}${colors.bad("^")}`]
}

/** Message, places, remedy. The message of a finding already begins with its place, which terminals make clickable. */
export const renderError = (error: WindFlowError, locale: Locale, colors: Palette, read: ReadLines): string => {
  const texts = textsOf(locale)
  const { message, remedy } = describeError(error, locale)
  const places = placesOf(error)
  const findings = error._tag === "ComposeInvalid" || error._tag === "Unsupported"
  const located = places.slice(0, shownPlaces).flatMap((place) => {
    const source = excerpt(place, read, colors)
    return findings ? source : [`  ${texts.error.place} ${formatPlace(place)}`, ...source]
  })
  const [first = "", ...rest] = message.split("\n")
  return [
    `${colors.bad(`${texts.error.word}:`)} ${colors.strong(first)}`,
    ...rest.map((line) => `  ${line}`),
    ...located,
    `${colors.good(`${texts.error.remedy}:`)} ${remedy.split("\n").join("\n  ")}`,
  ].join("\n")
}
