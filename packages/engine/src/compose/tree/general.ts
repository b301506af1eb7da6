/** Reads any YAML with the `yaml` package; only what is written is taken over, types are ours to find. */
import { isAlias, isMap, isPair, isScalar, isSeq, parseAllDocuments } from "yaml"
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
  const problems = documents.flatMap(({ errors }) =>
    errors.map((error) => ({ at: error.pos[0], message: error.message.replace(/\.$/, "") })),
  )
  return problems.length > 0 ? problems : documents.map((document) => toRaw(document.contents))
}

export const isProblem = (read: ReadonlyArray<Raw | SyntaxProblem>): read is ReadonlyArray<SyntaxProblem> =>
  read[0] !== undefined && "message" in read[0]

const toRaw = (node: unknown): Raw => {
  if (isAlias(node)) return { kind: "alias", name: node.source, at: node.range?.[0] ?? -1 }
  if (isScalar(node)) {
    const plain = node.type === "PLAIN"
    const value = typeof node.value === "string" ? node.value : ""
    // An empty plain scalar has no place of its own.
    const at = plain && value === "" ? -1 : (node.range?.[0] ?? -1)
    return { kind: "scalar", text: value, plain, at, tag: node.tag, anchor: node.anchor }
  }
  if (isSeq(node))
    return {
      kind: "list",
      items: node.items.map(toRaw),
      at: node.range?.[0] ?? -1,
      tag: node.tag,
      anchor: node.anchor,
    }
  if (isMap(node))
    return {
      kind: "mapping",
      pairs: node.items.flatMap((pair) => (isPair(pair) ? [[toRaw(pair.key), toRaw(pair.value)] as const] : [])),
      at: node.range?.[0] ?? -1,
      tag: node.tag,
      anchor: node.anchor,
    }
  return nothing
}
