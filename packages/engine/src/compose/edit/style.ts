/** How a file is laid out, so that what is printed again looks the same. */
import type { ToStringOptions } from "yaml"

export const styleOf = (text: string): ToStringOptions => {
  const lines = text.split("\n")
  return {
    lineWidth: 0,
    indent: indentOf(lines),
    indentSeq: !listsAtKeyColumn(lines),
    // One setting for both kinds of brackets: lists are the more common.
    flowCollectionPadding: text.includes("[ ") || (!text.includes("[") && text.includes("{ ")),
    nullStr: /:\s+~\s*$/m.test(text) && !/:\s+null\s*$/m.test(text) ? "~" : /:\s+null\s*$/m.test(text) ? "null" : "",
  }
}

/** The first step in: how much deeper a mapping's content stands than its key. */
const indentOf = (lines: ReadonlyArray<string>): number => {
  for (const [i, line] of lines.entries()) {
    if (!/^[^\s#-][^#]*:\s*(?:#.*)?$/.test(line)) continue
    const next = lines.slice(i + 1).find((other) => /^\s*[^\s#]/.test(other))
    const indent = /^( +)[^\s-]/.exec(next ?? "")?.[1]?.length
    if (indent !== undefined) return Math.min(indent, 8)
  }
  return 2
}

const listsAtKeyColumn = (lines: ReadonlyArray<string>): boolean => {
  for (const [i, line] of lines.entries()) {
    const key = /^( *)[^\s#-][^#]*:\s*$/.exec(line)
    const item = /^( *)- /.exec(lines[i + 1] ?? "")
    if (key !== null && item !== null) return key[1]!.length === item[1]!.length
  }
  return false
}
