/** One text as a YAML scalar, in the style the reference's emitter would choose. */
import { resolvePlain } from "../tree/scalar.ts"

const OLD_BOOLEAN = /^(?:y|yes|n|no|on|off|Y|Yes|YES|N|No|NO|On|ON|Off|OFF)$/
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const BREAK = /[\n\r\u0085\u2028\u2029]/
// eslint-disable-next-line no-control-regex -- what must be escaped
const UNPRINTABLE = /[\0-\u0009\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff\ud800-\udfff]/

/** `indent` is that of the surrounding mapping; keys never use a block style. */
export const yamlText = (text: string, indent: string, isKey = false): string => {
  const broken = BREAK.test(text)
  const escapes = UNPRINTABLE.test(text) || /[ ](?=[\n\r\u0085\u2028\u2029])/.test(text)
  if (text.includes("\n")) {
    const literal = !isKey && text.trim() !== "" && !escaped(text) && !text.endsWith(" ")
    return literal ? literalBlock(text, indent) : doubleQuoted(text)
  }
  if (escapes) return doubleQuoted(text)
  const quoted =
    OLD_BOOLEAN.test(text) ||
    BASE_60.test(text) ||
    text === "<<" ||
    typeof resolvePlain(text) !== "string" ||
    broken ||
    !plainAllowed(text)
  if (!quoted) return text
  // A space behind a line break cannot stand between single quotes.
  return broken && /[\r\u0085\u2028\u2029] /.test(text) ? doubleQuoted(text) : singleQuoted(text)
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

const singleQuoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

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

const doubleQuoted = (text: string): string => {
  let quoted = ""
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (char !== '"' && char !== "\\" && !BREAK.test(char) && !(UNPRINTABLE.test(char) || code > 0xffff)) quoted += char
    else if (ESCAPES[char] !== undefined) quoted += `\\${ESCAPES[char]}`
    else {
      const [letter, width] = code <= 0xff ? ["x", 2] : code <= 0xffff ? ["u", 4] : ["U", 8]
      quoted += `\\${letter}${code
        .toString(16)
        .toUpperCase()
        .padStart(width as number, "0")}`
    }
  }
  return `"${quoted}"`
}

const literalBlock = (text: string, indent: string): string => {
  const hint = text.startsWith(" ") ? "2" : ""
  const chomp = !text.endsWith("\n") ? "-" : /(?:^|\n)\n$/.test(text) ? "+" : ""
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n")
  return `|${hint}${chomp}${lines.map((line) => (line === "" ? "\n" : `\n${indent}${line}`)).join("")}`
}
