/** Changes the YAML tree of a Compose file: comments, order, quotes and anchors of the rest stay. */
import { Result } from "effect"
import {
  Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Pair,
  parseDocument,
  Scalar,
  YAMLMap,
  type YAMLSeq,
} from "yaml"
import type { ModelPath } from "../../model/Stack.ts"
import { type Edit, EditRefused } from "./Edit.ts"
import { keepLayout } from "./layout.ts"
import { renameReferences } from "./rename.ts"
import { styleOf } from "./style.ts"

/** The text with all edits made in order, or why one of them cannot be. */
export const editCompose = (text: string, edits: ReadonlyArray<Edit>): Result.Result<string, EditRefused> =>
  Result.try({
    try: () => {
      const document: Document = parseDocument(text, { merge: false, uniqueKeys: true, logLevel: "silent" })
      const [error] = document.errors
      if (error !== undefined) throw new EditRefused(`the file cannot be read: ${error.message.split("\n")[0]}`)
      if (document.contents === null) document.contents = new YAMLMap()
      const style = styleOf(text)
      const printed = document.toString(style)
      for (const edit of edits) apply(document, edit)
      return keepLayout(text, printed, document.toString(style))
    },
    catch: (cause) => (cause instanceof EditRefused ? cause : new EditRefused(String(cause))),
  })

const apply = (document: Document, edit: Edit): void => {
  const refuse = (message: string): never => {
    throw new EditRefused(message, edit)
  }
  switch (edit.do) {
    case "addService":
      checkName(edit.name, refuse)
      if (services(document)?.has(edit.name) === true) refuse(`service ${edit.name} is there already`)
      set(document, ["services", edit.name], edit.service, refuse)
      return
    case "removeService":
      if (services(document)?.has(edit.name) !== true) refuse(`there is no service ${edit.name}`)
      remove(document, ["services", edit.name], refuse)
      return
    case "renameService": {
      checkName(edit.to, refuse)
      const all = services(document)
      const pair = all?.items.find(({ key }) => keyOf(key) === edit.from) ?? refuse(`there is no service ${edit.from}`)
      if (all?.has(edit.to) === true) refuse(`service ${edit.to} is there already`)
      if (isScalar(pair.key)) pair.key.value = edit.to
      else pair.key = document.createNode(edit.to)
      renameReferences(document, edit.from, edit.to)
      return
    }
    case "set":
      set(document, edit.path, edit.value, refuse)
      return
    case "remove":
      remove(document, edit.path, refuse)
      return
    case "connect":
      connect(document, edit.service, edit.on, edit.condition, refuse)
      return
    case "disconnect":
      disconnect(document, edit.service, edit.on, refuse)
  }
}

type Refuse = (message: string) => never

const keyOf = (key: unknown): string => (isScalar(key) ? String(key.value) : String(key))

const checkName = (name: string, refuse: Refuse): void => {
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) refuse(`"${name}" is not a name for a service`)
}

const services = (document: Document): YAMLMap | undefined => {
  const found = document.get("services", true)
  return isMap(found) ? found : undefined
}

/** A mapping or list that may be written to; what stands behind an alias is taken over by a merge key, never changed. */
const writable = (
  document: Document,
  parent: YAMLMap | YAMLSeq,
  step: string | number,
  refuse: Refuse,
): YAMLMap | YAMLSeq => {
  const found = parent.get(step, true) as unknown
  if (isMap(found) || isSeq(found)) return found
  if (isAlias(found)) {
    const target = found.resolve(document)
    if (!isMap(target)) return refuse(`${String(step)} is an alias of a list; change the anchor instead`)
    const own = new YAMLMap(document.schema)
    own.items.push(new Pair(new Scalar("<<"), new Alias(found.source)))
    parent.set(step, own)
    return own
  }
  if (found !== undefined && found !== null && !(isScalar(found) && found.value === null))
    return refuse(`${String(step)} holds a single value`)
  const made = new YAMLMap(document.schema)
  // A key without a value may carry a comment.
  if (isScalar(found)) made.commentBefore = found.comment ?? found.commentBefore ?? null
  parent.set(step, made)
  return made
}

const root = (document: Document, refuse: Refuse): YAMLMap =>
  isMap(document.contents) ? document.contents : refuse("the file is not a mapping")

const set = (document: Document, path: ModelPath, value: unknown, refuse: Refuse): void => {
  const last = path.at(-1) ?? refuse("an empty path names nothing")
  let node: YAMLMap | YAMLSeq = root(document, refuse)
  for (const step of path.slice(0, -1)) {
    checkStep(node, step, refuse)
    node = writable(document, node, step, refuse)
  }
  checkStep(node, last, refuse)
  const existing = node.get(last, true) as unknown
  // A scalar keeps its comment, and its quotes where they still fit.
  if (isScalar(existing) && (value === null || typeof value !== "object")) {
    const kept = new Scalar(value)
    if (typeof value === "string" && typeof existing.value === "string" && existing.type !== undefined)
      kept.type = existing.type
    if (typeof existing.comment === "string") kept.comment = existing.comment
    if (existing.anchor !== undefined) kept.anchor = existing.anchor
    node.set(last, kept)
  } else node.set(last, document.createNode(value))
}

const checkStep = (node: YAMLMap | YAMLSeq, step: string | number, refuse: Refuse): void => {
  if (isMap(node)) {
    if (typeof step === "number") refuse(`${step} is an index, but a mapping stands there`)
  } else if (typeof step !== "number" || step < 0 || step > node.items.length)
    refuse(`${step} is not an index of the list`)
}

const remove = (document: Document, path: ModelPath, refuse: Refuse): void => {
  const last = path.at(-1) ?? refuse("an empty path names nothing")
  let node: unknown = document.contents
  for (const step of path.slice(0, -1)) node = isMap(node) || isSeq(node) ? node.get(step, true) : undefined
  if (isAlias(node)) refuse("it comes from an anchor; change the anchor instead")
  const anchors = isMap(node) || isSeq(node) ? anchorsIn(node.get(last, true)) : new Set<string>()
  if (!(isMap(node) || isSeq(node)) || !node.delete(last)) refuse(`${path.join(".")} is not there`)
  for (const name of anchors) if (isUsed(document.contents, name)) refuse(`the anchor &${name} in it is used elsewhere`)
}

const anchorsIn = (node: unknown, found = new Set<string>()): Set<string> => {
  if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) found.add(node.anchor)
  if (isMap(node)) for (const { value } of node.items) anchorsIn(value, found)
  if (isSeq(node)) for (const item of node.items) anchorsIn(item, found)
  return found
}

const isUsed = (node: unknown, anchor: string): boolean => {
  if (isAlias(node)) return node.source === anchor
  if (isMap(node)) return node.items.some(({ key, value }) => isUsed(key, anchor) || isUsed(value, anchor))
  return isSeq(node) && node.items.some((item) => isUsed(item, anchor))
}

const serviceOf = (document: Document, name: string, refuse: Refuse): YAMLMap => {
  const all = services(document)
  if (all?.has(name) !== true) return refuse(`there is no service ${name}`)
  const found = writable(document, all, name, refuse)
  return isMap(found) ? found : refuse(`service ${name} is not a mapping`)
}

const connect = (document: Document, name: string, on: string, condition: string | undefined, refuse: Refuse): void => {
  if (name === on) refuse("a service cannot depend on itself")
  const service = serviceOf(document, name, refuse)
  if (services(document)?.has(on) !== true) refuse(`there is no service ${on}`)
  const existing = service.get("depends_on", true) as unknown
  if (isSeq(existing)) {
    if (condition === undefined || condition === "service_started") {
      if (!existing.items.some((item) => keyOf(item) === on)) existing.add(document.createNode(on))
      return
    }
    // Only the long form has conditions: the list becomes one, comments of its items included.
    const long = new YAMLMap(document.schema)
    for (const item of existing.items) {
      const pair = new Pair(
        isScalar(item) ? item : new Scalar(keyOf(item)),
        document.createNode({ condition: "service_started" }),
      )
      long.items.push(pair)
    }
    service.set("depends_on", long)
  } else if (!isMap(existing) && (condition === undefined || condition === "service_started")) {
    service.set("depends_on", document.createNode([on]))
    return
  }
  const dependencies = writable(document, service, "depends_on", refuse)
  if (!isMap(dependencies)) return refuse("depends_on is not a mapping")
  const dependency = dependencies.get(on, true) as unknown
  const wanted = condition ?? "service_started"
  if (isMap(dependency)) dependency.set("condition", wanted)
  else dependencies.set(on, document.createNode({ condition: wanted }))
}

const disconnect = (document: Document, name: string, on: string, refuse: Refuse): void => {
  const service = serviceOf(document, name, refuse)
  const existing = service.get("depends_on", true) as unknown
  const index = isSeq(existing) ? existing.items.findIndex((item) => keyOf(item) === on) : -1
  const removed = isSeq(existing) ? index >= 0 && existing.delete(index) : isMap(existing) && existing.delete(on)
  if (!removed) refuse(`${name} does not depend on ${on}`)
  if ((isSeq(existing) || isMap(existing)) && existing.items.length === 0) service.delete("depends_on")
}
