/** Replaces variables in every string of a file, and turns the strings of typed keys into what the key holds. */
import type { Findings } from "../Findings.ts"
import { type Lookup, substitute, TemplateError, type Variable, variablesOf } from "../text/template.ts"
import {
  Float,
  formatPath,
  keepEntries,
  keepItems,
  type Node,
  type Path,
  Scalar,
  type ScalarValue,
  type Trail,
  type List,
  type Mapping,
} from "../tree/Node.ts"

type Cast = "whole" | "float" | "boolean"
/** `*` stands for any key, `[]` for the items of a list. */
interface Casts {
  readonly [step: string]: Cast | Casts
}

const update: Casts = { parallelism: "whole", max_failure_ratio: "float" }
const external: Casts = { "*": { external: "boolean" } }
const CASTS: Casts = {
  services: {
    "*": {
      cpu_count: "whole",
      cpu_percent: "float",
      cpu_period: "whole",
      cpu_quota: "whole",
      cpu_rt_period: "whole",
      cpu_rt_runtime: "whole",
      cpus: "float",
      cpu_shares: "whole",
      init: "boolean",
      depends_on: { "*": { required: "boolean", restart: "boolean" } },
      deploy: {
        replicas: "whole",
        update_config: update,
        rollback_config: update,
        restart_policy: { max_attempts: "whole" },
        placement: { max_replicas_per_node: "whole" },
      },
      healthcheck: { retries: "whole", disable: "boolean" },
      oom_kill_disable: "boolean",
      oom_score_adj: "whole",
      pids_limit: "whole",
      ports: { "[]": { target: "whole" } },
      privileged: "boolean",
      read_only: "boolean",
      scale: "whole",
      stdin_open: "boolean",
      tty: "boolean",
      // A limit is one number, or a mapping of two.
      ulimits: { "*": { "": "whole", hard: "whole", soft: "whole" } },
      volumes: { "[]": { read_only: "boolean", volume: { nocopy: "boolean" } } },
    },
  },
  networks: {
    "*": {
      external: "boolean",
      internal: "boolean",
      attachable: "boolean",
      enable_ipv4: "boolean",
      enable_ipv6: "boolean",
    },
  },
  volumes: external,
  secrets: external,
  configs: external,
}

export const castBoolean = (text: string): boolean | undefined => {
  switch (text.toLowerCase()) {
    case "true":
    case "y":
    case "yes":
    case "on":
      return true
    case "false":
    case "n":
    case "no":
    case "off":
      return false
    default:
      return undefined
  }
}

export const castWhole = (text: string): number | bigint | undefined => {
  if (!/^[-+]?[0-9]+$/.test(text)) return undefined
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text)
  if (value < -(2n ** 63n) || value >= 2n ** 63n) return undefined
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

export const castFloat = (text: string): number | undefined => {
  if (/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  if (/^[-+]?inf(?:inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity
  return /^nan$/i.test(text) ? Number.NaN : undefined
}

const EXPECTED: Readonly<Record<Cast, string>> = {
  whole: "a whole number",
  float: "a number",
  boolean: "true or false",
}

export interface Interpolation {
  readonly lookup: Lookup
  readonly findings: Findings
}

/** Changes the tree; values that could not be substituted are taken out after a finding was added. */
export const interpolate = (root: Node, using: Interpolation): void => {
  walk(root, [], CASTS, using)
}

/** What stands in the node's place, undefined when nothing can. */
const walk = (node: Node, path: Trail, casts: Cast | Casts | undefined, using: Interpolation): Node | undefined => {
  switch (node.kind) {
    case "scalar":
      return typeof node.value === "string"
        ? text(node, node.value, path, typeof casts === "object" ? casts[""] : casts, using)
        : node
    case "list":
      walkList(node, path, typeof casts === "object" ? casts["[]"] : undefined, using)
      return node
    case "mapping":
      walkMapping(node, path, casts, using)
      return node
  }
}

// Apart, for a closure in `walk` would make every call of it allocate what the closure sees.
const walkList = (node: List, path: Trail, next: Cast | Casts | undefined, using: Interpolation): void =>
  keepItems(node, path, (item) => walk(item, path, next, using))

const walkMapping = (node: Mapping, path: Trail, casts: Cast | Casts | undefined, using: Interpolation): void =>
  keepEntries(node, path, (item, key) =>
    walk(
      item,
      path,
      typeof casts === "object" ? (Object.hasOwn(casts, key) && key !== "" ? casts[key] : casts["*"]) : undefined,
      using,
    ),
  )

const text = (
  node: Scalar,
  value: string,
  path: Trail,
  cast: Cast | Casts | undefined,
  using: Interpolation,
): Node | undefined => {
  const { findings } = using
  const result = value.includes("$") ? replaced(node, value, path, using) : value
  if (result === undefined) return undefined
  if (typeof cast !== "string") return result === value ? node : new Scalar(result, node.source, node.at, node.keyAt)
  const casted = castTo(cast, result)
  if (casted !== undefined) return new Scalar(casted, node.source, node.at, node.keyAt)
  findings.error("type", node, path, {
    message: `${formatPath(path)}: "${result}" is not ${EXPECTED[cast]}`,
    expected: EXPECTED[cast],
    remedy: `Write ${EXPECTED[cast]}.`,
  })
  return undefined
}

const replaced = (
  node: Scalar,
  value: string,
  path: Trail,
  { lookup, findings }: Interpolation,
): string | undefined => {
  try {
    return substitute(value, {
      lookup,
      unset: (name) =>
        findings.warn("variable-unset", node, path, {
          message: `variable ${name} is not set: an empty text stands in its place`,
          remedy: `Set ${name} in the environment or in .env, or give a default: \${${name}:-value}.`,
        }),
    })
  } catch (cause) {
    if (!(cause instanceof TemplateError)) throw cause
    report(cause, node, path, findings)
    return undefined
  }
}

const castTo = (cast: Cast, value: string): ScalarValue | undefined => {
  switch (cast) {
    case "whole":
      return castWhole(value)
    case "float": {
      const number = castFloat(value)
      return number === undefined ? undefined : new Float(number)
    }
    case "boolean":
      return castBoolean(value)
  }
}

const report = (error: TemplateError, node: Scalar, path: Path, findings: Findings): void => {
  const { problem } = error
  switch (problem.kind) {
    case "invalid":
      findings.error("interpolation", node, path, {
        message: `${formatPath(path)}: invalid variable reference in "${problem.template}"`,
        expected: "$NAME, ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+alternative}",
        remedy: "Write $$ for a dollar sign that is meant literally.",
      })
      return
    case "required":
      findings.error("variable-required", node, path, {
        message: `${formatPath(path)}: required variable ${problem.variable} is missing a value${problem.reason === "" ? "" : `: ${problem.reason}`}`,
        remedy: `Set ${problem.variable} in the environment or in .env.`,
      })
      return
    case "too-large":
      findings.error("too-large", node, path, {
        message: `${formatPath(path)}: the substitution grows beyond all bounds`,
        remedy: "Nest fewer defaults.",
      })
  }
}

/** Every variable a tree asks for; the last mention of a name counts. */
export const collectVariables = (root: Node): Map<string, Variable> => {
  const found = new Map<string, Variable>()
  const visit = (node: Node): void => {
    if (node.kind === "list") node.items.forEach(visit)
    else if (node.kind === "mapping") node.entries.forEach(visit)
    else if (typeof node.value === "string") for (const v of variablesOf(node.value)) found.set(v.name, v)
  }
  visit(root)
  return found
}
