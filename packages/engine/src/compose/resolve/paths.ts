/** Makes the relative paths of a file absolute, or relative to another folder while files are joined. */
import type { Findings } from "../Findings.ts"
import { expandHome, isAbsolute, isRemoteContext, isWindowsAbsolute, joinPath } from "../text/path.ts"
import { formatPath, type Mapping, mappingOf, type Node, type Path, scalarAt, textOf } from "../tree/Node.ts"

export interface PathBase {
  readonly base: string
  readonly home: string | undefined
  readonly findings: Findings
}

const change = (node: Mapping | undefined, key: string, how: (path: string) => string): void => {
  const value = node?.get(key)
  const text = textOf(value)
  if (text !== undefined) node?.entries.set(key, scalarAt(how(text), value))
}

const changeAll = (node: Node | undefined, how: (path: string) => string): void => {
  if (node?.kind === "mapping") for (const key of node.entries.keys()) change(node, key, how)
  else if (node?.kind === "list")
    node.items = node.items.map((item) => {
      const text = textOf(item)
      return text === undefined ? item : scalarAt(how(text), item)
    })
}

const each = (node: Node | undefined, how: (item: Mapping, step: string | number) => void): void => {
  if (node?.kind === "mapping")
    node.entries.forEach((item, name) => {
      if (item.kind === "mapping") how(item, name)
    })
  else if (node?.kind === "list")
    node.items.forEach((item, i) => {
      if (item.kind === "mapping") how(item, i)
    })
}

/** Changes the tree, which is in the long syntax. */
export const resolvePaths = (root: Mapping, { base, home, findings }: PathBase): void => {
  /** A path of this machine; empty stays empty. */
  const own = (path: string): string => {
    const expanded = expandHome(path, home)
    return expanded === "" || isAbsolute(expanded) ? expanded : joinPath(base, expanded)
  }
  /** A path that a Windows engine may know as absolute. */
  const either = (path: string): string => {
    const expanded = expandHome(path, home)
    return isAbsolute(expanded) || isWindowsAbsolute(expanded) ? expanded : joinPath(base, expanded)
  }
  const context = (path: string): string => (isRemoteContext(path) || path.startsWith("service:") ? path : own(path))

  each(root.get("services"), (service, name) => {
    const build = mappingOf(service.get("build"))
    change(build, "context", context)
    changeAll(build?.get("additional_contexts"), context)
    changeAll(build?.get("ssh"), either)
    each(service.get("env_file"), (file) => change(file, "path", own))
    changeAll(service.get("label_file"), own)
    change(mappingOf(service.get("extends")), "file", own)
    each(mappingOf(service.get("develop"))?.get("watch"), (trigger) => change(trigger, "path", own))
    each(service.get("volumes"), (mount, i) => {
      if (textOf(mount.get("type")) !== "bind") return
      if (!mount.entries.has("source")) missingSource(mount, ["services", name, "volumes", i], findings)
      change(mount, "source", either)
    })
  })
  for (const section of ["configs", "secrets"]) each(root.get(section), (file) => change(file, "file", either))
  each(root.get("volumes"), (volume) => {
    const options = mappingOf(volume.get("driver_opts"))
    if (textOf(volume.get("driver")) === "local" && textOf(options?.get("o")) === "bind")
      change(options, "device", either)
  })
}

const missingSource = (mount: Mapping, path: Path, findings: Findings): void =>
  findings.error("missing-key", mount, path, {
    message: `${formatPath(path)}: a bind mount needs a source`,
    expected: "source: a path on the host",
    remedy: "Add source, or use type: volume.",
  })
