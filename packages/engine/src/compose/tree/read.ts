/** YAML text → documents of nodes. */
import type { Findings } from "../Findings.ts"
import { expand, type Problem, type YamlDocument } from "./expand.ts"
import { isProblem, readGeneral } from "./general.ts"
import type { Source } from "./Node.ts"
import { readQuick } from "./quick.ts"
import type { Raw } from "./Raw.ts"

/** Nodes one document may hold; the reference has the same limit. */
export const MAX_NODES = 100_000
/** The general parser is slow: what needs it must be shorter. */
const MAX_GENERAL = 2 * 1024 * 1024

/** The documents of a text, or undefined after findings were added. */
export const readYaml = (source: Source, findings: Findings): YamlDocument[] | undefined => {
  const tell = ({ code, at, message, remedy }: Problem): void =>
    findings.error(code, source.place(Math.max(at, 0)), [], { message, remedy })
  if (!isReadable(source, tell)) return undefined
  const quick = readQuick(source, MAX_NODES)
  if (quick === "too-large") {
    tell(TOO_LARGE)
    return undefined
  }
  if (quick !== undefined) return quick.map((root) => ({ root, marks: [] }))
  const raws = parse(source, tell)
  if (raws === undefined) return undefined
  const documents: YamlDocument[] = []
  for (const raw of raws) {
    const document = expand(raw, source, tell)
    if (document !== undefined) documents.push(document)
  }
  return documents.length < raws.length ? undefined : documents
}

const CONTROL =
  // eslint-disable-next-line no-control-regex -- finding them is the point
  /[\0-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

const TOO_LARGE: Problem = {
  code: "too-large",
  at: 0,
  message: "the file is too large",
  remedy: "Split it into several files and include them.",
}

const TOO_DEEP: Problem = { ...TOO_LARGE, message: "the file is nested too deeply", remedy: "Flatten it." }

/** The general parser recurses, and slowly: brackets that stay open by the thousand are refused before it sees them. */
const isTooDeep = (text: string): boolean => {
  if (/(?:[-?] ){1000}/.test(text)) return true
  let open = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 91 || char === 123) open++
    else if (char === 93 || char === 125) open--
    if (open > 2000) return true
  }
  return false
}

/** Characters that no YAML may hold are told here, for both readers. */
const isReadable = ({ text }: Source, tell: (problem: Problem) => void): boolean => {
  const control = CONTROL.exec(text)
  if (control === null) return true
  const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")
  tell({
    code: "yaml",
    at: control.index,
    message: `the character U+${code} is not allowed in YAML`,
    remedy: 'Remove it, or write it as an escape such as "\\x07" inside double quotes.',
  })
  return false
}

/** With the general parser. */
const parse = ({ text }: Source, tell: (problem: Problem) => void): ReadonlyArray<Raw> | undefined => {
  if (text.length > MAX_GENERAL || isTooDeep(text)) {
    tell(text.length > MAX_GENERAL ? TOO_LARGE : TOO_DEEP)
    return undefined
  }
  const read = readGeneral(text)
  if (read === undefined) {
    tell(TOO_DEEP)
    return undefined
  }
  if (isProblem(read)) {
    for (const { at, message } of read) tell({ code: "yaml", at, message, remedy: "Correct the YAML syntax here." })
    return undefined
  }
  if (read.some((raw) => count(raw) > MAX_NODES)) {
    tell(TOO_LARGE)
    return undefined
  }
  return read
}

/** Values; keys do not count. */
const count = (raw: Raw): number => {
  if (raw.kind === "list") return raw.items.reduce((sum, item) => sum + count(item), 1)
  return raw.kind === "mapping" ? raw.pairs.reduce((sum, [, value]) => sum + count(value), 1) : 1
}
