/**
 * Checks a tree against the specification and tells every finding. What is wrong is taken out of the tree, so that the later
 * stages can go on and tell what else is wrong.
 */
import type { Findings } from "../Findings.ts"
import {
  Float,
  formatPath,
  keepEntries,
  keepItems,
  type List,
  type Mapping,
  type Node,
  type Trail,
  type ScalarValue,
  Timestamp,
} from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"
import { nearest } from "../text/nearest.ts"
import { describe, type MappingShape, type Shape, type Word } from "./Shape.ts"

/** Whether the node may stay. */
export const validate = (node: Node, shape: Shape, path: Trail, findings: Findings): boolean => {
  switch (node.kind) {
    case "scalar":
      return scalar(node, node.value, shape, path, findings)
    case "list":
      if (shape.list === undefined) return wrongKind(node, shape, path, findings)
      validateList(node, shape.list.item, shape.list.unique === true, path, findings)
      return true
    case "mapping":
      if (shape.mapping === undefined) return wrongKind(node, shape, path, findings)
      validateMapping(node, shape.mapping, path, findings)
      return true
  }
}

const validateList = (node: List, item: Shape, unique: boolean, path: Trail, findings: Findings): void => {
  const seen = unique && node.items.length > 1 ? new Set<string>() : undefined
  keepItems(node, path, (entry) =>
    validate(entry, item, path, findings) && (seen === undefined || isNew(entry, seen, path, findings))
      ? entry
      : undefined,
  )
}

const isNew = (entry: Node, seen: Set<string>, path: Trail, findings: Findings): boolean => {
  const key = fingerprint(entry)
  if (!seen.has(key)) {
    seen.add(key)
    return true
  }
  findings.error("value", entry, path, {
    message: `${formatPath(path)}: the same entry stands in the list before`,
    expected: "entries that differ",
    remedy: "Remove one of the two.",
  })
  return false
}

const validateMapping = (node: Mapping, shape: MappingShape, path: Trail, findings: Findings): void => {
  keepEntries(node, path, (value, key) => {
    const inner = innerShape(key, shape)
    if (inner !== undefined) return validate(value, inner, path, findings) ? value : undefined
    if (shape.open === true || isExtension(key, shape)) return value
    unknownKey(value, key, shape, path.slice(0, -1), findings)
    return undefined
  })
  for (const key of shape.required ?? []) {
    if (node.entries.has(key)) continue
    findings.error("missing-key", node, path, {
      message: `${formatPath(path)}: ${key} is missing`,
      expected: `${key}: ${describe(shape.keys?.[key] ?? {})}`,
      remedy: `Add ${key}.`,
    })
  }
}

const innerShape = (key: string, shape: MappingShape): Shape | undefined => {
  if (shape.keys !== undefined && Object.hasOwn(shape.keys, key)) return shape.keys[key]
  return shape.names?.pattern.test(key) === true && !isExtension(key, shape) ? shape.names.value : undefined
}

const isExtension = (key: string, shape: MappingShape): boolean => shape.extensions === true && key.startsWith("x-")

const unknownKey = (value: Node, key: string, shape: MappingShape, path: Trail, findings: Findings): void => {
  const known = Object.keys(shape.keys ?? {})
  const where = path.length === 0 ? "the file" : formatPath(path)
  if (known.length === 0) {
    findings.error("unknown-key", value, [...path, key], {
      message: `${where}: "${key}" is not a valid name`,
      expected: "letters, digits, `_`, `.` and `-`",
      remedy: "Choose another name.",
    })
    return
  }
  const near = nearest(key, known)
  findings.error("unknown-key", value, [...path, key], {
    message: `${where}: unknown key "${key}"`,
    ...(near === undefined
      ? {
          expected: `one of ${known.toSorted().join(", ")}`,
          remedy: "Remove it, or name it x-… if it is an extension of yours.",
        }
      : { remedy: `Did you mean "${near}"?` }),
  })
}

const wrongKind = (node: Node, shape: Shape, path: Trail, findings: Findings): false => {
  const found = node.kind === "scalar" ? sprint(node.value) : node.kind === "list" ? "a list" : "a mapping"
  const where = path.length === 0 ? "the file" : formatPath(path)
  const shown = node.kind === "scalar" && node.value === null ? "nothing" : found
  findings.error("type", node, path, {
    message: `${where} must be ${describe(shape)}, not ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`,
    expected: describe(shape),
    remedy: `Write ${describe(shape)}.`,
  })
  return false
}

const scalar = (node: Node, value: ScalarValue, shape: Shape, path: Trail, findings: Findings): boolean => {
  if (!(shape.words ?? []).some((word) => matches(value, word))) return wrongKind(node, shape, path, findings)
  if (typeof value === "string" || value instanceof Timestamp) {
    const text = typeof value === "string" ? value : value.text
    if (shape.oneOf !== undefined && !shape.oneOf.includes(text)) return wrongKind(node, shape, path, findings)
    if (shape.pattern !== undefined && !shape.pattern.test(text)) return wrongKind(node, shape, path, findings)
  }
  const number = numberOf(value)
  if (number === undefined) return true
  if (!Number.isFinite(number)) return wrongKind(node, shape, path, findings)
  if (shape.minimum !== undefined && number < shape.minimum) return wrongKind(node, shape, path, findings)
  if (shape.maximum !== undefined && number > shape.maximum) return wrongKind(node, shape, path, findings)
  return true
}

const numberOf = (value: ScalarValue): number | undefined =>
  value instanceof Float
    ? value.value
    : typeof value === "number" || typeof value === "bigint"
      ? Number(value)
      : undefined

const matches = (value: ScalarValue, word: Word): boolean => {
  switch (word) {
    case "string":
      return typeof value === "string" || value instanceof Timestamp
    case "boolean":
      return typeof value === "boolean"
    case "null":
      return value === null
    case "number":
      return numberOf(value) !== undefined
    case "whole": {
      const number = numberOf(value)
      return number !== undefined && Number.isInteger(number)
    }
  }
}

/** Equal for nodes that JSON cannot tell apart. */
const fingerprint = (node: Node): string => {
  switch (node.kind) {
    case "scalar": {
      const number = numberOf(node.value)
      if (number !== undefined) return `n${number}`
      return typeof node.value === "string" ? JSON.stringify(node.value) : sprint(node.value)
    }
    case "list":
      return `[${node.items.map(fingerprint).join(",")}]`
    case "mapping":
      return `{${[...node.entries]
        .map(([key, value]) => `${JSON.stringify(key)}:${fingerprint(value)}`)
        .toSorted()
        .join(",")}}`
  }
}
