/** Everything in a Compose file that names a service. */
import { type Document, isMap, isScalar, isSeq, type Node } from "yaml"

const NAMESPACES = ["network_mode", "ipc", "pid", "uts", "cgroup"]

/** Changes the document; texts with variables in them are left alone. */
export const renameReferences = (document: Document, from: string, to: string): void => {
  const all = document.get("services", true)
  if (!isMap(all)) return
  for (const { value: service } of all.items) {
    if (!isMap(service)) continue
    const at = (key: string) => service.get(key, true) as Node | undefined
    renameIn(at("depends_on"), (name) => (name === from ? to : name))
    renameIn(at("links"), (link) => replaceHead(link, from, to))
    renameIn(at("volumes_from"), (source) => (source.startsWith("container:") ? source : replaceHead(source, from, to)))
    const extended = at("extends")
    if (isMap(extended)) {
      // A service of another file has a name of its own.
      if (!extended.has("file")) renameText(extended.get("service", true), (name) => (name === from ? to : name))
    } else renameText(extended, (name) => (name === from ? to : name))
    for (const key of NAMESPACES)
      renameText(at(key), (value) => (value === `service:${from}` ? `service:${to}` : value))
    const build = at("build")
    const contexts = isMap(build) ? (build.get("additional_contexts", true) as Node | undefined) : undefined
    if (isMap(contexts))
      for (const { value } of contexts.items)
        renameText(value, (context) => (context === `service:${from}` ? `service:${to}` : context))
    else renameIn(contexts, (entry) => (entry.endsWith(`=service:${from}`) ? entry.slice(0, -from.length) + to : entry))
  }
}

const replaceHead = (text: string, from: string, to: string): string =>
  text === from || text.startsWith(`${from}:`) ? to + text.slice(from.length) : text

/** Keys of a mapping, items of a list. */
const renameIn = (node: unknown, how: (text: string) => string): void => {
  if (isMap(node)) for (const { key } of node.items) renameText(key, how)
  if (isSeq(node)) for (const item of node.items) renameText(item, how)
}

const renameText = (node: unknown, how: (text: string) => string): void => {
  if (isScalar(node) && typeof node.value === "string") node.value = how(node.value)
}
