/** SHA-256 over canonical JSON (keys sorted): the same value gives the same digest on every machine. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import type { Schema } from "effect"

const canonical = (value: Schema.Json): Schema.Json =>
  Array.isArray(value)
    ? value.map(canonical)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
            .map(([key, item]) => [key, canonical(item)]),
        )
      : value

/** Hex SHA-256 of a text. */
export const sha256Hex = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))

/** Hex SHA-256 of a JSON value, independent of key order. */
export const digestJson = (value: Schema.Json): string => sha256Hex(JSON.stringify(canonical(value)))
