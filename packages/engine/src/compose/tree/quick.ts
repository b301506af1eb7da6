/**
 * Reads the YAML that nearly every Compose file is made of — block mappings and lists, flow collections on one line, one-line
 * scalars, literal blocks — about twenty times faster than the general parser. At anything else it gives up, and the general
 * parser reads the file; a test holds the two to the same result.
 */
import { List, Mapping, type Node, Scalar, type Source } from "./Node.ts"
import { resolvePlain } from "./scalar.ts"

class GivenUp extends Error {}

/** The documents, or undefined when the text needs the general parser. Stops at `limit` nodes. */
export const readQuick = (source: Source, limit: number): Node[] | "too-large" | undefined => {
  try {
    return new Quick(source, limit).documents()
  } catch (cause) {
    if (cause instanceof GivenUp) return cause.message === "too-large" ? "too-large" : undefined
    throw cause
  }
}

const giveUp = (): never => {
  throw new GivenUp()
}

const SPACE = 32
const NEWLINE = 10
const HASH = 35
const COLON = 58
const DASH = 45
const MAX_DEPTH = 200

/** What a bare word may not begin with; `-`, `?` and `:` are looked at apart. */
const INDICATOR = /^[,[\]{}#&*!|>'"%@`]/

class Quick {
  readonly #source: Source
  readonly #text: string
  readonly #limit: number
  /** The current line: offset of its first character that is not a space, and how many spaces stand before. */
  #at = 0
  #indent = -1
  /** End of the current line. */
  #end = 0
  #nodes = 0
  #depth = 0
  /** Where a `---` begins the next document. */
  #marker = false
  readonly #keys = new Map<string, string>()

  constructor(source: Source, limit: number) {
    this.#source = source
    this.#text = source.text
    this.#limit = limit
  }

  documents(): Node[] {
    const found: Node[] = []
    if (/[\t\r\uFEFF]/.test(this.#text)) giveUp()
    this.#line(0)
    // A marker before the first document is a matter of taste.
    if (this.#marker) this.#behindMarker()
    else if (this.#indent < 0) return found
    for (;;) {
      found.push(this.#indent < 0 || this.#marker ? this.#nothing() : this.#block())
      if (!this.#marker) {
        if (this.#indent >= 0) giveUp()
        return found
      }
      this.#behindMarker()
    }
  }

  #behindMarker(): void {
    this.#marker = false
    this.#line(this.#end + 1)
  }

  /** Moves to the next line that holds something, from the beginning of a line; `#indent` is -1 at the end. */
  #line(from: number): void {
    const text = this.#text
    for (let start = from; start < text.length;) {
      let at = start
      while (text.charCodeAt(at) === SPACE) at++
      const newline = text.indexOf("\n", at)
      const end = newline < 0 ? text.length : newline
      const first = text.charCodeAt(at)
      if (at < end && first !== HASH) {
        this.#at = at
        this.#end = end
        this.#indent = at - start
        if (at === start) this.#checkMarker(at, end)
        return
      }
      start = end + 1
    }
    this.#indent = -1
    this.#at = text.length
    this.#end = text.length
  }

  #checkMarker(at: number, end: number): void {
    const text = this.#text
    if (text.charCodeAt(at) === 37) giveUp()
    if (text.startsWith("...", at)) giveUp()
    if (!text.startsWith("---", at)) return
    if (text.slice(at + 3, end).trim() !== "") giveUp()
    this.#marker = true
    this.#indent = -1
  }

  #count(): void {
    if (++this.#nodes > this.#limit) throw new GivenUp("too-large")
  }

  #block(): Node {
    if (++this.#depth > MAX_DEPTH) giveUp()
    const read = this.#isDash(this.#at) ? this.#list() : this.#mapping()
    this.#depth--
    return read
  }

  #isDash(at: number): boolean {
    if (this.#text.charCodeAt(at) !== DASH) return false
    const next = this.#text.charCodeAt(at + 1)
    return next === SPACE || next === NEWLINE || at + 1 === this.#text.length
  }

  #mapping(): Node {
    this.#count()
    const indent = this.#indent
    const start = this.#at
    const entries = new Map<string, Node>()
    while (this.#indent === indent && !this.#isDash(this.#at)) {
      const key = this.#key(this.#at) ?? giveUp()
      const at = this.#at
      this.#add(entries, key.name, at, this.#value(key.end, indent, true))
    }
    if (this.#indent > indent || (this.#indent === indent && entries.size === 0)) giveUp()
    // A list may not follow the pairs of a mapping on the same column.
    if (this.#indent === indent && this.#isDash(this.#at)) giveUp()
    return new Mapping(entries, this.#source, start)
  }

  #list(): Node {
    this.#count()
    const indent = this.#indent
    const start = this.#at
    const items: Node[] = []
    while (this.#indent === indent && this.#isDash(this.#at)) {
      let at = this.#at + 1
      while (this.#text.charCodeAt(at) === SPACE) at++
      if (at >= this.#end || this.#text.charCodeAt(at) === HASH) {
        items.push(this.#below(indent, false))
        continue
      }
      if (this.#isDash(at) || this.#key(at) !== undefined) {
        this.#indent += at - this.#at
        this.#at = at
        items.push(this.#block())
      } else items.push(this.#inline(at, indent))
    }
    if (this.#indent > indent) giveUp()
    return new List(items, this.#source, start)
  }

  /** What stands behind `key:` or `-` on the lines below. */
  #below(indent: number, listAtSameColumn: boolean): Node {
    this.#line(this.#end + 1)
    if (this.#indent > indent) return this.#block()
    if (listAtSameColumn && this.#indent === indent && this.#isDash(this.#at)) return this.#list()
    this.#count()
    return this.#nothing()
  }

  #nothing(): Scalar {
    return new Scalar(null, this.#source)
  }

  /** Keys that are there already, or no text, are errors, and those are the general parser's to tell. */
  #add(entries: Map<string, Node>, name: string, at: number, value: Node): void {
    if (entries.has(name)) giveUp()
    value.keyAt = at
    entries.set(name, value)
  }

  #scalar(text: string, plain: boolean, at: number): Scalar {
    return new Scalar(plain ? resolvePlain(text) : text, this.#source, at)
  }

  #value(from: number, indent: number, listAtSameColumn: boolean): Node {
    let at = from
    while (this.#text.charCodeAt(at) === SPACE) at++
    if (at >= this.#end || (this.#text.charCodeAt(at) === HASH && at > from))
      return this.#below(indent, listAtSameColumn)
    return this.#inline(at, indent)
  }

  /** A scalar or flow collection that begins on this line, and ends on it unless it is a literal block. */
  #inline(at: number, indent: number): Node {
    const first = this.#text[at]
    if (first === "|") return this.#literal(at, indent)
    let read: { node: Node; end: number }
    if (first === "[" || first === "{") read = this.#flow(at)
    else if (first === '"' || first === "'") read = this.#quoted(at)
    else read = this.#bare(at)
    let end = read.end
    while (this.#text.charCodeAt(end) === SPACE) end++
    if (end < this.#end && (this.#text.charCodeAt(end) !== HASH || end === read.end)) giveUp()
    this.#line(this.#end + 1)
    // A deeper line would continue the scalar.
    if (this.#indent > indent) giveUp()
    return read.node
  }

  #bare(at: number): { node: Node; end: number } {
    this.#count()
    let text = this.#text.slice(at, this.#end)
    const comment = text.indexOf(" #")
    if (comment >= 0) text = text.slice(0, comment)
    text = text.trimEnd()
    if (text.includes(": ") || text.endsWith(":") || INDICATOR.test(text) || /^[-?:](?: |$)/.test(text)) giveUp()
    return { node: this.#scalar(text, true, at), end: at + text.length }
  }

  #quoted(at: number): { node: Node; end: number } {
    this.#count()
    const quote = this.#text[at]!
    let end = at + 1
    if (quote === "'") {
      for (;;) {
        end = this.#text.indexOf("'", end)
        if (end < 0 || end >= this.#end) return giveUp()
        if (this.#text[end + 1] !== "'") break
        end += 2
      }
      const text = this.#text.slice(at + 1, end).replaceAll("''", "'")
      return { node: this.#scalar(text, false, at), end: end + 1 }
    }
    let escapes = false
    for (; this.#text[end] !== '"'; end++) {
      if (end >= this.#end) giveUp()
      if (this.#text[end] === "\\") {
        escapes = true
        end++
      }
    }
    if (end >= this.#end) giveUp()
    const text = this.#text.slice(at + 1, end)
    return { node: this.#scalar(escapes ? unescape(text) : text, false, at), end: end + 1 }
  }

  /** One string for all keys that are equal: looking them up is then much faster. */
  #shared(key: string): string {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    if (key === "<<" || typeof resolvePlain(key) !== "string") giveUp()
    this.#keys.set(key, key)
    return key
  }

  /** A key and the offset behind its colon; undefined when no key stands here. */
  #key(at: number): { name: string; end: number } | undefined {
    const text = this.#text
    const first = text.charCodeAt(at)
    if (first === 34 || first === 39) {
      const read = this.#quoted(at)
      this.#nodes--
      if (text.charCodeAt(read.end) !== COLON) return undefined
      const behind = text.charCodeAt(read.end + 1)
      if (behind !== SPACE && behind !== NEWLINE && read.end + 1 < text.length) giveUp()
      return { name: nameOf(read.node), end: read.end + 1 }
    }
    for (let i = at; i < this.#end; i++) {
      const char = text.charCodeAt(i)
      if (char === COLON && (i + 1 >= this.#end || text.charCodeAt(i + 1) === SPACE)) {
        const key = text.slice(at, i)
        if (i === at || i - at > 1000 || key.endsWith(" ") || INDICATOR.test(key) || /^[-?:](?: |$)/.test(key))
          return giveUp()
        return { name: this.#shared(key), end: i + 1 }
      }
      if (char === HASH && i > at && text.charCodeAt(i - 1) === SPACE) return undefined
      // A flow collection or a quote further on may hold a colon of its own.
      if (i === at && (char === 91 || char === 123)) return undefined
    }
    return undefined
  }

  #flow(at: number): { node: Node; end: number } {
    this.#count()
    if (++this.#depth > MAX_DEPTH) giveUp()
    const close = this.#text[at] === "[" ? "]" : "}"
    const items: Node[] = []
    const entries = new Map<string, Node>()
    let next = this.#skip(at + 1)
    while (this.#text[next] !== close) {
      const item = this.#flowItem(next)
      next = this.#skip(item.end)
      if (close === "}") {
        if (this.#text[next] !== ":" || this.#text[next + 1] !== " ") giveUp()
        const value = this.#flowItem(this.#skip(next + 1))
        const name = nameOf(item.node)
        if (name === "<<") giveUp()
        this.#add(entries, name, item.node.at, value.node)
        this.#nodes--
        next = this.#skip(value.end)
      } else items.push(item.node)
      if (this.#text[next] === ",") next = this.#skip(next + 1)
      else if (this.#text[next] !== close) giveUp()
    }
    this.#depth--
    const node = close === "]" ? new List(items, this.#source, at) : new Mapping(entries, this.#source, at)
    return { node, end: next + 1 }
  }

  #flowItem(at: number): { node: Node; end: number } {
    const first = this.#text[at]
    if (first === "[" || first === "{") return this.#flow(at)
    if (first === '"' || first === "'") {
      const read = this.#quoted(at)
      // `"a":b` is a pair, and only the general parser should say of what.
      if (this.#text[read.end] === ":" && this.#text[read.end + 1] !== " ") giveUp()
      return read
    }
    this.#count()
    let end = at
    for (; end < this.#end; end++) {
      const char = this.#text[end]!
      if (char === "," || char === "]" || char === "}") break
      if (char === "[" || char === "{" || char === "#") giveUp()
      if (char === ":" && /[ ,[\]{}]|^$/.test(this.#text[end + 1] ?? "")) break
    }
    if (end >= this.#end) giveUp()
    const text = this.#text.slice(at, end).trimEnd()
    if (text === "" || INDICATOR.test(text) || /^(?:[?:]|-(?![\w-]))/.test(text)) giveUp()
    return { node: this.#scalar(text, true, at), end: at + text.length }
  }

  #skip(from: number): number {
    let at = from
    while (this.#text.charCodeAt(at) === SPACE) at++
    if (at >= this.#end) giveUp()
    return at
  }

  #literal(at: number, indent: number): Node {
    this.#count()
    const header = this.#text.slice(at + 1, this.#end).trimEnd()
    if (header !== "" && header !== "-" && header !== "+") giveUp()
    const lines: string[] = []
    let inner = -1
    let start = this.#end + 1
    for (;;) {
      const newline = this.#text.indexOf("\n", start)
      if (newline < 0) {
        // Whether an unfinished last line ends with a break is the general parser's to say.
        if (start < this.#text.length) giveUp()
        break
      }
      const line = this.#text.slice(start, newline)
      const spaces = line.length - line.trimStart().length
      if (line.trimStart() === "") {
        if (inner < 0 ? spaces > 0 : spaces > inner) giveUp()
        lines.push("")
      } else {
        if (inner < 0) inner = spaces
        if (spaces < inner || inner <= indent) break
        lines.push(line.slice(inner))
      }
      start = newline + 1
    }
    if (inner <= indent) giveUp()
    let blank = 0
    while (lines.at(-1) === "") {
      lines.pop()
      blank++
    }
    const text = lines.join("\n") + (header === "-" ? "" : header === "+" ? "\n".repeat(blank + 1) : "\n")
    this.#line(start)
    if (this.#indent > indent) giveUp()
    return this.#scalar(text, false, at)
  }
}

/** The text of a key. */
const nameOf = (node: Node): string =>
  node.kind === "scalar" && typeof node.value === "string" ? node.value : giveUp()

/** Escapes that YAML shares with JSON; any other is the general parser's. */
const unescape = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, hex: string | undefined, letter: string | undefined) => {
    if (hex !== undefined) return /^[dD][89a-fA-F]/.test(hex) ? giveUp() : String.fromCharCode(Number.parseInt(hex, 16))
    return LETTERS[letter ?? ""] ?? giveUp()
  })

const LETTERS: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }
