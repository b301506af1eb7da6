/** Puts one file's tree over another's: mappings are joined, lists appended, and some keys have rules of their own. */
import type { Findings } from "../Findings.ts"
import {
  formatPath,
  isNull,
  listAt,
  type Mapping,
  mappingAt,
  mappingOf,
  type Node,
  type Path,
  Scalar,
  scalarAt,
  textOf,
} from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"

/** What lies below a key; `*` stands for any name, `""` holds the rule of the place itself. */
interface Rules {
  readonly [step: string]: Rule | Rules
}
type Rule = (base: Node, over: Node, path: Path, findings: Findings) => Node

const replaced: Rule = (_, over) => over

const asList: Rule = (base, over) => listAt([...toItems(base), ...toItems(over)], over)

/** `KEY=value` items of a mapping, sorted; a text stands for a list of one. */
const toItems = (node: Node): Node[] => {
  switch (node.kind) {
    case "list":
      return node.items
    case "scalar":
      return typeof node.value === "string" ? [node] : []
    case "mapping": {
      const items: Array<readonly [string, Node]> = []
      for (const [key, value] of node.entries) {
        if (value.kind === "list") for (const item of value.items) items.push([`${key}=${printed(item)}`, item])
        else items.push([isNull(value) ? key : `${key}=${printed(value)}`, value])
      }
      return items
        .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
        .map(([text, origin]) => new Scalar(text, origin.source, origin.at, origin.keyAt))
    }
  }
}

const printed = (node: Node): string => (node.kind === "scalar" ? sprint(node.value) : "")

/** Lists of names become mappings first, each name with `value`. */
const asMapping =
  (value: (name: Node) => Node): Rule =>
  (base, over, path, findings) => {
    const convert = (node: Node): Node =>
      node.kind === "list"
        ? mappingAt(
            node.items.flatMap((item) => {
              const name = textOf(item)
              return name === undefined ? [] : [[name, value(item)] as const]
            }),
            node,
          )
        : node
    return mergeMappings(convert(base), convert(over), path, undefined, findings)
  }

const named = asMapping((name) => scalarAt(null, name))
const dependency = asMapping((name) =>
  mappingAt(
    [
      ["condition", scalarAt("service_started", name)],
      ["required", scalarAt(true, name)],
    ],
    name,
  ),
)

const extraHosts: Rule = (base, over) => {
  const right = toItems(base)
  const known = new Set(right.map(textOf))
  return listAt([...right, ...toItems(over).filter((item) => !known.has(textOf(item)))], over)
}

/** Options of two different drivers are never mixed. */
const logging: Rule = (base, over, path, findings) => {
  const driver = (node: Node) => textOf(mappingOf(node)?.get("driver"))
  const [own, other] = [driver(base), driver(over)]
  if (own === other || own === undefined || other === undefined)
    return mergeMappings(base, over, path, undefined, findings)
  return over
}

const BUILD: Rules = {
  args: asList,
  additional_contexts: asList,
  extra_hosts: extraHosts,
  labels: asList,
}

const build: Rule = (base, over, path, findings) => {
  const convert = (node: Node) => (textOf(node) === undefined ? node : mappingAt([["context", node]], node))
  return mergeMappings(convert(base), convert(over), path, BUILD, findings)
}

/** Pools are matched by subnet. */
const ipamConfig: Rule = (base, over, path, findings) => {
  if (base.kind !== "list" || over.kind !== "list") return cannot(base, over, path, findings)
  const subnet = (pool: Mapping) => textOf(pool.get("subnet"))
  const pools: Mapping[] = []
  for (const original of base.items) {
    if (original.kind !== "mapping") continue
    for (const next of over.items) {
      if (next.kind !== "mapping") continue
      if (subnet(next) !== subnet(original) && !pools.some((pool) => subnet(pool) === subnet(next))) {
        pools.push(next)
        continue
      }
      mergeMappings(original, next, path, undefined, findings)
      const same = pools.findIndex((pool) => subnet(pool) === subnet(original))
      if (same >= 0) pools[same] = original
      else pools.push(original)
    }
  }
  return listAt(pools, over)
}

const SERVICE: Rules = {
  annotations: asList,
  build,
  command: replaced,
  depends_on: dependency,
  deploy: { labels: asList },
  dns: asList,
  dns_opt: asList,
  dns_search: asList,
  entrypoint: replaced,
  env_file: asList,
  label_file: asList,
  environment: asList,
  extra_hosts: extraHosts,
  healthcheck: { test: replaced },
  labels: asList,
  logging,
  models: named,
  networks: named,
  sysctls: asList,
  tmpfs: asList,
  ulimits: { "*": replaced },
}

const FILE: Rules = {
  services: { "*": SERVICE },
  networks: { "*": { labels: asList, ipam: { config: ipamConfig } } },
  volumes: { "*": { labels: asList } },
}

/** `over` on `base`; both may be changed. */
export const mergeFiles = (base: Mapping, over: Mapping, findings: Findings): Mapping =>
  mappingOf(merge(base, over, [], FILE, findings)) ?? base

/** What `extends` does: the extending service over the extended one. */
export const mergeService = (base: Mapping, over: Mapping, path: Path, findings: Findings): Mapping =>
  mappingOf(merge(base, over, path, SERVICE, findings)) ?? base

/** A resource that two files of an `include` define. */
export const mergeResource = (base: Node, over: Node, path: Path, findings: Findings): Node => {
  const [section, name] = path
  const rules = FILE[String(section)]
  const below = typeof rules === "object" ? rules["*"] : undefined
  return name === undefined ? over : merge(base, over, path, below, findings)
}

const merge = (base: Node, over: Node, path: Path, rules: Rule | Rules | undefined, findings: Findings): Node => {
  if (typeof rules === "function") return rules(base, over, path, findings)
  if (isNull(over)) return base
  switch (base.kind) {
    case "mapping":
      return mergeMappings(base, over, path, rules, findings)
    case "list":
      return over.kind === "list" ? listAt([...base.items, ...over.items], over) : cannot(base, over, path, findings)
    case "scalar":
      return over
  }
}

const mergeMappings = (base: Node, over: Node, path: Path, rules: Rules | undefined, findings: Findings): Node => {
  if (over.kind !== "mapping" || base.kind !== "mapping") {
    // A value of the wrong kind is the validator's to tell, once it stands in the tree.
    if (isNull(over)) return base
    if (isNull(base)) return over
    return cannot(base, over, path, findings)
  }
  for (const [key, value] of over.entries) {
    const existing = base.entries.get(key)
    if (existing === undefined) base.entries.set(key, value)
    else {
      const below = rules === undefined ? undefined : Object.hasOwn(rules, key) ? rules[key] : rules["*"]
      base.entries.set(key, merge(existing, value, [...path, key], below, findings))
    }
  }
  return base
}

const cannot = (base: Node, over: Node, path: Path, findings: Findings): Node => {
  const kind = { scalar: "a single value", list: "a list", mapping: "a mapping" }
  findings.error("merge", over, path, {
    message: `${formatPath(path)}: ${kind[over.kind]} cannot be put over ${kind[base.kind]}`,
    expected: kind[base.kind],
    remedy: "Write the value in the same form as the file below does, or mark it !override.",
  })
  return base
}

/** Takes out of `target` what a later file marked `!reset` or `!override`. */
export const applyMarks = (target: Node, marks: ReadonlyArray<Path>): void => {
  for (const mark of marks) {
    let node: Node | undefined = target
    for (const step of mark.slice(0, -1)) node = typeof step === "string" ? mappingOf(node)?.get(step) : undefined
    const last = mark.at(-1)
    if (typeof last === "string") mappingOf(node)?.entries.delete(last)
  }
}
