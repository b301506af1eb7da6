/** Turns every short syntax into the long one. */
import type { Findings } from "../Findings.ts"
import { cleanPath } from "../text/path.ts"
import { MountProblem, parseMount } from "../text/mount.ts"
import { parsePort, PortProblem } from "../text/port.ts"
import {
  clone,
  formatPath,
  isNull,
  isWhole,
  type List,
  listAt,
  type Mapping,
  mappingAt,
  mappingOf,
  type Node,
  type Path,
  scalarAt,
  textOf,
} from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"

export interface Canonical {
  readonly findings: Findings
  /** What cannot be read stays as it is: variables were not replaced. */
  readonly lenient: boolean
}

/** Changes the tree. */
export const canonical = (root: Mapping, options: Canonical): void => {
  const services = mappingOf(root.get("services"))
  services?.entries.forEach((service, name) => {
    if (service.kind === "mapping") canonicalService(service, ["services", name], options)
  })
  for (const section of ["volumes", "networks", "secrets", "configs"])
    mappingOf(root.get(section))?.entries.forEach((resource, name) => {
      if (resource.kind === "mapping") canonicalExternal(resource, [section, name], options)
      else if (!isNull(resource))
        options.findings.error("type", resource, [section, name], {
          message: `${formatPath([section, name])} must be a mapping`,
          expected: "a mapping",
          remedy: "Write a mapping, or nothing.",
        })
    })
}

const change = (node: Mapping, key: string, how: (value: Node) => Node | undefined): void => {
  const value = node.get(key)
  if (value === undefined) return
  const next = how(value)
  if (next === undefined) node.entries.delete(key)
  else node.entries.set(key, next)
}

const items =
  (how: (item: Node, index: number) => Node[] | Node | undefined) =>
  (value: Node): Node =>
    value.kind === "list"
      ? listAt(
          value.items.flatMap((item, i) => how(item, i) ?? []),
          value,
        )
      : value

const listOfOne = (value: Node): Node => (textOf(value) === undefined ? value : listAt([value], value))
const granted = (item: Node): Node => (textOf(item) === undefined ? item : mappingAt([["source", item]], item))

const canonicalService = (service: Mapping, path: Path, options: Canonical): void => {
  change(service, "build", (value) => {
    if (textOf(value) !== undefined) return mappingAt([["context", value]], value)
    if (value.kind === "mapping") canonicalBuild(value, [...path, "build"], options)
    return value
  })
  change(service, "depends_on", dependencies)
  change(service, "env_file", (value) =>
    items((item) => {
      if (textOf(item) !== undefined)
        return mappingAt(
          [
            ["path", item],
            ["required", scalarAt(true, item)],
          ],
          item,
        )
      const entry = mappingOf(item)
      if (entry !== undefined && !entry.entries.has("required")) entry.entries.set("required", scalarAt(true, item))
      return item
    })(listOfOne(value)),
  )
  change(service, "label_file", listOfOne)
  change(service, "extends", (value) => (textOf(value) === undefined ? value : mappingAt([["service", value]], value)))
  change(service, "gpus", (value) =>
    textOf(value) === undefined ? value : listAt([mappingAt([["count", scalarAt("all", value)]], value)], value),
  )
  change(service, "networks", namesToMapping)
  change(service, "models", namesToMapping)
  change(service, "volumes", (value) =>
    items((item, i) => canonicalMount(item, [...path, "volumes", i], options))(value),
  )
  change(service, "dns", (value) =>
    items((item) => (isNull(item) || textOf(item) === "" ? undefined : item))(listOfOne(value)),
  )
  change(service, "devices", (value) =>
    items((item, i) => canonicalDevice(item, [...path, "devices", i], options))(value),
  )
  change(service, "secrets", items(granted))
  change(service, "configs", items(granted))
  change(service, "ports", (value) => canonicalPorts(value, [...path, "ports"], options))
  checkUlimits(service, [...path, "ulimits"], options)
  const watch = mappingOf(service.get("develop"))?.get("watch")
  if (watch?.kind === "list")
    for (const trigger of watch.items)
      if (trigger.kind === "mapping") {
        change(trigger, "ignore", listOfOne)
        change(trigger, "include", listOfOne)
      }
}

const canonicalBuild = (build: Mapping, path: Path, options: Canonical): void => {
  change(build, "secrets", items(granted))
  for (const key of ["provenance", "sbom"])
    change(build, key, (value) => (value.kind === "scalar" ? scalarAt(sprint(value.value), value) : value))
  change(build, "additional_contexts", (value) =>
    value.kind === "list" ? keyValues(value, [...path, "additional_contexts"], options) : value,
  )
  change(build, "ssh", (value) => (value.kind === "list" ? sshKeys(value, [...path, "ssh"], options) : value))
  checkUlimits(build, [...path, "ulimits"], options)
}

const keyValues = (node: List, path: Path, { findings, lenient }: Canonical): Node => {
  const entries: Array<readonly [string, Node]> = []
  for (const [i, item] of node.items.entries()) {
    const text = textOf(item) ?? ""
    const equals = text.indexOf("=")
    if (equals >= 0) entries.push([text.slice(0, equals), scalarAt(text.slice(equals + 1), item)])
    else if (lenient) return node
    else
      findings.error("value", item, [...path, i], {
        message: `${formatPath([...path, i])}: "${text}" has no value`,
        expected: "NAME=VALUE",
        remedy: "Write NAME=VALUE.",
      })
  }
  return mappingAt(entries, node)
}

const sshKeys = (node: List, path: Path, { findings }: Canonical): Node =>
  mappingAt(
    node.items.flatMap((item, i) => {
      const text = textOf(item) ?? ""
      const equals = text.indexOf("=")
      if (equals >= 0) return [[text.slice(0, equals), scalarAt(text.slice(equals + 1), item)] as const]
      if (text === "default") return [[text, scalarAt(null, item)] as const]
      findings.error("value", item, [...path, i], {
        message: `${formatPath([...path, i])}: "${text}" is not an SSH key`,
        expected: "default, or ID=PATH",
        remedy: "Write `default` for the agent's keys, or ID=PATH.",
      })
      return []
    }),
    node,
  )

const dependencies = (value: Node): Node => {
  if (value.kind === "scalar") return value
  const entries: Array<readonly [string, Node]> =
    value.kind === "list"
      ? value.items.flatMap((item) => {
          const name = textOf(item)
          return name === undefined ? [] : [[name, mappingAt([], item)] as const]
        })
      : [...value.entries]
  for (const [, dependency] of entries) {
    if (dependency.kind !== "mapping") continue
    if (!dependency.entries.has("condition"))
      dependency.entries.set("condition", scalarAt("service_started", dependency))
    if (!dependency.entries.has("required")) dependency.entries.set("required", scalarAt(true, dependency))
  }
  return mappingAt(entries, value)
}

const namesToMapping = (value: Node): Node =>
  value.kind === "list"
    ? mappingAt(
        value.items.flatMap((item) => {
          const name = textOf(item)
          return name === undefined ? [] : [[name, scalarAt(null, item)] as const]
        }),
        value,
      )
    : value

const canonicalMount = (item: Node, path: Path, { findings, lenient }: Canonical): Node | undefined => {
  const text = textOf(item)
  if (text === undefined) return item
  try {
    const mount = parseMount(text)
    const entries: Array<readonly [string, Node]> = [["type", scalarAt(mount.type, item)]]
    const add = (key: string, value: string | boolean | undefined, to = entries) => {
      if (value !== undefined && value !== "" && value !== false) to.push([key, scalarAt(value, item)])
    }
    add("source", mount.source)
    add("target", cleanPath(mount.target))
    add("read_only", mount.readOnly)
    const bind: Array<readonly [string, Node]> = []
    add("selinux", mount.selinux, bind)
    add("propagation", mount.propagation, bind)
    if (mount.type === "bind") {
      add("create_host_path", true, bind)
      entries.push(["bind", mappingAt(bind, item)])
      if (mount.noCopy) entries.push(["volume", mappingAt([["nocopy", scalarAt(true, item)]], item)])
    } else if (!mount.bare) {
      if (bind.length > 0) entries.push(["bind", mappingAt(bind, item)])
      entries.push(["volume", mappingAt(mount.noCopy ? [["nocopy", scalarAt(true, item)]] : [], item)])
    }
    return mappingAt(entries, item)
  } catch (cause) {
    if (!(cause instanceof MountProblem)) throw cause
    if (lenient) return item
    findings.error("value", item, path, {
      message: `${formatPath(path)}: "${text}" is not a volume: ${cause.message}`,
      expected: "[SOURCE:]TARGET[:MODE]",
      remedy: "Use the long syntax (type, source, target) for unusual names.",
    })
    return undefined
  }
}

const canonicalDevice = (item: Node, path: Path, { findings, lenient }: Canonical): Node | undefined => {
  const text = textOf(item)
  if (text === undefined) return item
  const parts = text.split(":")
  if (parts.length > 3 && !lenient) {
    findings.error("value", item, path, {
      message: `${formatPath(path)}: "${text}" is not a device`,
      expected: "SOURCE[:TARGET[:PERMISSIONS]]",
      remedy: "Use the long syntax (source, target, permissions).",
    })
    return undefined
  }
  const [source = "", target = "", permissions = "rwm"] = parts.length > 3 ? [] : parts
  return mappingAt(
    [
      ["source", scalarAt(source, item)],
      ["target", scalarAt(target === "" ? source : target, item)],
      ["permissions", scalarAt(permissions, item)],
    ],
    item,
  )
}

const canonicalPorts = (value: Node, path: Path, { findings, lenient }: Canonical): Node => {
  if (value.kind !== "list") return value
  const ports: Node[] = []
  for (const [i, item] of value.items.entries()) {
    if (item.kind === "mapping") {
      ports.push(item)
      continue
    }
    const text = item.kind === "scalar" && isWhole(item.value) ? String(item.value) : textOf(item)
    try {
      if (text === undefined) throw new PortProblem("a port is a whole number")
      for (const port of parsePort(text)) {
        const entries: Array<readonly [string, Node]> = [["mode", scalarAt("ingress", item)]]
        if (port.hostIp !== "") entries.push(["host_ip", scalarAt(port.hostIp, item)])
        // Port 0 is what Compose calls no port.
        if (port.target !== 0) entries.push(["target", scalarAt(port.target, item)])
        if (port.published !== "") entries.push(["published", scalarAt(port.published, item)])
        entries.push(["protocol", scalarAt(port.protocol, item)])
        ports.push(mappingAt(entries, item))
      }
    } catch (cause) {
      if (!(cause instanceof PortProblem)) throw cause
      if (lenient) return value
      findings.error("value", item, [...path, i], {
        message: `${formatPath([...path, i])}: "${text ?? "…"}" is not a port: ${cause.message}`,
        expected: "[[IP:]HOST:]CONTAINER[/PROTOCOL]",
        remedy: 'Quote it and write for example "8080:80" or "127.0.0.1:8080:80/tcp".',
      })
    }
  }
  return listAt(ports, value)
}

const checkUlimits = (owner: Mapping, path: Path, { findings }: Canonical): void => {
  const ulimits = mappingOf(owner.get("ulimits"))
  ulimits?.entries.forEach((limit, name) => {
    if (limit.kind === "mapping" || (limit.kind === "scalar" && isWhole(limit.value))) return
    findings.error("type", limit, [...path, name], {
      message: `${formatPath([...path, name])} must be a whole number, or a mapping of soft and hard`,
      expected: "a whole number, or soft and hard",
      remedy: "Write a whole number.",
    })
  })
}

/** The old form `external: { name: … }`. */
const canonicalExternal = (resource: Mapping, path: Path, { findings }: Canonical): void => {
  const external = resource.get("external")
  if (external?.kind !== "mapping") return
  resource.entries.set("external", scalarAt(true, external))
  const written = external.get("name")
  if (written === undefined) return
  findings.warn("deprecated", external, [...path, "external"], {
    message: `${formatPath(path)}: external.name is an old form`,
    remedy: "Write name: … and external: true.",
  })
  const own = resource.get("name")
  if (own === undefined) resource.entries.set("name", clone(written))
  else if (textOf(own) !== textOf(written))
    findings.error("conflict", written, path, {
      message: `${formatPath(path)}: name and external.name differ`,
      remedy: "Keep name only.",
    })
}
