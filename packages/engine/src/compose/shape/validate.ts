/**
 * Checks a tree against the specification and tells every finding. What is wrong is taken out of the tree, so that the later
 * stages can go on and tell what else is wrong.
 */
import type { Findings } from "../Findings.ts"
import {
  Float,
  formatPath,
  type List,
  type Mapping,
  type Node,
  type Path,
  type ScalarValue,
  Timestamp,
} from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"
import { nearest } from "../text/nearest.ts"
import { describe, type MappingShape, type Shape, type Word } from "./Shape.ts"

/** Whether the node may stay. */
export const validate = (node: Node, shape: Shape, path: Path, findings: Findings): boolean => {
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

const validateList = (node: List, item: Shape, unique: boolean, path: Path, findings: Findings): void => {
  const seen = unique && node.items.length > 1 ? new Set<string>() : undefined
  node.items = node.items.filter((entry, i) => {
    const here = [...path, i]
    if (!validate(entry, item, here, findings)) return false
    if (seen === undefined) return true
    const key = fingerprint(entry)
    if (!seen.has(key)) {
      seen.add(key)
      return true
    }
    findings.error("value", entry, here, {
      message: `${formatPath(here)}: the same entry stands in the list before`,
      expected: "entries that differ",
      remedy: "Remove one of the two.",
    })
    return false
  })
}

const validateMapping = (node: Mapping, shape: MappingShape, path: Path, findings: Findings): void => {
  for (const [key, value] of node.entries) {
    const known = shape.keys !== undefined && Object.hasOwn(shape.keys, key) ? shape.keys[key] : undefined
    const here = [...path, key]
    if (known !== undefined) {
      if (!validate(value, known, here, findings)) node.entries.delete(key)
      continue
    }
    if (shape.extensions === true && key.startsWith("x-")) continue
    if (shape.names !== undefined && shape.names.pattern.test(key)) {
      if (!validate(value, shape.names.value, here, findings)) node.entries.delete(key)
      continue
    }
    if (shape.open === true) continue
    node.entries.delete(key)
    unknownKey(value, key, shape, path, findings)
  }
  for (const key of shape.required ?? []) {
    if (node.entries.has(key)) continue
    findings.error("missing-key", node, path, {
      message: `${formatPath(path)}: ${key} is missing`,
      expected: `${key}: ${describe(shape.keys?.[key] ?? {})}`,
      remedy: `Add ${key}.`,
    })
  }
}

const unknownKey = (value: Node, key: string, shape: MappingShape, path: Path, findings: Findings): void => {
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
    expected: `one of ${known.toSorted().join(", ")}`,
    remedy:
      near === undefined ? "Remove it, or name it x-… if it is an extension of yours." : `Did you mean "${near}"?`,
  })
}

const wrongKind = (node: Node, shape: Shape, path: Path, findings: Findings): false => {
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

const scalar = (node: Node, value: ScalarValue, shape: Shape, path: Path, findings: Findings): boolean => {
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
