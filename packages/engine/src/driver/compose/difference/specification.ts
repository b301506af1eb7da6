/**
 * The keys of the Compose Specification, all that may be written, and which of them a stack uses. Paths are those of the parity
 * table: `services.*.ports.target`; a `*` stands for a name that the user chooses, list items have no part of their own.
 */
import type { Shape } from "../../../compose/shape/Shape.ts"
import { composeFile } from "../../../compose/shape/specification.ts"
import type { ParityTable } from "../../Parity.ts"

const extension = /^x-/

/** Every path below a shape. */
const walk = (shape: Shape, path: string): ReadonlyArray<string> => {
  const below = (key: string) => (path === "" ? key : `${path}.${key}`)
  const { mapping, list } = shape
  return [
    ...(list === undefined ? [] : walk(list.item, path)),
    ...Object.entries(mapping?.keys ?? {}).flatMap(([key, part]) => [below(key), ...walk(part, below(key))]),
    // Names that mean nothing by themselves (variables, labels) are no keys.
    ...(mapping?.names === undefined ? [] : walk(mapping.names.value, below("*"))),
  ]
}

/** Every key of the specification, nested ones too. */
export const specification: ReadonlyArray<string> = [...new Set(walk(composeFile, ""))].toSorted()

const known = new Set(specification)
/** Places where users choose the names. */
const mappings = new Set(
  specification.flatMap((path) => [...path.matchAll(/\.\*/g)].map(({ index }) => path.slice(0, index))),
)

const saysNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === "object" && Object.keys(value).length === 0)

/** The keys that a document says something with: a resolved model, or a Compose file as it was written. */
export const keysUsed = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => keysUsed(item, path))
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => {
    if (extension.test(key)) return []
    const exact = path === "" ? key : `${path}.${key}`
    const at = known.has(exact) ? exact : mappings.has(path) ? `${path}.*` : undefined
    if (at === undefined) return []
    return [...(saysNothing(item) ? [] : [at]), ...keysUsed(item, at)]
  })
}

/** Keys that neither a stack uses nor the driver refuses. */
export const unproved = (used: ReadonlySet<string>, parity: ParityTable): ReadonlyArray<string> => {
  const refused = parity.flatMap(({ path, level }) => (level === "refused" ? [path] : []))
  return specification.filter(
    (path) => !used.has(path) && !refused.some((prefix) => path === prefix || path.startsWith(`${prefix}.`)),
  )
}
