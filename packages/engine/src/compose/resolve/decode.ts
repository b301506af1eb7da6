/** Tree → plain model: each part takes the type the model gives it, and holds nothing where nothing was said. */
import type { Findings } from "../Findings.ts"
import type { Field, Struct, Type } from "../shape/Type.ts"
import { parseBytes } from "../text/bytes.ts"
import { formatDuration, parseDuration } from "../text/duration.ts"
import { compareText } from "../text/order.ts"
import { splitWords } from "../text/words.ts"
import {
  Float,
  formatPath,
  isNull,
  type Mapping,
  type Node,
  type Path,
  type ScalarValue,
  Timestamp,
  type Trail,
} from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"
import { castBoolean, castFloat, castWhole } from "./interpolate.ts"

/** `undefined` is what Go calls the zero value: the field is left out. */
export const decode = (node: Node | undefined, type: Type, path: Trail, findings: Findings): unknown => {
  if (type.is === "struct") return decodeStruct(node, type, path, findings)
  if (node === undefined) return type.is === "command" ? null : undefined
  if (isNull(node) && type.is !== "command") return undefined
  const value = node.kind === "scalar" ? node.value : undefined
  switch (type.is) {
    case "text":
      return orNothing(textValue(value) ?? refuse(node, path, findings, "text"))
    case "flag": {
      const read = flagValue(value) ?? refuse(node, path, findings, "true or false")
      return type.optional ? read : read === true ? true : undefined
    }
    case "optOut":
      return (flagValue(value) ?? refuse(node, path, findings, "true or false")) === false ? false : undefined
    case "whole": {
      const read = wholeValue(value, type.strict)
      if (read === undefined || (type.unsigned && read < 0)) return refuse(node, path, findings, "a whole number")
      return type.optional ? read : read === 0 ? undefined : read
    }
    case "float": {
      const read = floatValue(value)
      return read === undefined ? refuse(node, path, findings, "a number") : read === 0 ? undefined : shortest(read)
    }
    case "bytes": {
      if (typeof value !== "string") return isInteger(value) && value !== 0 ? String(value) : undefined
      const read = parseBytes(value)
      return read === undefined
        ? refuse(node, path, findings, "a size such as 512m")
        : read === 0n
          ? undefined
          : String(read)
    }
    case "duration": {
      const read = value === undefined ? undefined : parseDuration(sprint(value))
      if (read === undefined) return refuse(node, path, findings, "a duration such as 1m30s")
      return read === 0n && !type.optional ? undefined : formatDuration(read)
    }
    case "mode":
      if (typeof value === "string") {
        const read = /^[-+]?[0-7]+$/.test(value) ? Number.parseInt(value, 8) : undefined
        return read === undefined ? refuse(node, path, findings, "a file mode such as 0440") : octal(read)
      }
      return typeof value === "number" ? octal(value) : refuse(node, path, findings, "a file mode such as 0440")
    case "count": {
      if (typeof value === "number") return value === 0 ? undefined : value
      const read = typeof value !== "string" ? undefined : value.toLowerCase() === "all" ? -1 : castWhole(value)
      return read === undefined
        ? refuse(node, path, findings, "all or a whole number")
        : Number(read) === 0
          ? undefined
          : Number(read)
    }
    case "ulimit":
      if (typeof value === "number") return value === 0 ? {} : value
      if (node.kind !== "mapping") return refuse(node, path, findings, "a whole number, or soft and hard")
      return decodeUlimit(node, path, findings)
    case "command":
      return decodeCommand(node, refusing(node, path, findings))
    case "test":
      if (typeof value === "string") return ["CMD-SHELL", value]
      return decodeTexts(node, refusing(node, path, findings))
    case "texts":
      return decodeTexts(node, refusing(node, path, findings))
    case "textOrTexts":
      return typeof value === "string" ? [value] : decodeTexts(node, refusing(node, path, findings))
    case "printed":
      if (typeof value === "string") return [value]
      if (node.kind !== "list") return refuse(node, path, findings, "a list")
      return orEmpty(node.items.map(printedItem))
    case "hosts":
      return decodeHosts(node, refusing(node, path, findings))
    case "ssh":
      if (node.kind !== "mapping") return refuse(node, path, findings, "a mapping")
      return orEmpty([...node.entries].map(sshKey).toSorted())
    case "labels":
    case "pairs":
    case "options":
    case "environment":
    case "textMap":
    case "multiOptions":
      return decodeMapping(node, type.is, path, refusing(node, path, findings), findings)
    case "list":
      return decodeList(node, type.of, path, findings)
    case "map":
      return decodeMap(node, type.of, path, findings)
  }
}

// Apart, for a closure in `decode` would make every call of it allocate what the closure sees.
const decodeList = (node: Node, of: Type, path: Trail, findings: Findings): unknown => {
  if (node.kind !== "list") return refuse(node, path, findings, "a list")
  return orEmpty(node.items.map((item, i) => decodeAt(item, of, path, i, findings) ?? {}))
}

const decodeMap = (node: Node, of: Type, path: Trail, findings: Findings): unknown => {
  if (node.kind !== "mapping") return refuse(node, path, findings, "a mapping")
  if (node.entries.size === 0) return undefined
  const decoded: Record<string, unknown> = {}
  node.entries.forEach((item, key) =>
    define(decoded, key, isNull(item) ? null : (decodeAt(item, of, path, key, findings) ?? null)),
  )
  return decoded
}

const decodeUlimit = (node: Mapping, path: Trail, findings: Findings): unknown =>
  Object.fromEntries(
    ["soft", "hard"].flatMap((key) => {
      const limit = node.get(key)
      if (limit === undefined) return []
      const read = limit.kind === "scalar" ? limit.value : undefined
      if (typeof read !== "number") return refuse(node, path, findings, "whole numbers for soft and hard") ?? []
      return read === 0 ? [] : [[key, read]]
    }),
  )

const sshKey = ([id, key]: readonly [string, Node]): string =>
  isNull(key) || key.kind !== "scalar" ? id : `${id}=${sprint(key.value)}`

const refuse = (node: Node, path: Path, findings: Findings, expected: string): undefined => {
  const shown = node.kind === "scalar" ? `"${sprint(node.value)}"` : `a ${node.kind}`
  findings.error("type", node, path, {
    message: `${formatPath(path)}: ${shown} is not ${expected}`,
    expected,
    remedy: `Write ${expected}.`,
  })
  return undefined
}

/** Sets a key that somebody chose: one of them may be `__proto__`. */
const define = (record: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === "__proto__")
    Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true })
  else record[key] = value
}

const refusing =
  (node: Node, path: Path, findings: Findings): Refuse =>
  (expected) =>
    refuse(node, path, findings, expected)

const decodeAt = (
  node: Node | undefined,
  type: Type,
  path: Trail,
  step: string | number,
  findings: Findings,
): unknown => {
  path.push(step)
  const value = decode(node, type, path, findings)
  path.pop()
  return value
}

const decodeStruct = (node: Node | undefined, type: Struct, path: Trail, findings: Findings): unknown => {
  if (node !== undefined && !isNull(node) && node.kind !== "mapping") {
    findings.error("type", node, path, {
      message: `${formatPath(path)} must be a mapping`,
      expected: "a mapping",
      remedy: "Write a mapping.",
    })
    return undefined
  }
  const mapping = node?.kind === "mapping" ? node : undefined
  const decoded: Record<string, unknown> = {}
  const read = (field: Field): void => {
    const written = mapping?.get(field.name)
    if (written === undefined && field.always !== true) return
    // A null leaves out what may be absent, and makes an empty one of what may not.
    if (field.type.is === "struct" && field.always !== true && isNull(written)) return
    const value = decodeAt(written, field.type, path, field.name, findings)
    if (value !== undefined) decoded[field.name] = value
    else if (field.always === true) decoded[field.name] = zeroOf(field.type)
  }
  // A service has ninety fields, of which few are written.
  if (mapping === undefined || type.fields.length <= MANY_FIELDS) type.fields.forEach(read)
  else for (const index of writtenFields(type, mapping)) read(type.fields[index]!)
  if (type.extensions && mapping !== undefined)
    mapping.entries.forEach((value, key) => {
      if (key.startsWith("x-")) decoded[key] = plainValue(value)
    })
  return decoded
}

const MANY_FIELDS = 16

/** Where the fields stand that are written or printed in any case, in the struct's order. */
const writtenFields = (type: Struct, mapping: Mapping): ReadonlyArray<number> => {
  const indexes = [...type.always]
  mapping.entries.forEach((_, key) => {
    const index = type.indexes.get(key)
    if (index === undefined || type.fields[index]?.always === true) return
    // Few and nearly in order: sorting by insertion is the quickest.
    let at = indexes.length
    while (at > 0 && indexes[at - 1]! > index) at--
    indexes.splice(at, 0, index)
  })
  return indexes
}

/** What Go prints for a field that holds nothing, where such a field is printed. */
const ZERO = { text: "", bytes: "0", flag: false, whole: 0, command: null }

const zeroOf = (type: Type): unknown => {
  const zeros: Readonly<Record<string, unknown>> = ZERO
  return Object.hasOwn(zeros, type.is) ? zeros[type.is] : {}
}

/** Data nobody gave a type: values under `x-` keys. */
export const plainValue = (node: Node): unknown => {
  switch (node.kind) {
    case "list":
      return node.items.map(plainValue)
    case "mapping":
      return Object.fromEntries([...node.entries].map(([key, value]) => [key, plainValue(value)]))
    case "scalar":
      if (node.value instanceof Float) return node.value.value
      if (node.value instanceof Timestamp) return rfc3339(node.value.text)
      return typeof node.value === "bigint" ? Number(node.value) : node.value
  }
}

/** `2020-01-02 03:04:05 +0000 UTC` as JSON prints it. */
const rfc3339 = (printed: string): string => {
  const [day = "", time = "", zone = ""] = printed.split(" ")
  return `${day}T${time}${zone === "+0000" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3)}`}`
}

const orNothing = (text: string | undefined): string | undefined => (text === "" ? undefined : text)
const orEmpty = <A>(list: A[]): A[] | undefined => (list.length === 0 ? undefined : list)
const isInteger = (value: ScalarValue | undefined): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint"

const textValue = (value: ScalarValue | undefined): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : value === null ? "" : undefined

const flagValue = (value: ScalarValue | undefined): boolean | undefined =>
  typeof value === "boolean" ? value : typeof value === "string" ? castBoolean(value) : undefined

const wholeValue = (value: ScalarValue | undefined, strict: boolean): number | undefined => {
  if (isInteger(value)) return Number(value)
  if (value instanceof Float) return Math.trunc(value.value)
  if (typeof value !== "string" || strict) return undefined
  const read = castWhole(value)
  return read === undefined ? undefined : Number(read)
}

const floatValue = (value: ScalarValue | undefined): number | undefined => {
  if (isInteger(value)) return Number(value)
  if (value instanceof Float) return value.value
  return typeof value === "string" ? castFloat(value) : undefined
}

/** The shortest decimal that stands for the same 32-bit float: the model's floats have that width. */
const shortest = (value: number): number => {
  const wanted = Math.fround(value)
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(wanted.toPrecision(digits))
    if (Math.fround(candidate) === wanted) return candidate
  }
  return wanted
}

const octal = (value: number): string => (value < 0 ? `0-${(-value).toString(8)}` : `0${value.toString(8)}`)

type Refuse = (expected: string) => undefined

const decodeCommand = (node: Node, refuse: Refuse): unknown => {
  if (isNull(node)) return null
  if (node.kind === "list") return node.items.map((item) => textOfItem(item) ?? refuse("a list of texts") ?? "")
  if (node.kind !== "scalar" || typeof node.value !== "string") return refuse("text or a list of texts")
  return splitWords(node.value) ?? refuse("a command line with matching quotes and no parentheses")
}

const textOfItem = (item: Node): string | undefined => (item.kind === "scalar" ? textValue(item.value) : undefined)

const decodeTexts = (node: Node, refuse: Refuse): unknown => {
  if (node.kind !== "list") return refuse("a list of texts")
  return orEmpty(node.items.map((item) => textOfItem(item) ?? refuse("a list of texts") ?? ""))
}

const decodeHosts = (node: Node, refuse: Refuse): unknown => {
  const hosts: Array<readonly [string, string]> = []
  if (node.kind === "mapping")
    for (const [host, ip] of node.entries) {
      const ips = ip.kind === "list" ? ip.items : [ip]
      for (const item of ips)
        hosts.push([host, item.kind !== "scalar" || item.value === null ? "" : sprint(item.value)])
    }
  else if (node.kind === "list")
    for (const item of node.items) {
      const text = item.kind === "scalar" ? sprint(item.value) : ""
      const cut = text.includes("=") ? text.indexOf("=") : text.indexOf(":")
      if (cut < 0) return refuse("a list of HOST=IP")
      for (const ip of text.slice(cut + 1).split(",")) hosts.push([text.slice(0, cut), ip])
    }
  else return refuse("a list of HOST=IP")
  if (hosts.some(([host]) => host === "" || /[:=]/.test(host))) return refuse("a list of HOST=IP")
  return orEmpty(
    hosts
      .map(([host, ip]) => `${host}=${ip.length > 2 && ip.startsWith("[") && ip.endsWith("]") ? ip.slice(1, -1) : ip}`)
      .toSorted(compareText),
  )
}

const decodeMapping = (
  node: Node,
  kind: "labels" | "pairs" | "options" | "environment" | "textMap" | "multiOptions",
  path: Path,
  refuse: Refuse,
  findings: Findings,
): unknown => {
  const decoded: Record<string, unknown> = {}
  const listed = kind === "labels" || kind === "pairs" || kind === "environment"
  if (node.kind === "list" && listed) {
    for (const [i, item] of node.items.entries()) {
      const text = item.kind === "scalar" ? sprint(item.value) : ""
      const cut = text.indexOf("=")
      const key = cut < 0 ? text : text.slice(0, cut)
      if (kind === "environment" && /\s$/.test(key))
        findings.error("value", item, [...path, i], {
          message: `${formatPath([...path, i])}: the name "${key}" ends with a space`,
          expected: "NAME=VALUE",
          remedy: "Remove the space before the equals sign.",
        })
      define(decoded, key, cut >= 0 ? text.slice(cut + 1) : kind === "environment" ? null : "")
    }
  } else if (node.kind === "mapping") {
    node.entries.forEach((item, key) => {
      if (kind === "multiOptions" && item.kind === "list") {
        if (item.items.length > 0)
          define(
            decoded,
            key,
            item.items.map((part) => printedItem(part)),
          )
      } else if (kind === "multiOptions") define(decoded, key, [printedItem(item)])
      else if (isNull(item)) define(decoded, key, kind === "environment" ? null : "")
      else if (kind !== "textMap") define(decoded, key, printedItem(item))
      else define(decoded, key, textOfItem(item) ?? refuse("a mapping of texts") ?? "")
    })
  } else return refuse(listed ? "a mapping or a list" : "a mapping")
  return (node.kind === "list" ? node.items.length : node.entries.size) === 0 ? undefined : decoded
}

const printedItem = (node: Node): string => (node.kind === "scalar" ? sprint(node.value) : "")
