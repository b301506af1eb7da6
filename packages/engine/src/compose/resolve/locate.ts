/** Finds the node, and so the place, that a path of the resolved model came from. */
import type { Place } from "../../model/Place.ts"
import type { Node, Path } from "../tree/Node.ts"

/** The nodes from the root towards `path`, as far as the tree goes. */
const walk = (root: Node, path: Path): Node[] => {
  const trail: Node[] = [root]
  for (const step of path) {
    const node = trail.at(-1)!
    const next =
      node.kind === "mapping"
        ? node.get(String(step))
        : node.kind === "list"
          ? typeof step === "number"
            ? node.items[step]
            : node.items.find((item) => isNamed(item, step))
          : undefined
    if (next === undefined) break
    trail.push(next)
  }
  return trail
}

/** `KEY=value` stands for the key of the mapping that the list became. */
const isNamed = (item: Node, name: string): boolean => {
  if (item.kind !== "scalar" || typeof item.value !== "string") return false
  return item.value === name || item.value.startsWith(`${name}=`) || item.value.startsWith(`${name}:`)
}

export const findNode = (root: Node, path: Path): Node | undefined =>
  walk(root, path).findLast((node) => hasPlace(node))

const hasPlace = (node: Node): boolean => node.source !== undefined && (node.at >= 0 || node.keyAt >= 0)

export const locate = (root: Node, path: Path): Place | undefined => {
  const node = findNode(root, path)
  return node?.kind === "scalar" ? node.place : node?.keyPlace
}
