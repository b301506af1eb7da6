/**
 * Host keys: OpenSSH's `known_hosts` and a target's pinned key, and what they say about the key a server presents. Pure; the
 * format is sshd(8)'s: patterns, `[host]:port`, hashed names, `@revoked`. Certificates (`@cert-authority`) vouch for nothing here.
 */
import { createHash, createHmac } from "node:crypto"

export interface KnownHost {
  readonly revoked: boolean
  /** The first field as it stands: patterns, or one hashed name. */
  readonly hosts: string
  readonly type: string
  readonly key: Buffer
}

/** A name and port as the user wrote them: what is pinned is pinned for exactly this. */
export interface HostAddress {
  readonly host: string
  readonly port: number
}

export type HostKeyVerdict =
  | { readonly _tag: "Known" }
  | { readonly _tag: "Unknown" }
  /** `expected` are fingerprints, or says what else is wrong with the key. */
  | { readonly _tag: "Mismatch"; readonly expected: ReadonlyArray<string> }
  | { readonly _tag: "Revoked" }

/** As `ssh-keygen -l` prints it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`

/** The type stands in the key itself, length first. */
export const keyType = (key: Buffer): string =>
  key.length < 4 ? "" : key.subarray(4, 4 + key.readUInt32BE(0)).toString("latin1")

/** `ssh-ed25519 AAAA…`: one line of a public key. */
export const keyLine = (key: Buffer): string => `${keyType(key)} ${key.toString("base64")}`

/** Lines that make no sense are passed over, as ssh does. */
export const parseKnownHosts = (text: string): ReadonlyArray<KnownHost> =>
  text.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const marker = fields[0]?.startsWith("@") === true ? fields.shift() : undefined
    const [hosts, type, encoded] = fields
    if (hosts === undefined || hosts.startsWith("#") || type === undefined || encoded === undefined) return []
    if (marker !== undefined && marker !== "@revoked") return []
    const key = Buffer.from(encoded, "base64")
    return keyType(key) === type ? [{ revoked: marker === "@revoked", hosts, type, key }] : []
  })

const nameOf = ({ host, port }: HostAddress): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`

const patternMatches = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .toLowerCase()
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".")}$`,
  ).test(name)

const hashMatches = (hashed: string, name: string): boolean => {
  const [, version, salt, hash] = hashed.split("|")
  return (
    version === "1" &&
    salt !== undefined &&
    createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash
  )
}

const covers = ({ hosts }: KnownHost, name: string): boolean => {
  if (hosts.startsWith("|")) return hashMatches(hosts, name)
  const patterns = hosts.split(",")
  const refused = patterns.some((one) => one.startsWith("!") && patternMatches(one.slice(1), name))
  return !refused && patterns.some((one) => !one.startsWith("!") && patternMatches(one, name))
}

/** What is known about one host: entries of files, or the key pinned with the target, which then counts alone. */
export interface HostKeys {
  readonly entries: ReadonlyArray<KnownHost>
  /** `SHA256:…` or `ssh-ed25519 AAAA…`. */
  readonly pinned?: string
}

const entriesFor = ({ entries, pinned }: HostKeys, address: HostAddress): ReadonlyArray<KnownHost> => {
  if (pinned === undefined) return entries.filter((entry) => covers(entry, nameOf(address)))
  return pinned.startsWith("SHA256:") ? [] : parseKnownHosts(`${nameOf(address).replace(/[*?!,]/g, "")} ${pinned}`)
}

/** Whether a text can be a pinned key at all. */
export const isPin = (text: string): boolean =>
  /^SHA256:[A-Za-z0-9+/]{43}$/.test(text) || parseKnownHosts(`host ${text}`).length === 1

/** The types of key that are known: the server is asked for these first, else it may show one that nobody pinned. */
export const knownTypes = (keys: HostKeys, address: HostAddress): ReadonlyArray<string> => [
  ...new Set(entriesFor(keys, address).flatMap(({ type, revoked }) => (revoked ? [] : [type]))),
]

export const judgeHostKey = (key: Buffer, address: HostAddress, keys: HostKeys): HostKeyVerdict => {
  const revoked = keys.entries.some((entry) => entry.revoked && entry.key.equals(key) && covers(entry, nameOf(address)))
  if (revoked) return { _tag: "Revoked" }
  if (keys.pinned?.startsWith("SHA256:") === true)
    return keys.pinned === fingerprint(key) ? { _tag: "Known" } : { _tag: "Mismatch", expected: [keys.pinned] }
  const known = entriesFor(keys, address).filter((entry) => !entry.revoked)
  if (known.some((entry) => entry.key.equals(key))) return { _tag: "Known" }
  // A pin that is no key pins nothing that could match.
  if (known.length > 0 || keys.pinned !== undefined)
    return { _tag: "Mismatch", expected: known.map((entry) => fingerprint(entry.key)) }
  return { _tag: "Unknown" }
}
