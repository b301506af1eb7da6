/** `extends`: a service takes over another one, of the same file or of another. */
import { Effect } from "effect"
import { absolute, parentOf, relativePath } from "../text/path.ts"
import { clone, formatPath, isNull, Mapping, mappingOf, type Node, type Path, textOf } from "../tree/Node.ts"
import { type Base, type Group, isRemote, type Marks } from "./Group.ts"
import { readNamed } from "./Loading.ts"
import { applyMarks, mergeService } from "./merge.ts"
import { resolvePaths } from "./paths.ts"

interface Extending {
  readonly group: Group
  /** The file whose text is being read. */
  readonly file: string
  /** `service in file`, from the first to this one. */
  readonly trail: ReadonlyArray<string>
}

export const applyExtends = Effect.fnUntraced(function* (group: Group, file: string, own: Mapping, marks: Marks) {
  const services = mappingOf(own.get("services"))
  if (services === undefined) return
  for (const [name, service] of services.entries)
    if (service.kind === "mapping" && service.entries.has("extends"))
      yield* extendService({ group, file, trail: [] }, name, services, marks)
})

/** The service with what it extends below it; written back, so that each is joined once. */
const extendService: (
  extending: Extending,
  name: string,
  services: Mapping,
  marks: Marks,
) => Effect.Effect<Mapping | undefined> = Effect.fnUntraced(function* (extending, name, services, marks) {
  const service = mappingOf(services.get(name))
  const extend = service?.get("extends")
  if (service === undefined || extend === undefined) return service
  const { group, file } = extending
  const { findings } = group.loading
  const where: Path = ["services", name, "extends"]
  const give = (code: "extends" | "cycle", message: string, remedy: string): undefined => {
    findings.error(code, extend, where, { message: `${formatPath(where)}: ${message}`, remedy })
    service.entries.delete("extends")
    return undefined
  }
  const reference = textOf(extend) ?? textOf(mappingOf(extend)?.get("service"))
  if (reference === undefined) return give("extends", "service is missing", "Name the service to extend.")
  const named = mappingOf(extend)?.get("file")
  const other = textOf(named)
  let base: Base | undefined = { services, marks }
  if (other !== undefined) {
    if (isRemote(group.loading, other, extend, where))
      return give("extends", "its file is not at hand", "Name a local file.")
    base = yield* readBase(group, other, extend, where)
    if (base === undefined) {
      service.entries.delete("extends")
      return undefined
    }
  } else if (named !== undefined && !isNull(named))
    return give("extends", "file must be text", "Write the path of a file.")
  if (!base.services.entries.has(reference))
    return give(
      "extends",
      `service ${reference} is not defined in ${other ?? file}`,
      "Check the name of the service, and that of its file.",
    )
  const origin = other ?? file
  const step = `${name} in ${origin}`
  if (extending.trail.includes(step) || extending.trail.length > 100)
    return give(
      "cycle",
      `services extend each other in a circle: ${[...extending.trail, step].join(" → ")}`,
      "Remove one of these.",
    )
  const trail = [...extending.trail, step]
  const extended = yield* extendService({ ...extending, trail }, reference, base.services, base.marks)
  if (extended === undefined) {
    if (isNull(base.services.get(reference))) service.entries.delete("extends")
    return service
  }
  const copy = mappingOf(clone(extended))!
  applyMarks(new Mapping(new Map([["services", new Mapping(new Map([[name, copy]]))]])), marks)
  const joined = mergeService(copy, service, ["services", name], findings)
  joined.entries.delete("extends")
  joined.keyAt = service.keyAt
  services.entries.set(name, joined)
  return joined
})

/** The services of a file that `extends` names; each caller gets its own copy. */
const readBase = Effect.fnUntraced(function* (group: Group, path: string, at: Node, where: Path) {
  const file = absolute(group.directory, path)
  const workingDirectory = relativePath(group.directory, parentOf(file))
  const key = `${file}\0${workingDirectory}`
  const known = group.bases.get(key)
  if (known !== undefined) return { ...known, services: mappingOf(clone(known.services))! }
  const text = yield* readNamed(group.loading, file, at, where)
  if (text === undefined) return undefined
  const { tree, marks } = yield* group.reader.part(group, { path: file, text })
  const services = mappingOf(tree.get("services"))
  if (services === undefined) {
    group.loading.findings.error("extends", at, where, {
      message: `${formatPath(where)}: ${path} defines no services`,
      expected: "a file with services",
      remedy: "Check the path.",
    })
    return undefined
  }
  resolvePaths(tree, { base: workingDirectory, home: group.loading.home, findings: group.loading.findings })
  const base = { services, marks }
  group.bases.set(key, { services: mappingOf(clone(services))!, marks })
  return base
})
