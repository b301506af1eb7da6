/** YAML text → documents of nodes, with the `!reset` and `!override` marks found on the way. */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, type Scalar as YamlScalar, visit } from "yaml"
import type { Findings } from "../Findings.ts"
import { Float, List, Mapping, type Node, Scalar, type ScalarValue, type Source } from "./Node.ts"
import { parseWhole, resolvePlain } from "./scalar.ts"

/** Nodes one document may hold; the reference has the same limit. */
export const MAX_NODES = 100_000
/** Nodes one document may become when its aliases are written out. */
export const MAX_EXPANDED = 400_000
export const MAX_DEPTH = 500

export interface YamlDocument {
  readonly root: Node
  /** Paths of values tagged `!reset` or `!override`; list steps are numbers. */
  readonly marks: ReadonlyArray<ReadonlyArray<string | number>>
}

class Refused extends Error {}

/** The documents of a text, or undefined after findings were added. */
export const readYaml = (source: Source, findings: Findings): YamlDocument[] | undefined => {
  const fail = (offset: number, message: string, remedy: string): undefined => {
    findings.error("yaml", source.place(offset), [], { message, remedy })
    return undefined
  }
  const control = CONTROL.exec(source.text)
  if (control !== null)
    return fail(
      control.index,
      `control character U+${control[0].charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()} is not allowed in YAML`,
      'Remove it, or write it as an escape such as "\\x07" inside double quotes.',
    )
  let parsed
  try {
    parsed = parseAllDocuments(source.text, {
      schema: "failsafe",
      merge: false,
      uniqueKeys: false,
      logLevel: "silent",
      stringKeys: false,
      prettyErrors: false,
    })
  } catch (cause) {
    return fail(0, `cannot parse YAML: ${String(cause)}`, "Simplify the file: it is nested too deeply.")
  }
  if (!Array.isArray(parsed)) return []
  let failed = false
  for (const document of parsed)
    for (const error of document.errors) {
      failed = true
      fail(error.pos[0], error.message.replace(/\.$/, ""), "Correct the YAML syntax at this place.")
    }
  if (failed) return undefined
  const documents: YamlDocument[] = []
  for (const document of parsed) {
    try {
      const read = new Reader(source, findings)
      visit(document, { Alias: () => undefined })
      const root = read.node(document.contents, [], 0, new Map())
      documents.push({ root, marks: read.marks })
      failed ||= read.failed
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause
      failed = true
    }
  }
  return failed ? undefined : documents
}

// eslint-disable-next-line no-control-regex -- finding them is the point
const CONTROL =
  /[\0-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

const offsetOf = (node: { range?: readonly [number, number, number] | null | undefined }): number =>
  node.range?.[0] ?? -1

class Reader {
  readonly marks: Array<Array<string | number>> = []
  failed = false
  #count = 0
  readonly #source: Source
  readonly #findings: Findings

  constructor(source: Source, findings: Findings) {
    this.#source = source
    this.#findings = findings
  }

  refuse(offset: number, code: "yaml" | "too-large", message: string, remedy: string): never {
    this.#findings.error(code, this.#source.place(Math.max(offset, 0)), [], { message, remedy })
    throw new Refused(message)
  }

  complain(offset: number, message: string, remedy: string): void {
    this.failed = true
    this.#findings.error("yaml", this.#source.place(Math.max(offset, 0)), [], { message, remedy })
  }

  node(node: unknown, path: Array<string | number>, depth: number, anchors: Map<string, Anchor>, keyAt = -1): Node {
    if (++this.#count > MAX_EXPANDED)
      this.refuse(keyAt, "too-large", "the document holds too many nodes", "Split the file, or use fewer aliases.")
    if (depth > MAX_DEPTH) this.refuse(keyAt, "too-large", "the document is nested too deeply", "Flatten the file.")
    if (node === null || node === undefined) return new Scalar(null, this.#source, -1, keyAt)
    if (isAlias(node)) {
      const anchor = anchors.get(node.source)
      if (anchor === undefined)
        return this.refuse(
          offsetOf(node),
          "yaml",
          `unknown anchor *${node.source}`,
          "Define the anchor before its first use.",
        )
      if (anchor.open)
        return this.refuse(offsetOf(node), "yaml", `anchor *${node.source} contains itself`, "Remove the cycle.")
      return this.node(anchor.node, path, depth + 1, anchors, keyAt)
    }
    const tagged = node as { tag?: string; anchor?: string }
    const anchor: Anchor | undefined = tagged.anchor === undefined ? undefined : { node, open: true }
    if (tagged.anchor !== undefined && anchor !== undefined) anchors.set(tagged.anchor, anchor)
    const tag = tagged.tag
    if (tag === "!reset" || tag === "!override") this.marks.push([...path])
    try {
      if (isScalar(node)) return this.#scalar(node, tag, keyAt)
      if (isSeq(node)) {
        const items: Node[] = []
        node.items.forEach((item, i) => {
          const mark = (item as { tag?: string } | null)?.tag
          const read = this.node(item, [...path, i], depth + 1, anchors)
          if (mark !== "!reset") items.push(read)
        })
        return new List(items, this.#source, offsetOf(node), keyAt)
      }
      if (isMap(node)) return this.#mapping(node, path, depth, anchors, keyAt)
    } finally {
      if (anchor !== undefined) anchor.open = false
    }
    return this.refuse(keyAt, "yaml", "unexpected YAML node", "Write a mapping, a list or a scalar.")
  }

  #mapping(
    node: {
      items: Array<{ key: unknown; value: unknown }>
      range?: readonly [number, number, number] | null | undefined
    },
    path: Array<string | number>,
    depth: number,
    anchors: Map<string, Anchor>,
    keyAt: number,
  ): Node {
    const entries = new Map<string, Node>()
    const places = new Map<string, number>()
    let merge: { value: unknown; at: number } | undefined
    for (const pair of node.items) {
      const key = isAlias(pair.key) ? anchors.get(pair.key.source)?.node : pair.key
      if (!isScalar(key)) {
        this.complain(offsetOf(node), "a mapping key must be a plain word", "Use a simple text as key.")
        continue
      }
      const text = key.source ?? String(key.value ?? "")
      const at = offsetOf(isScalar(pair.key) ? pair.key : key)
      const plain = key.type === "PLAIN" && (key.tag === undefined || key.tag === "!!merge")
      const first = places.get(text)
      if (first !== undefined) {
        const place = this.#source.place(first)
        this.complain(at, `mapping key "${text}" is already defined at line ${place.line}`, "Remove one of the two.")
        continue
      }
      places.set(text, at)
      if (plain && text === "<<") {
        merge = { value: pair.value, at }
        continue
      }
      const value = this.#scalar(key, key.tag, -1).value
      if (typeof value !== "string") {
        this.complain(at, `key ${text === "" ? "(empty)" : text} is not a string`, `Quote it: "${text}".`)
        continue
      }
      const read = this.node(pair.value, [...path, value], depth + 1, anchors, at)
      // A value tagged !reset is taken away together with its key.
      if (!isReset(pair.value, anchors)) entries.set(value, read)
    }
    if (merge !== undefined) this.#merge(entries, merge, path, depth, anchors)
    return new Mapping(entries, this.#source, offsetOf(node), keyAt)
  }

  /** Merge keys: what the mapping says itself wins, then the first of several. */
  #merge(
    entries: Map<string, Node>,
    merge: { value: unknown; at: number },
    path: Array<string | number>,
    depth: number,
    anchors: Map<string, Anchor>,
  ): void {
    const resolve = (value: unknown): unknown => (isAlias(value) ? anchors.get(value.source)?.node : value)
    const target = resolve(merge.value)
    const parts = isSeq(target) ? target.items.map(resolve) : [target]
    const originals = isSeq(target) ? target.items : [merge.value]
    parts.forEach((part, i) => {
      if (!isMap(part)) {
        this.complain(
          merge.at,
          "a merge key (<<) needs a mapping or a list of mappings",
          "Point it at an anchor of a mapping.",
        )
        return
      }
      const read = this.node(originals[i], path, depth + 1, anchors, merge.at)
      if (read.kind === "mapping")
        for (const [key, value] of read.entries) if (!entries.has(key)) entries.set(key, value)
    })
  }

  #scalar(node: YamlScalar, tag: string | undefined, keyAt: number): Scalar {
    const text = node.type === "PLAIN" ? (node.source ?? String(node.value ?? "")) : String(node.value ?? "")
    const at = offsetOf(node)
    return new Scalar(
      this.#value(text, tag, node.type === "PLAIN" || node.type === undefined, at),
      this.#source,
      at,
      keyAt,
    )
  }

  #value(text: string, tag: string | undefined, plain: boolean, at: number): ScalarValue {
    const mismatch = (wanted: string) => {
      this.complain(at, `\`${text}\` is not ${wanted}`, "Correct the value or remove its tag.")
      return null
    }
    switch (tag) {
      case undefined:
        return plain ? resolvePlain(text) : text
      case "tag:yaml.org,2002:int": {
        const value = parseWhole(text.replaceAll("_", ""))
        return value ?? mismatch("a whole number")
      }
      case "tag:yaml.org,2002:float": {
        const value = resolvePlain(text)
        if (value instanceof Float) return value
        return typeof value === "number" ? new Float(value) : mismatch("a number")
      }
      case "tag:yaml.org,2002:bool": {
        const value = resolvePlain(text)
        return typeof value === "boolean" ? value : mismatch("a boolean")
      }
      case "tag:yaml.org,2002:null":
        return resolvePlain(text) === null ? null : mismatch("null")
      case "tag:yaml.org,2002:binary":
        try {
          return new TextDecoder().decode(Uint8Array.from(atob(text.replace(/\s+/g, "")), (c) => c.charCodeAt(0)))
        } catch {
          return mismatch("base64")
        }
      default:
        return text
    }
  }
}

interface Anchor {
  readonly node: unknown
  open: boolean
}

const isReset = (value: unknown, anchors: Map<string, Anchor>): boolean => {
  const target = isAlias(value) ? anchors.get(value.source)?.node : value
  return (target as { tag?: string } | null | undefined)?.tag === "!reset"
}
