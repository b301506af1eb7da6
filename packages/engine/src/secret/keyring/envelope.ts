/**
 * Envelope encryption of one secret: the value under a data key of its own, the data key under the keyring's key, both with
 * AES-256-GCM and bound to the secret's name and version. Pure but for randomness; no files.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto"
import { Schema } from "effect"

export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** One AES-256-GCM message, base64. */
export const Sealed = Schema.Struct({ nonce: Schema.String, ciphertext: Schema.String, tag: Schema.String })
export type Sealed = typeof Sealed.Type

/** A sealed secret: the wrapped data key and the value under it. */
export const Envelope = Schema.Struct({ key: Sealed, value: Sealed })
export type Envelope = typeof Envelope.Type

/** What an envelope belongs to; an envelope moved to another name or version does not open. */
export interface Subject {
  readonly name: string
  readonly version: string
}

/** JSON of an array is injective: no two subjects share their bytes. */
const associated = (purpose: "key" | "value", subject: Subject): Buffer =>
  Buffer.from(JSON.stringify(["windflow-keyring/1", purpose, subject.name, subject.version]))

const encrypt = (key: Uint8Array, plain: Uint8Array, aad: Buffer): Sealed => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(aad)
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  return {
    nonce: nonce.toString("base64"),
    ciphertext: ciphertext.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
  }
}

/** Throws when key, nonce, ciphertext, tag or associated data are not those of the sealing. */
const decrypt = (key: Uint8Array, sealed: Sealed, aad: Buffer): Buffer => {
  const nonce = Buffer.from(sealed.nonce, "base64")
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes })
    .setAAD(aad)
    .setAuthTag(Buffer.from(sealed.tag, "base64"))
  return Buffer.concat([decipher.update(Buffer.from(sealed.ciphertext, "base64")), decipher.final()])
}

export const seal = (key: Uint8Array, subject: Subject, value: string): Envelope => {
  const dataKey = randomBytes(keyBytes)
  const plain = Buffer.from(value, "utf8")
  try {
    return {
      key: encrypt(key, dataKey, associated("key", subject)),
      value: encrypt(dataKey, plain, associated("value", subject)),
    }
  } finally {
    dataKey.fill(0)
    plain.fill(0)
  }
}

/** Throws when the envelope is not this subject's or was altered; the caller turns it into an error with a place. */
export const open = (key: Uint8Array, subject: Subject, envelope: Envelope): string => {
  const dataKey = decrypt(key, envelope.key, associated("key", subject))
  try {
    return decrypt(dataKey, envelope.value, associated("value", subject)).toString("utf8")
  } finally {
    dataKey.fill(0)
  }
}

/** The same value ciphertext with its data key under another key: what a key change does. */
export const rewrap = (from: Uint8Array, to: Uint8Array, subject: Subject, envelope: Envelope): Envelope => {
  const aad = associated("key", subject)
  const dataKey = decrypt(from, envelope.key, aad)
  try {
    return { key: encrypt(to, dataKey, aad), value: envelope.value }
  } finally {
    dataKey.fill(0)
  }
}

const derive = (key: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", key, new Uint8Array(), `windflow-keyring/1 ${purpose}`, keyBytes))

/** Names a key without telling anything about it (keys are 32 random bytes, so nothing can be guessed from it). */
export const keyId = (key: Uint8Array): string => derive(key, "id").subarray(0, 8).toString("hex")

/** Authenticates the whole file: a removed, reordered or redated entry shows. */
export const authenticate = (key: Uint8Array, text: string): string =>
  createHmac("sha256", derive(key, "file")).update(text, "utf8").digest("base64")

export const isAuthentic = (key: Uint8Array, text: string, code: string): boolean => {
  const expected = Buffer.from(authenticate(key, text))
  const given = Buffer.from(code)
  return expected.length === given.length && timingSafeEqual(expected, given)
}
