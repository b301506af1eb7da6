/** Where something stands in a source file: what diagnostics and errors point at. */
import { Schema } from "effect"

/** Lines and columns count from 1, as editors show them. */
export const Place = Schema.Struct({
  file: Schema.String,
  line: Schema.Int,
  column: Schema.Int,
})
export type Place = typeof Place.Type

/** `compose.yaml:12:5`, the form terminals make clickable. */
export const formatPlace = (place: Place): string => `${place.file}:${place.line}:${place.column}`
