/** Plain data, as made in code, → tree without places. */
import type { Findings } from "../Findings.ts"
import { Float, formatPath, List, Mapping, type Node, Scalar, type Trail } from "./Node.ts"

const MAX_DEPTH = 500

/** Data that is no mapping, or holds what no Compose file can say, is a finding. */
export const fromData = (data: unknown, findings: Findings): Mapping => {
  const refuse = (path: Trail, message: string): Scalar => {
    findings.error("type", undefined, path, {
      message: `${path.length === 0 ? "the stack" : formatPath(path)} ${message}`,
      expected: "text, numbers, true, false, null, lists and plain objects",
      remedy: "Use plain data.",
    })
    return new Scalar(null)
  }
  const convert = (value: unknown, path: Trail): Node => {
    if (path.length > MAX_DEPTH) return refuse(path.slice(0, 10), "is nested too deeply")
    switch (typeof value) {
      case "string":
        return value.isWellFormed() ? new Scalar(value) : refuse(path, "holds half of a surrogate pair")
      case "boolean":
      case "bigint":
        return new Scalar(value)
      case "number":
        return new Scalar(Number.isSafeInteger(value) ? value : new Float(value))
      case "object": {
        if (value === null) return new Scalar(null)
        if (Array.isArray(value)) return new List(value.map((item, i) => convert(item, [...path, i])))
        const prototype: unknown = Object.getPrototypeOf(value)
        if (prototype !== Object.prototype && prototype !== null) return refuse(path, "is not plain data")
        const entries = new Map<string, Node>()
        for (const [key, item] of Object.entries(value))
          if (item !== undefined) entries.set(key, convert(item, [...path, key]))
        return new Mapping(entries)
      }
      case "undefined":
      case "function":
      case "symbol":
        return refuse(path, "is not plain data")
    }
  }
  const root = convert(data, [])
  if (root.kind === "mapping") return root
  if (!findings.failed) refuse([], "must be an object with services")
  return new Mapping(new Map())
}
