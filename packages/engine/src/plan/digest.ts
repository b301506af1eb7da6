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

const sortedKeys = (value: object): ReadonlyArray<string> => {
  const keys = Object.keys(value)
  return keys.some((key, index) => index > 0 && keys[index - 1]! > key) ? keys.sort() : keys
}

/** A copy with sorted keys (whole numbers first, as JavaScript has it): Node prints it faster than anything written here could. */
const canonical = (value: Schema.Json): Schema.Json => {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== "object" || value === null) return value
  // The array case is gone; the type of a read-only array is not narrowed by `isArray`.
  const object = value as Schema.JsonObject
  const copy: Record<string, Schema.Json> = {}
  for (const key of sortedKeys(object)) {
    const item = object[key]
    if (item === undefined) continue
    if (key === "__proto__") Object.defineProperty(copy, key, { value: canonical(item), enumerable: true })
    else copy[key] = canonical(item)
  }
  return copy
}

/** Hex SHA-256 of a JSON value, independent of key order. */
export const digestJson = (value: Schema.Json): string => sha256Hex(JSON.stringify(canonical(value)))
