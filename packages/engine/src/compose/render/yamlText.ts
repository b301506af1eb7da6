/** One text as a YAML scalar, in the style the reference's emitter would choose. */
import { resolvePlain } from "../tree/scalar.ts"

const OLD_BOOLEAN = /^(?:y|yes|n|no|on|off|Y|Yes|YES|N|No|NO|On|ON|Off|OFF)$/
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const BREAK = /[\n\r\u0085\u2028\u2029]/
// eslint-disable-next-line no-control-regex -- what must be escaped
const UNPRINTABLE = /[\0-\u0009\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff\ud800-\udfff]/

/** Lines are folded at the first space behind this column. */
const WIDTH = 80

export interface Position {
  /** Indentation of lines that continue the text. */
  readonly indent: string
  /** Characters that stand before it on its line. */
  readonly column: number
}

/** A text as the value of a mapping, or as an item of a list. */
export const yamlText = (text: string, at: Position): string => {
  if (text.includes("\n"))
    return text.trim() === "" || escaped(text) || text.endsWith(" ")
      ? doubleQuoted(text, at)
      : literalBlock(text, at.indent)
  return singleLine(text, at)
}

/** A key: never folded, never a block. */
export const yamlKey = (text: string): string => {
  if (text.includes("\n")) return doubleQuoted(text, undefined)
  return text === "" ? '""' : singleLine(text, undefined)
}

const singleLine = (text: string, at: Position | undefined): string => {
  if (UNPRINTABLE.test(text) || / [\r\u0085\u2028\u2029]/.test(text)) return doubleQuoted(text, at)
  if (OLD_BOOLEAN.test(text) || BASE_60.test(text) || text === "<<") return doubleOrSingle(text, at)
  // What would be read as something else is put between double quotes, what cannot stand bare between single ones.
  if (typeof resolvePlain(text) !== "string") return doubleQuoted(text, at)
  return plainAllowed(text) && !BREAK.test(text) ? fold(Array.from(text), at, "plain") : doubleOrSingle(text, at)
}

/** A space behind a line break cannot stand between single quotes. */
const doubleOrSingle = (text: string, at: Position | undefined): string =>
  /[\r\u0085\u2028\u2029] /.test(text) ? doubleQuoted(text, at) : singleQuoted(text, at)

/** Breaks the line at single spaces that lie beyond the width; `pieces` are characters, escapes in one piece. */
const fold = (
  pieces: ReadonlyArray<string>,
  at: Position | undefined,
  style: "plain" | "single" | "double",
): string => {
  if (at === undefined) return pieces.join("")
  let column = at.column
  let spaces = false
  let text = ""
  for (const [i, piece] of pieces.entries()) {
    if (piece !== " ") {
      spaces = false
      text += piece
      column += Array.from(piece).length
      continue
    }
    const inner = style === "plain" || (i > 1 && i < pieces.length - 2)
    const again = pieces[i + 1] === " "
    if (!spaces && column > WIDTH && inner && (!again || style === "double")) {
      // The backslash keeps a space at the beginning of the next line.
      text += `\n${at.indent}${again ? "\\" : ""}`
      column = at.indent.length + (again ? 1 : 0)
    } else {
      text += piece
      column++
    }
    spaces = true
  }
  return text
}

/** Tabs may stand in a literal block, other special characters not, nor a space before a line break. */
const escaped = (text: string): boolean =>
  // eslint-disable-next-line no-control-regex -- what must be escaped
  /[\0-\u0008\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff\ud800-\udfff]/.test(text) ||
  /[ ][\n\r\u0085\u2028\u2029]/.test(text)

const plainAllowed = (text: string): boolean => {
  if (text.startsWith("---") || text.startsWith("...")) return false
  if (text.startsWith(" ") || text.endsWith(" ")) return false
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return false
  if (/^[-?:](?:\s|$)/.test(text)) return false
  return !/:(?:\s|$)/.test(text) && !/\s#/.test(text)
}

const singleQuoted = (text: string, at: Position | undefined): string =>
  fold(["'", ...Array.from(text, (char) => (char === "'" ? "''" : char)), "'"], at, "single")

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "0",
  "\u0007": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\u001b": "e",
  '"': '"',
  "\\": "\\",
  "\u0085": "N",
  "\u2028": "L",
  "\u2029": "P",
}

const doubleQuoted = (text: string, at: Position | undefined): string =>
  fold(['"', ...Array.from(text, escapeChar), '"'], at, "double")

const escapeChar = (char: string): string => {
  const code = char.codePointAt(0)!
  if (char !== '"' && char !== "\\" && !BREAK.test(char) && !UNPRINTABLE.test(char)) return char
  if (Object.hasOwn(ESCAPES, char)) return `\\${ESCAPES[char]}`
  if (code <= 0xff) return `\\x${hex(code, 2)}`
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

const hex = (code: number, width: number): string => code.toString(16).toUpperCase().padStart(width, "0")

const literalBlock = (text: string, indent: string): string => {
  const hint = text.startsWith(" ") ? "2" : ""
  const chomp = !text.endsWith("\n") ? "-" : /(?:^|\n)\n$/.test(text) ? "+" : ""
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n")
  return `|${hint}${chomp}${lines.map((line) => (line === "" ? "\n" : `\n${indent}${line}`)).join("")}`
}
