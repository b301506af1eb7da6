/**
 * `docker inspect` as something that can be compared between two deployments of one file. What cannot be equal is taken out here,
 * each with its reason, and nothing else.
 */
import { isDeepStrictEqual } from "node:util"
import type { Schema } from "effect"

type Json = Schema.Json

/** Left out, by the last part of the path. */
const volatile: Readonly<Record<string, string>> = {
  Id: "an id",
  ID: "an id",
  Created: "a time",
  CreatedAt: "a time",
  ResolvConfPath: "a path with the id",
  HostnamePath: "a path with the id",
  HostsPath: "a path with the id",
  LogPath: "a path with the id",
  GraphDriver: "ids of layers",
  SandboxID: "an id",
  SandboxKey: "a path with an id",
  EndpointID: "an id",
  Pid: "an id of the machine",
  StartedAt: "a time; whether it moved is compared apart",
  FinishedAt: "a time",
  Health: "probes with their times",
  ExecIDs: "probes that run just now",
}

/** Ours alone. */
const ownLabel = (key: string): boolean => key.startsWith("windflow.")

/** Lists in the random order of a Go map, in Compose or in the engine (DNSNames); everywhere else order counts. */
const unordered: ReadonlySet<string> = new Set([
  "Binds",
  "Mounts",
  "Ulimits",
  "Env",
  "VolumesFrom",
  "Links",
  "ExtraHosts",
  "DNSNames",
])

const dependsOn = "com.docker.compose.depends_on"

/** What is known of a run: its ids by name, and the text of its files. */
export interface Known {
  /** id → what it is called here, `<container web-1>`. */
  readonly ids: ReadonlyMap<string, string>
  /** What the files name is no accident and is compared. */
  readonly text: string
}

const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[0-9a-f:]*:[0-9a-f]*:)[0-9a-f:]+)(?:\/\d+)?$/i
const mac = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i
/** Meanings, not addresses that somebody was given. */
const constant: ReadonlySet<string> = new Set(["0.0.0.0", "::", "127.0.0.1", "::1", "::/0", "0.0.0.0/0"])

const textOf = (value: string, known: Known): string => {
  let text = value
  for (const [id, name] of known.ids) text = text.replaceAll(id, name).replaceAll(id.slice(0, 12), name)
  if (constant.has(text)) return text
  // The suite's files write IPv6 as the engine prints it.
  const inFile = known.text.includes(text.replace(/\/\d+$/, ""))
  if (mac.test(text)) return inFile ? text : "<mac>"
  if (address.test(text)) return inFile ? text : "<address>"
  // Names of anonymous volumes.
  return text.replaceAll(/(?<![0-9a-f:])[0-9a-f]{64}(?![0-9a-f])/g, "<anonymous>")
}

const order = (a: Json, b: Json): number => {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** 64 hex digits that are no name of an anonymous volume. */
const digests: ReadonlySet<string> = new Set(["com.docker.compose.config-hash", "com.docker.compose.image", "Image"])

/** The file names this host port, and not as one end of a range the engine chooses from. */
const named = (port: string, known: Known): boolean => new RegExp(`(?<![-\\d])${port}(?![-\\d])`).test(known.text)

const member = (key: string, value: Json, known: Known, inside: Inside | undefined): Json => {
  if (key === dependsOn && typeof value === "string") return value.split(",").toSorted().join(",")
  // What was asked for stands in HostConfig; what the engine then chose is another one each time.
  if (key === "HostPort" && inside === "NetworkSettings" && typeof value === "string")
    return value === "" || named(value, known) ? value : "<port>"
  // Digests of configuration and image are what must be equal; ids of images that a run built are known.
  if (digests.has(key) && typeof value === "string") return known.ids.get(value) ?? value
  const compared = comparable(value, known, key === "NetworkSettings" ? key : inside)
  return unordered.has(key) && Array.isArray(compared) ? compared.toSorted(order) : compared
}

type Inside = "NetworkSettings"

/** The length of a prefix belongs to an address: a pool the engine chose has its own. */
const prefixLengths: Readonly<Record<string, string>> = {
  IPPrefixLen: "IPAddress",
  GlobalIPv6PrefixLen: "GlobalIPv6Address",
}

/** An inspection without what cannot be equal. */
export const comparable = (value: Json, known: Known, inside?: Inside): Json => {
  if (typeof value === "string") return textOf(value, known)
  if (Array.isArray(value)) return value.map((item: Json) => comparable(item, known, inside))
  if (typeof value !== "object" || value === null) return value
  const result: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) {
    if (volatile[key] !== undefined || ownLabel(key)) continue
    result[textOf(key, known)] = member(key, item, known, inside)
  }
  for (const [length, of] of Object.entries(prefixLengths)) if (result[of] === "<address>") result[length] = "<address>"
  return result
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const membersOf = (value: Json | undefined): { readonly [key: string]: Json } => (isObject(value) ? value : {})

const configHash = "com.docker.compose.config-hash"
/** What is shared with another container is named by that one's id, and the hash covers it. */
const sharing: ReadonlySet<string> = new Set(["NetworkMode", "IpcMode", "PidMode", "VolumesFrom"])

/** An inspected container; its hash is left out where it covers the id of another one. */
export const comparableContainer = (
  container: { readonly HostConfig: Json; readonly [key: string]: Json },
  known: Known,
): Json => {
  const references = Object.entries(membersOf(container.HostConfig)).flatMap(([key, value]) =>
    sharing.has(key) ? [JSON.stringify(value)] : [],
  )
  const found = comparable(container, known)
  if (![...known.ids.keys()].some((id) => references.some((text) => text.includes(id)))) return found
  const whole = membersOf(found)
  const config = membersOf(whole["Config"])
  const labels = { ...membersOf(config["Labels"]), [configHash]: "<of an id>" }
  return { ...whole, Config: { ...config, Labels: labels } }
}

/** A place where two values are not equal, as a path: `containers.web-1.HostConfig.Memory`. */
export interface Difference {
  readonly path: string
  readonly theirs: Json | undefined
  readonly ours: Json | undefined
}

/** Every place where they differ; lists are compared as a whole. */
export const differences = (theirs: Json | undefined, ours: Json | undefined, path = ""): ReadonlyArray<Difference> => {
  if (isObject(theirs) && isObject(ours))
    return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].flatMap((key) =>
      differences(theirs[key], ours[key], path === "" ? key : `${path}.${key}`),
    )
  return isDeepStrictEqual(theirs, ours) ? [] : [{ path, theirs, ours }]
}
