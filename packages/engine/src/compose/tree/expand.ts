/** Gives YAML its meaning: tags, types of bare words, aliases, merge keys, `!reset` and `!override`. */
import {
  Float,
  List,
  Mapping,
  type Node,
  type Path,
  Scalar,
  type ScalarValue,
  type Source,
  type Trail,
} from "./Node.ts"
import type { Raw, RawList, RawMapping, RawScalar } from "./Raw.ts"
import { parseWhole, resolvePlain } from "./scalar.ts"

/** Nodes one document may become when its aliases are written out. */
const MAX_EXPANDED = 250_000
const MAX_DEPTH = 500

export interface Problem {
  readonly code: "yaml" | "too-large"
  readonly at: number
  readonly message: string
  readonly remedy: string
}

export interface YamlDocument {
  readonly root: Node
  /** Paths of values tagged `!reset` or `!override`; list steps are numbers. */
  readonly marks: ReadonlyArray<Path>
}

/** All problems are told; what is beyond bounds ends the reading. */
export const expand = (raw: Raw, source: Source, tell: (problem: Problem) => void): YamlDocument | undefined => {
  const reader = new Expander(source, tell)
  try {
    const root = reader.node(raw, [], 0)
    return reader.failed ? undefined : { root, marks: reader.marks }
  } catch (cause) {
    if (cause instanceof Stopped) return undefined
    throw cause
  }
}

class Stopped extends Error {}

interface Anchor {
  readonly raw: Raw
  open: boolean
}

class Expander {
  readonly marks: Path[] = []
  failed = false
  #count = 0
  readonly #anchors = new Map<string, Anchor>()
  readonly #source: Source
  readonly #tell: (problem: Problem) => void

  constructor(source: Source, tell: (problem: Problem) => void) {
    this.#source = source
    this.#tell = tell
  }

  node(raw: Raw, path: Trail, depth: number, keyAt = -1): Node {
    if (++this.#count > MAX_EXPANDED)
      this.#stop(keyAt, "the document holds too many nodes", "Split the file, or use fewer aliases.")
    if (depth > MAX_DEPTH) this.#stop(keyAt, "the document is nested too deeply", "Flatten the file.")
    if (raw.kind === "alias") {
      const anchor = this.#anchors.get(raw.name)
      if (anchor === undefined || anchor.open) {
        this.#complain(
          raw.at,
          anchor === undefined ? `unknown anchor *${raw.name}` : `anchor *${raw.name} contains itself`,
          anchor === undefined ? "Define the anchor before its first use." : "Remove the cycle.",
        )
        return new Scalar(null, this.#source, raw.at, keyAt)
      }
      return this.node(anchor.raw, path, depth + 1, keyAt)
    }
    if (raw.tag === "!reset" || raw.tag === "!override") this.marks.push([...path])
    if (raw.anchor === undefined) return this.#content(raw, path, depth, keyAt)
    const anchor: Anchor = { raw: { ...raw, anchor: undefined }, open: true }
    this.#anchors.set(raw.anchor, anchor)
    const read = this.#content(raw, path, depth, keyAt)
    anchor.open = false
    return read
  }

  #stop(at: number, message: string, remedy: string): never {
    this.#tell({ code: "too-large", at, message, remedy })
    throw new Stopped()
  }

  #complain(at: number, message: string, remedy: string): void {
    this.failed = true
    this.#tell({ code: "yaml", at, message, remedy })
  }

  #content(raw: RawScalar | RawList | RawMapping, path: Trail, depth: number, keyAt: number): Node {
    switch (raw.kind) {
      case "scalar":
        return new Scalar(this.#scalar(raw), this.#source, raw.at, keyAt)
      case "list": {
        const items: Node[] = []
        raw.items.forEach((item, i) => {
          path.push(i)
          const read = this.node(item, path, depth + 1)
          path.pop()
          if (!this.#isReset(item)) items.push(read)
        })
        return new List(items, this.#source, raw.at, keyAt)
      }
      case "mapping":
        return this.#mapping(raw, path, depth, keyAt)
    }
  }

  #isReset(raw: Raw): boolean {
    const target = raw.kind === "alias" ? this.#anchors.get(raw.name)?.raw : raw
    return target !== undefined && target.kind !== "alias" && target.tag === "!reset"
  }

  #mapping(raw: RawMapping, path: Trail, depth: number, keyAt: number): Node {
    const entries = new Map<string, Node>()
    // Keys that leave no entry behind.
    let gone: Map<string, number> | undefined
    let merge: { readonly value: Raw; readonly at: number } | undefined
    for (const [written, value] of raw.pairs) {
      const key = written.kind === "alias" ? this.#anchors.get(written.name)?.raw : written
      const at = written.at
      if (key?.kind !== "scalar") {
        this.#complain(at < 0 ? raw.at : at, "a mapping key must be a plain word", "Use a simple text as key.")
        continue
      }
      if (key.anchor !== undefined) this.#anchors.set(key.anchor, { raw: key, open: false })
      const first = entries.get(key.text)?.keyAt ?? gone?.get(key.text)
      if (first !== undefined) {
        this.#complain(
          at,
          `mapping key "${key.text}" is already defined at line ${this.#source.place(Math.max(first, 0)).line}`,
          "Remove one of the two.",
        )
        continue
      }
      if (key.text === "<<" && (key.plain || key.tag === "tag:yaml.org,2002:merge")) {
        merge = { value, at }
        gone = new Map(gone).set(key.text, at)
        continue
      }
      const name = this.#scalar(key)
      if (typeof name !== "string") {
        gone = new Map(gone).set(key.text, at)
        this.#complain(at, `key ${key.text === "" ? "(empty)" : key.text} is not a text`, `Quote it: "${key.text}".`)
        continue
      }
      path.push(name)
      const read = this.node(value, path, depth + 1, at)
      path.pop()
      // What is tagged !reset is taken away together with its key.
      if (this.#isReset(value)) gone = new Map(gone).set(key.text, at)
      else entries.set(name, read)
    }
    if (merge !== undefined) this.#merge(entries, merge.value, merge.at, path, depth)
    return new Mapping(entries, this.#source, raw.at, keyAt)
  }

  /** What the mapping says itself wins, then the first of several. */
  #merge(entries: Map<string, Node>, value: Raw, at: number, path: Trail, depth: number): void {
    const target = value.kind === "alias" ? this.#anchors.get(value.name)?.raw : value
    for (const part of target?.kind === "list" ? target.items : [value]) {
      const read = this.node(part, path, depth + 1, at)
      if (read.kind !== "mapping")
        this.#complain(
          at,
          "a merge key (<<) needs a mapping or a list of mappings",
          "Point it at an anchor of a mapping.",
        )
      else for (const [key, item] of read.entries) if (!entries.has(key)) entries.set(key, item)
    }
  }

  #scalar({ text, tag, plain, at }: RawScalar): ScalarValue {
    const mismatch = (wanted: string): null => {
      this.#complain(at, `\`${text}\` is not ${wanted}`, "Correct the value or remove its tag.")
      return null
    }
    switch (tag) {
      case undefined:
        return plain ? resolvePlain(text) : text
      case "tag:yaml.org,2002:int":
        return parseWhole(text.replaceAll("_", "")) ?? mismatch("a whole number")
      case "tag:yaml.org,2002:float": {
        const value = resolvePlain(text)
        if (value instanceof Float) return value
        return typeof value === "number" ? new Float(value) : mismatch("a number")
      }
      case "tag:yaml.org,2002:bool": {
        const value = resolvePlain(text)
        return typeof value === "boolean" ? value : mismatch("true or false")
      }
      case "tag:yaml.org,2002:null":
        return resolvePlain(text) === null ? null : mismatch("null")
      case "tag:yaml.org,2002:binary":
        try {
          const bytes = Uint8Array.from(atob(text.replace(/\s+/g, "")), (char) => char.charCodeAt(0))
          return new TextDecoder().decode(bytes)
        } catch {
          return mismatch("base64")
        }
      default:
        return text
    }
  }
}
