/** The files that services name: `env_file` joins `environment`, `label_file` joins `labels`. */
import { Effect } from "effect"
import type { Service } from "../../model/StackModel.ts"
import { absolute } from "../text/path.ts"
import { type Mapping, mappingOf, scalarAt, textOf } from "../tree/Node.ts"
import { addVariables, type Loading, read, readNamed, type Variables } from "./Loading.ts"
import { findNode } from "./locate.ts"

type Services = Readonly<Record<string, Service>>

export const resolveServiceFiles = Effect.fnUntraced(function* (
  loading: Loading,
  services: Services,
  withEnvironment: ReadonlySet<string>,
  tree: Mapping,
  variables: Variables,
) {
  const resolved: Array<readonly [string, Service]> = []
  for (const [name, service] of Object.entries(services)) {
    if (service.env_file === undefined && service.label_file === undefined) continue
    resolved.push([
      name,
      withEnvironment.has(name)
        ? yield* resolveService(loading, name, service, tree, variables)
        : { ...service, ...(yield* readLabels(loading, name, service, tree)) },
    ])
  }
  return resolved.length === 0 ? services : { ...services, ...Object.fromEntries(resolved) }
})

const resolveService = Effect.fnUntraced(function* (
  loading: Loading,
  name: string,
  { env_file, ...service }: Service,
  tree: Mapping,
  variables: Variables,
) {
  const own = service.environment ?? {}
  const environment = new Map<string, string>()
  for (const [key, value] of Object.entries(own)) if (value !== null) environment.set(key, value)
  for (const [i, file] of (env_file ?? []).entries()) {
    const where = ["services", name, "env_file", i]
    const path = absolute(loading.directory, file.path ?? "")
    if (file.required === false && (yield* read(loading, path))._tag === "missing") continue
    const text = yield* readNamed(loading, path, findNode(tree, where), where)
    if (text === undefined) continue
    if (file.format !== undefined && file.format !== "raw" && file.format !== ".env") {
      loading.findings.error("value", findNode(tree, where), where, {
        message: `services.${name}.env_file[${i}]: unknown format "${file.format}"`,
        expected: "raw, or no format",
        remedy: "Write format: raw, or remove it.",
      })
      continue
    }
    const lookup = (key: string) =>
      variables.get(key) ?? (Object.hasOwn(own, key) ? (own[key] ?? undefined) : undefined)
    addVariables(loading, { path, ...(file.format === "raw" ? { format: "raw" } : {}) }, text, environment, lookup)
  }
  const labels = yield* readLabels(loading, name, service, tree)
  const joined = { ...Object.fromEntries(environment), ...own }
  return {
    ...service,
    ...(Object.keys(joined).length === 0 ? {} : { environment: joined }),
    ...labels,
  }
})

const readLabels = Effect.fnUntraced(function* (loading: Loading, name: string, service: Service, tree: Mapping) {
  const found = new Map<string, string>()
  for (const [i, file] of (service.label_file ?? []).entries()) {
    const where = ["services", name, "label_file", i]
    const path = absolute(loading.directory, file)
    const text = yield* readNamed(loading, path, findNode(tree, where), where)
    if (text === undefined) continue
    const labels = new Map<string, string>()
    addVariables(loading, { path }, text, labels, (key) => found.get(key))
    for (const [key, value] of labels) found.set(key, value)
  }
  const labels = { ...Object.fromEntries(found), ...service.labels }
  return Object.keys(labels).length === 0 ? {} : { labels }
})

/** Watched paths with the links of the deployer's host resolved, where the capability can. */
export const resolveWatchLinks = Effect.fnUntraced(function* (loading: Loading, tree: Mapping) {
  const { realPath } = loading.capability
  const services = mappingOf(tree.get("services"))
  if (realPath === undefined || services === undefined) return
  for (const service of services.entries.values()) {
    const watch = mappingOf(mappingOf(service)?.get("develop"))?.get("watch")
    if (watch?.kind !== "list") continue
    for (const trigger of watch.items) {
      const path = mappingOf(trigger)?.get("path")
      const text = textOf(path)
      if (text !== undefined && text !== "")
        mappingOf(trigger)?.entries.set("path", scalarAt(yield* realPath(text), path))
    }
  }
})
