/** Reads any YAML with the `yaml` package; only what is written is taken over, types are ours to find. */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLParseError,
} from "yaml"
import { nothing, type Raw } from "./Raw.ts"

export interface SyntaxProblem {
  readonly at: number
  readonly message: string
}

export const readGeneral = (text: string): Raw[] | SyntaxProblem[] | undefined => {
  let documents
  try {
    documents = parseAllDocuments(text, {
      schema: "failsafe",
      merge: false,
      uniqueKeys: false,
      logLevel: "silent",
      prettyErrors: false,
    })
  } catch {
    // The parser recurses: what is nested beyond its stack is refused.
    return undefined
  }
  if (!Array.isArray(documents)) return []
  const problems = documents.flatMap((document) =>
    document.errors.map((error) => ({ at: placeOf(error, document), message: error.message.replace(/\.$/, "") })),
  )
  // The reference's parser knows no other version.
  const version = /^%YAML +(?!1\.1\s).*/m.exec(text)
  if (version !== null) problems.push({ at: version.index, message: `the directive ${version[0]} is not supported` })
  if (problems.length > 0) return problems
  const converter = new Converter(text)
  const raws = documents.map((document) => converter.raw(document.contents))
  return converter.problems.length > 0 ? converter.problems : raws
}

/** A quote that is never closed ends where the text does; what is wrong with it stands where it opens. */
const placeOf = (error: YAMLParseError, document: Document.Parsed): number => {
  const end = error.pos[0]
  let at = end
  if (error.code === "MISSING_CHAR")
    visit(document, {
      Scalar: (_, { type, range }) => {
        if (type?.startsWith("QUOTE") === true && range?.[1] === end) at = range[0]
      },
    })
  return at
}

export const isProblem = (read: ReadonlyArray<Raw | SyntaxProblem>): read is ReadonlyArray<SyntaxProblem> =>
  read[0] !== undefined && "message" in read[0]

/** Whether a double-quoted text holds an escape that the reference's parser refuses: a slash, half of a surrogate pair. */
const hasRefusedEscape = (quoted: string): boolean =>
  quoted.includes("\\") &&
  Array.from(quoted.matchAll(/\\([^])(?=([^]{0,2}))/g), ([, next = "", rest = ""]) => next + rest).some(isRefused)

const isRefused = (next: string): boolean => next.startsWith("/") || /^u[dD][89a-fA-F]/.test(next)

class Converter {
  readonly problems: SyntaxProblem[] = []
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  raw(node: unknown): Raw {
    if (isAlias(node)) return { kind: "alias", name: node.source, at: node.range?.[0] ?? -1 }
    if (isScalar(node)) return this.#scalar(node)
    if (isSeq(node))
      return {
        kind: "list",
        items: node.items.map((item) => this.raw(item)),
        at: node.range?.[0] ?? -1,
        tag: node.tag,
        anchor: node.anchor,
      }
    if (!isMap(node)) return nothing
    return {
      kind: "mapping",
      pairs: node.items.flatMap((pair) => (isPair(pair) ? [[this.raw(pair.key), this.raw(pair.value)] as const] : [])),
      at: node.range?.[0] ?? -1,
      tag: node.tag,
      anchor: node.anchor,
    }
  }

  #scalar(node: Scalar): Raw {
    const plain = node.type === "PLAIN"
    const text = node.source ?? ""
    const start = node.range?.[0] ?? -1
    if (node.type === "QUOTE_DOUBLE") {
      if (hasRefusedEscape(this.#text.slice(start, node.range?.[1])))
        this.problems.push({ at: start, message: "unknown escape in a double-quoted text" })
    }
    // An empty plain scalar has no place of its own.
    return { kind: "scalar", text, plain, at: plain && text === "" ? -1 : start, tag: node.tag, anchor: node.anchor }
  }
}
