/** After a merge a list may define one thing twice: the later definition takes the place of the earlier one. */
import type { Findings } from "../Findings.ts"
import { parseMount, MountProblem } from "../text/mount.ts"
import {
  formatPath,
  isWhole,
  keepEntries,
  keepItems,
  type List,
  type Mapping,
  type Node,
  type Path,
  textOf,
  type Trail,
} from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"

/** What an item is known by; undefined after a finding was added. */
type Key = (item: Node, path: Path, findings: Findings) => string | undefined

interface Keys {
  readonly [step: string]: Key | Keys
}

const wrong = (item: Node, path: Path, findings: Findings, expected: string): undefined => {
  findings.error("type", item, path, {
    message: `${formatPath(path)} must be ${expected}`,
    expected,
    remedy: `Write ${expected}.`,
  })
  return undefined
}

const byName: Key = (item, path, findings) => {
  const text = textOf(item)
  if (text === undefined) return wrong(item, path, findings, "text")
  const equals = text.indexOf("=")
  return equals < 0 ? text : text.slice(0, equals)
}

const target = (item: Mapping, path: Path, findings: Findings): string | undefined => {
  const text = textOf(item.get("target"))
  if (text !== undefined) return text
  findings.error("missing-key", item, path, {
    message: `${formatPath(path)}: target is missing`,
    expected: "target: the path inside the container",
    remedy: "Add target.",
  })
  return undefined
}

const byMountTarget: Key = (item, path, findings) => {
  if (item.kind === "mapping") return target(item, path, findings)
  const text = textOf(item)
  if (text === undefined) return ""
  try {
    return parseMount(text).target
  } catch (cause) {
    if (!(cause instanceof MountProblem)) throw cause
    findings.error("value", item, path, {
      message: `${formatPath(path)}: "${text}" is not a volume: ${cause.message}`,
      expected: "[SOURCE:]TARGET[:MODE]",
      remedy: "Use the long syntax (type, source, target) for unusual names.",
    })
    return undefined
  }
}

const byDevice: Key = (item, path, findings) => {
  if (item.kind === "mapping") return target(item, path, findings)
  const parts = (textOf(item) ?? "").split(":")
  return parts[1] ?? parts[0] ?? ""
}

const byExposed: Key = (item, path, findings) => {
  if (item.kind === "scalar" && (typeof item.value === "string" || isWhole(item.value))) return String(item.value)
  return wrong(item, path, findings, "a port or a range of ports")
}

const byGrant =
  (folder: string): Key =>
  (item, path, findings) => {
    const text = textOf(item)
    if (text !== undefined) return `${folder}/${text}`
    if (item.kind !== "mapping") return wrong(item, path, findings, "a name or a mapping")
    return textOf(item.get("target")) ?? `${folder}/${textOf(item.get("source")) ?? ""}`
  }

const byPort: Key = (item, path, findings) => {
  if (item.kind === "scalar") return isWhole(item.value) ? String(item.value) : (textOf(item) ?? "")
  if (item.kind === "list") return ""
  // A port published as a number and one published as text are different things to Compose.
  const part = (key: string, fallback: string) => {
    const value = item.get(key)
    if (value?.kind !== "scalar") return fallback
    return typeof value.value === "string" ? value.value : `(${sprint(value.value)})`
  }
  if (!item.entries.has("target")) {
    findings.error("missing-key", item, path, {
      message: `${formatPath(path)}: target is missing`,
      expected: "target: the port inside the container",
      remedy: "Add target.",
    })
    return undefined
  }
  return `${part("host_ip", "0.0.0.0")}:${part("published", "(none)")}:${part("target", "")}/${part("protocol", "tcp")}`
}

const byEnvFile: Key = (item, path, findings) => {
  if (item.kind !== "mapping") return textOf(item) ?? ""
  return textOf(item.get("path")) ?? wrong(item, path, findings, "a mapping with a path")
}

const KEYS: Keys = {
  networks: { "*": { labels: byName, ipam: { options: byName } } },
  services: {
    "*": {
      annotations: byName,
      build: { args: byName, additional_contexts: byName, platform: byName, tags: byName, labels: byName },
      cap_add: byName,
      cap_drop: byName,
      configs: byGrant(""),
      deploy: { labels: byName },
      dns: byName,
      dns_opt: byName,
      dns_search: byName,
      environment: byName,
      env_file: byEnvFile,
      expose: byExposed,
      labels: byName,
      links: byName,
      networks: { "*": { aliases: byName, link_local_ips: byName } },
      ports: byPort,
      profiles: byName,
      secrets: byGrant("/run/secrets"),
      sysctls: byName,
      tmpfs: byName,
      volumes: byMountTarget,
      devices: byDevice,
    },
  },
}

/** Changes the tree. */
export const enforceUnique = (root: Mapping, findings: Findings): void => walk(root, [], KEYS, findings)

const walk = (node: Mapping, path: Trail, keys: Keys, findings: Findings): void => {
  keepEntries(node, path, (value, key) => {
    const next = Object.hasOwn(keys, key) ? keys[key] : keys["*"]
    if (typeof next === "function") {
      if (value.kind === "list") keepLast(value, path, next, findings)
    } else if (next !== undefined && value.kind === "mapping") walk(value, path, next, findings)
    return value
  })
}

const keepLast = (list: List, path: Trail, key: Key, findings: Findings): void => {
  // One item cannot be there twice, but may still be wrong.
  const places = list.items.length > 1 ? new Map<string, number>() : undefined
  let kept = 0
  keepItems(list, path, (item) => {
    const known = key(item, path, findings)
    if (known === undefined) return undefined
    const place = places?.get(known)
    if (place !== undefined) {
      list.items[place] = item
      return undefined
    }
    places?.set(known, kept++)
    return item
  })
}
