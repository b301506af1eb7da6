/**
 * The tree every stage of the loader works on: plain mappings, lists and scalars that remember where they were written. A tree
 * is owned by one load; stages change it in place and clone what they share.
 */
import type { Place } from "../../model/Place.ts"

/** One text that was read; offsets of nodes point into `text`. */
export class Source {
  readonly file: string
  readonly text: string
  #lines: number[] | undefined

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
  }

  /** Line and column of an offset; the table of lines is made on first use, for most loads never. */
  place(offset: number): Place {
    if (this.#lines === undefined) {
      this.#lines = [0]
      for (let i = this.text.indexOf("\n"); i >= 0; i = this.text.indexOf("\n", i + 1)) this.#lines.push(i + 1)
    }
    let low = 0
    let high = this.#lines.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lines[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { file: this.file, line: low + 1, column: offset - this.#lines[low]! + 1 }
  }
}

/** A number written with a fraction or an exponent: Compose treats `1.0` and `1` differently in a few places. */
export class Float {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/** An unquoted date; only label-like maps accept it, printed as Go prints a time. */
export class Timestamp {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** `bigint` holds whole numbers beyond 2^53. */
export type ScalarValue = string | number | bigint | boolean | null | Float | Timestamp

abstract class Written {
  readonly source: Source | undefined
  /** Offset of the value; -1 for what nobody wrote. */
  readonly at: number
  /** Offset of the key the node stands under; -1 in lists and at the root. */
  keyAt: number

  constructor(source: Source | undefined, at: number, keyAt: number) {
    this.source = source
    this.at = at
    this.keyAt = keyAt
  }

  /** Where an editor should jump: the value of a scalar, the key of a mapping or list. */
  get place(): Place | undefined {
    return this.at < 0 ? this.keyPlace : this.source?.place(this.at)
  }

  get keyPlace(): Place | undefined {
    const offset = this.keyAt >= 0 ? this.keyAt : this.at
    return offset < 0 ? undefined : this.source?.place(offset)
  }
}

export class Scalar extends Written {
  readonly kind = "scalar"
  readonly value: ScalarValue
  constructor(value: ScalarValue, source?: Source, at = -1, keyAt = -1) {
    super(source, at, keyAt)
    this.value = value
  }
}

export class List extends Written {
  readonly kind = "list"
  items: Node[]
  constructor(items: Node[], source?: Source, at = -1, keyAt = -1) {
    super(source, at, keyAt)
    this.items = items
  }
}

export class Mapping extends Written {
  readonly kind = "mapping"
  readonly entries: Map<string, Node>
  constructor(entries: Map<string, Node>, source?: Source, at = -1, keyAt = -1) {
    super(source, at, keyAt)
    this.entries = entries
  }

  get(key: string): Node | undefined {
    return this.entries.get(key)
  }
}

export type Node = Scalar | List | Mapping

/** A new node that stands where `origin` stands. */
export const scalarAt = (value: ScalarValue, origin: Node | undefined): Scalar =>
  new Scalar(value, origin?.source, origin?.at, origin?.keyAt)
export const listAt = (items: Node[], origin: Node | undefined): List =>
  new List(items, origin?.source, origin?.at, origin?.keyAt)
export const mappingAt = (entries: Iterable<readonly [string, Node]>, origin: Node | undefined): Mapping =>
  new Mapping(new Map(entries), origin?.source, origin?.at, origin?.keyAt)

export const clone = (node: Node): Node => {
  switch (node.kind) {
    case "scalar":
      return new Scalar(node.value, node.source, node.at, node.keyAt)
    case "list":
      return new List(node.items.map(clone), node.source, node.at, node.keyAt)
    case "mapping": {
      const entries = new Map<string, Node>()
      for (const [key, value] of node.entries) entries.set(key, clone(value))
      return new Mapping(entries, node.source, node.at, node.keyAt)
    }
  }
}

export const isNull = (node: Node | undefined): boolean =>
  node === undefined || (node.kind === "scalar" && node.value === null)

/** The text of a string scalar. */
export const textOf = (node: Node | undefined): string | undefined =>
  node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined

export const mappingOf = (node: Node | undefined): Mapping | undefined => (node?.kind === "mapping" ? node : undefined)
export const listOf = (node: Node | undefined): List | undefined => (node?.kind === "list" ? node : undefined)

/** Whole number of either width. */
export const isWhole = (value: ScalarValue): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint"

/** A path into a tree, and how it is written in messages: `services.web.ports[0]`. */
export type Path = ReadonlyArray<string | number>
/** The path a walk is at; steps are pushed and popped, so whoever keeps it takes a copy. */
export type Trail = Array<string | number>
export const formatPath = (path: Path): string =>
  path.map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`)).join("")

/** Replaces each item by what `how` makes of it, or takes it out; the path is at the item meanwhile. */
export const keepItems = (list: List, path: Trail, how: (item: Node) => Node | undefined): void => {
  const { items } = list
  let kept = 0
  for (let i = 0; i < items.length; i++) {
    path.push(i)
    const item = how(items[i]!)
    path.pop()
    if (item !== undefined) items[kept++] = item
  }
  items.length = kept
}

/** The same for the values of a mapping. */
export const keepEntries = (mapping: Mapping, path: Trail, how: (value: Node, key: string) => Node | undefined): void =>
  // forEach, for iterating over a map makes garbage at every step.
  mapping.entries.forEach((value, key, entries) => {
    path.push(key)
    const next = how(value, key)
    path.pop()
    if (next === undefined) entries.delete(key)
    else if (next !== value) entries.set(key, next)
  })
