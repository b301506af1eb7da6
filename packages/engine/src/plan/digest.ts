/** SHA-256 of texts and of JSON (keys sorted): the same value gives the same digest on every machine. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import type { Schema } from "effect"

/** Node's own hash is about thirty times as fast as arithmetic in JavaScript, which a browser has to do with. */
const native =
  typeof process === "object" && typeof process.getBuiltinModule === "function"
    ? process.getBuiltinModule("node:crypto")
    : undefined

/** Lower-case hex SHA-256 of a text's UTF-8. */
export const sha256Hex = (text: string): string =>
  native === undefined ? portableSha256Hex(text) : native.hash("sha256", text, "hex")

/** The same without Node. */
export const portableSha256Hex = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))

// eslint-disable-next-line no-control-regex -- JSON escapes them
const special = /["\\\u0000-\u001f\ud800-\udfff]/
/** Most texts need no escaping, and there are very many. */
const quoted = (text: string): string => (special.test(text) ? JSON.stringify(text) : `"${text}"`)

const compare = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1)

/** JSON with sorted keys and nothing in between; what JSON leaves out (undefined) is left out. */
const canonical = (value: Schema.Json): string => {
  if (typeof value === "string") return quoted(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  let text = ""
  for (const [key, item] of Object.entries(value).sort(compare))
    if (item !== undefined) text += `${text === "" ? "" : ","}${quoted(key)}:${canonical(item)}`
  return `{${text}}`
}

/** Hex SHA-256 of a JSON value, independent of key order. */
export const digestJson = (value: Schema.Json): string => sha256Hex(canonical(value))
