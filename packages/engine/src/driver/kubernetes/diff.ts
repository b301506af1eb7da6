/** The fields in which a dry run's result differs from what is there: the causes people are shown. Pure. */
import type { Schema } from "effect"
import type { FieldChange } from "../../plan/index.ts"

type Json = Schema.Json

/** Written by the API server on every change, or left out of list items; they say nothing about what was asked. */
const bookkeeping = new Set([
  "apiVersion",
  "kind",
  "status",
  "metadata.resourceVersion",
  "metadata.generation",
  "metadata.managedFields",
  "metadata.creationTimestamp",
  "metadata.uid",
])

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const shown = (path: string, value: Json | undefined): string | undefined =>
  // Environment and config values may be secrets that somebody put there in plain.
  value === undefined
    ? undefined
    : path.startsWith("data.")
      ? "(masked)"
      : typeof value === "string"
        ? value
        : JSON.stringify(value)

const change = (path: string, before: Json | undefined, after: Json | undefined): FieldChange => {
  const was = shown(path, before)
  const is = shown(path, after)
  return { path, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }
}

export const changedFields = (
  before: Json | undefined,
  after: Json | undefined,
  path = "",
): ReadonlyArray<FieldChange> => {
  if (bookkeeping.has(path)) return []
  if (isRecord(before) && isRecord(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .sort()
      .flatMap((key) => changedFields(before[key], after[key], path === "" ? key : `${path}.${key}`))
  if (Array.isArray(before) && Array.isArray(after))
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
      changedFields(before[index], after[index], `${path}[${index}]`),
    ).flat()
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [change(path, before, after)]
}
