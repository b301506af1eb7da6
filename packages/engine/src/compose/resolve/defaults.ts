/** Values nobody wrote, and the checks that need the whole file but no other. */
import type { Findings } from "../Findings.ts"
import { isAddress } from "../text/port.ts"
import { formatPath, type Mapping, mappingOf, type Node, type Path, scalarAt, textOf } from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"

const eachMapping = (root: Node | undefined, how: (node: Mapping, step: string | number) => void): void => {
  if (root?.kind === "mapping")
    root.entries.forEach((value, name) => {
      if (value.kind === "mapping") how(value, name)
    })
  else if (root?.kind === "list")
    root.items.forEach((value, i) => {
      if (value.kind === "mapping") how(value, i)
    })
}

const preset = (node: Mapping, key: string, value: string | boolean): void => {
  if (!node.entries.has(key)) node.entries.set(key, scalarAt(value, node))
}

const reservedDevices = (service: Mapping): Node | undefined =>
  mappingOf(mappingOf(mappingOf(service.get("deploy"))?.get("resources"))?.get("reservations"))?.get("devices")

/** Changes the tree. */
export const setDefaults = (root: Mapping): void =>
  eachMapping(root.get("services"), (service) => {
    const build = mappingOf(service.get("build"))
    if (build !== undefined) preset(build, "context", ".")
    eachMapping(service.get("secrets"), (grant) =>
      preset(grant, "target", `/run/secrets/${written(grant.get("source"))}`),
    )
    eachMapping(service.get("ports"), (port) => {
      preset(port, "protocol", "tcp")
      preset(port, "mode", "ingress")
    })
    for (const devices of [service.get("gpus"), reservedDevices(service)])
      eachMapping(devices, (request) => {
        if (!request.entries.has("device_ids")) preset(request, "count", "all")
      })
    eachMapping(service.get("volumes"), (mount) => {
      const bind = mappingOf(mount.get("bind"))
      if (bind !== undefined) preset(bind, "create_host_path", true)
    })
  })

const written = (node: Node | undefined): string => (node?.kind === "scalar" ? sprint(node.value) : "<nil>")

export const checkFile = (root: Mapping, findings: Findings): void => {
  eachMapping(root.get("volumes"), (volume, name) => checkExternal(volume, ["volumes", name], findings))
  eachMapping(root.get("configs"), (config, name) =>
    checkContent(config, ["file", "environment", "content"], ["configs", name], findings),
  )
  eachMapping(root.get("secrets"), (secret, name) =>
    checkContent(secret, ["file", "environment"], ["secrets", name], findings),
  )
  eachMapping(root.get("services"), (service, name) => {
    const path = ["services", name]
    eachMapping(service.get("ports"), (port, i) => {
      const ip = port.get("host_ip")
      const text = textOf(ip)
      if (text === undefined || isAddress(text)) return
      findings.error("value", ip, [...path, "ports", i, "host_ip"], {
        message: `${formatPath([...path, "ports", i, "host_ip"])}: "${text}" is not an IP address`,
        expected: "an IPv4 or IPv6 address",
        remedy: "Write an address such as 127.0.0.1, or remove host_ip to publish on every address.",
      })
    })
    eachMapping(mappingOf(service.get("develop"))?.get("watch"), (trigger, i) => {
      const watched = trigger.get("path")
      if (textOf(watched) !== "") return
      findings.error("value", watched, [...path, "develop", "watch", i, "path"], {
        message: `${formatPath([...path, "develop", "watch", i, "path"])} is empty`,
        expected: "a path",
        remedy: "Name the file or folder to watch.",
      })
    })
    for (const [devices, place] of [
      [service.get("gpus"), ["gpus"]],
      [reservedDevices(service), ["deploy", "resources", "reservations", "devices"]],
    ] as const)
      eachMapping(devices, (request, i) => {
        if (!request.entries.has("count") || !request.entries.has("device_ids")) return
        conflict(request, [...path, ...place, i], ["count", "device_ids"], findings)
      })
  })
}

const conflict = (node: Node, path: Path, keys: ReadonlyArray<string>, findings: Findings): void =>
  findings.error("conflict", node, path, {
    message: `${formatPath(path)}: ${keys.join(" and ")} exclude each other`,
    expected: `one of ${keys.join(", ")}`,
    remedy: "Keep one of them.",
  })

const checkExternal = (volume: Mapping, path: Path, findings: Findings): void => {
  const external = volume.get("external")
  if (external?.kind !== "scalar" || external.value !== true) return
  for (const [key, value] of volume.entries) {
    if (key === "name" || key === "external" || key.startsWith("x-")) continue
    findings.error("conflict", value, [...path, key], {
      message: `${formatPath(path)}: ${key} has no effect on an external volume`,
      expected: "name and external only",
      remedy: `Remove ${key}, or external.`,
    })
  }
}

const checkContent = (node: Mapping, keys: ReadonlyArray<string>, path: Path, findings: Findings): void => {
  const present = keys.filter((key) => node.entries.has(key))
  if (present.length > 1) conflict(node, path, present, findings)
  if (present.length > 0 || node.entries.has("driver") || node.entries.has("external")) return
  findings.error("missing-key", node, path, {
    message: `${formatPath(path)}: nothing says where its content comes from`,
    expected: `one of ${keys.join(", ")}, or external: true`,
    remedy: `Add ${keys.join(", ")} or external: true.`,
  })
}
