/** What a file means without saying it: the default network, implied dependencies, names of resources. */
import { cleanPath } from "../text/path.ts"
import { isNull, listAt, Mapping, mappingAt, mappingOf, type Node, scalarAt, textOf } from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"
import type { Lookup } from "../text/template.ts"

/** Changes the tree, which is in the long syntax and holds no errors of form. */
export const normalize = (root: Mapping, projectName: string, lookup: Lookup): void => {
  const services = mappingOf(root.get("services"))
  defaultNetwork(root, services)
  services?.entries.forEach((service) => {
    if (service.kind === "mapping") normalizeService(service, lookup)
  })
  for (const section of ["networks", "volumes", "configs", "secrets"]) {
    const resources = mappingOf(root.get(section))
    resources?.entries.forEach((written, key) => {
      const resource = written.kind === "mapping" ? written : mappingAt([], written)
      if (isNull(resource.get("name"))) {
        const external = resource.get("external")
        const own = external?.kind === "scalar" && TRUE.has(sprint(external.value))
        resource.entries.set("name", scalarAt(own ? key : `${projectName}_${key}`, resource))
      }
      resources.entries.set(key, resource)
    })
  }
}

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"])

const defaultNetwork = (root: Mapping, services: Mapping | undefined): void => {
  let used = false
  services?.entries.forEach((service) => {
    if (service.kind !== "mapping" || service.entries.has("provider") || service.entries.has("network_mode")) return
    const networks = service.get("networks")
    if (networks?.kind === "mapping" && networks.entries.size > 0) {
      used ||= networks.entries.has("default")
      return
    }
    service.entries.set("networks", mappingAt([["default", scalarAt(null, undefined)]], networks))
    used = true
  })
  if (!used) return
  const networks = mappingOf(root.get("networks")) ?? new Mapping(new Map())
  if (!networks.entries.has("default")) networks.entries.set("default", scalarAt(null, undefined))
  root.entries.set("networks", networks)
}

const normalizeService = (service: Mapping, lookup: Lookup): void => {
  if (textOf(service.get("pull_policy")) === "if_not_present")
    service.entries.set("pull_policy", scalarAt("missing", service.get("pull_policy")))
  const build = mappingOf(service.get("build"))
  if (build !== undefined) {
    if (isNull(build.get("context"))) build.entries.set("context", scalarAt(".", build))
    if (isNull(build.get("dockerfile")) && isNull(build.get("dockerfile_inline")))
      build.entries.set("dockerfile", scalarAt("Dockerfile", build))
    const args = build.get("args")
    if (args !== undefined) build.entries.set("args", fill(args, lookup, false))
  }
  const environment = service.get("environment")
  if (environment !== undefined) service.entries.set("environment", fill(environment, lookup, true))
  implyDependencies(service)
  const volumes = service.get("volumes")
  if (volumes?.kind === "list")
    for (const mount of volumes.items) {
      const target = mappingOf(mount)?.get("target")
      const text = textOf(target)
      if (text !== undefined) mappingOf(mount)?.entries.set("target", scalarAt(cleanPath(text), target))
    }
  const hooks = service.get("pre_start")
  const image = service.get("image")
  if (hooks?.kind === "list" && textOf(image) !== undefined && textOf(image) !== "")
    for (const hook of hooks.items)
      if (hook.kind === "mapping" && !hook.entries.has("image"))
        hook.entries.set("image", scalarAt(textOf(image)!, image))
}

/** Variables without a value take the one of the environment; absent there they stay bare, or go. */
const fill = (node: Node, lookup: Lookup, keep: boolean): Node => {
  if (node.kind === "list")
    return listAt(
      node.items.flatMap((item) => {
        const text = textOf(item)
        if (text === undefined || text.includes("=")) return [item]
        const value = lookup(text)
        if (value !== undefined) return [scalarAt(`${text}=${value}`, item)]
        return keep ? [item] : []
      }),
      node,
    )
  if (node.kind === "scalar") return node
  const entries: Array<readonly [string, Node]> = []
  for (const [key, value] of node.entries) {
    if (!isNull(value)) {
      entries.push([key, value])
      continue
    }
    const found = lookup(key)
    if (found !== undefined) entries.push([key, scalarAt(found, value)])
    else if (keep) entries.push([key, value])
  }
  return mappingAt(entries, node)
}

const implyDependencies = (service: Mapping): void => {
  const dependencies = mappingOf(service.get("depends_on")) ?? mappingAt([], undefined)
  const imply = (name: string, restart: boolean, origin: Node) => {
    if (dependencies.entries.has(name)) return
    dependencies.entries.set(
      name,
      mappingAt(
        [
          ["condition", scalarAt("service_started", origin)],
          ["restart", scalarAt(restart, origin)],
          ["required", scalarAt(true, origin)],
        ],
        origin,
      ),
    )
  }
  const links = service.get("links")
  if (links?.kind === "list")
    for (const link of links.items) {
      const parts = (textOf(link) ?? "").split(":")
      imply(parts.length === 2 ? parts[0]! : parts.join(":"), true, link)
    }
  for (const namespace of ["network_mode", "ipc", "pid", "uts", "cgroup"]) {
    const value = service.get(namespace)
    const text = textOf(value)
    if (value !== undefined && text?.startsWith("service:") === true) imply(text.slice("service:".length), true, value)
  }
  const from = service.get("volumes_from")
  if (from?.kind === "list")
    for (const item of from.items) {
      const text = textOf(item) ?? ""
      if (!text.startsWith("container:")) imply(text.split(":")[0]!, false, item)
    }
  if (dependencies.entries.size > 0) service.entries.set("depends_on", dependencies)
}
