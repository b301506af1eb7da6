/** Reads Compose files into one tree: documents, `include`, `extends` and overrides, in the reference's order. */
import { Effect, Redacted } from "effect"
import { composeFile } from "../shape/specification.ts"
import { validate } from "../shape/validate.ts"
import { absolute, isAbsolute, joinPath, parentOf, relativePath } from "../text/path.ts"
import type { Lookup } from "../text/template.ts"
import {
  clone,
  formatPath,
  isNull,
  listAt,
  Mapping,
  mappingOf,
  type Node,
  type Path,
  scalarAt,
  Source,
  textOf,
} from "../tree/Node.ts"
import { readYaml } from "../tree/read.ts"
import { canonical } from "./canonical.ts"
import { checkFile, setDefaults } from "./defaults.ts"
import { interpolate } from "./interpolate.ts"
import { type Loading, read, readNamed, readVariables, type Variables } from "./Loading.ts"
import { applyMarks, mergeFiles, mergeResource, mergeService } from "./merge.ts"
import { resolvePaths } from "./paths.ts"
import { enforceUnique } from "./unique.ts"

/** A Compose file whose text is at hand. */
export interface ComposeText {
  readonly path: string
  readonly text: string
}

type Marks = ReadonlyArray<Path>

/** Where a group of files stands: the project itself, or one `include`. */
interface Group {
  readonly loading: Loading
  /** Absolute for the project, relative to the includer for an include. */
  readonly workingDirectory: string
  /** What relative `include` and `extends` paths are seen from; absolute. */
  readonly directory: string
  readonly variables: Variables
  /** Files on the way from the project to this include. */
  readonly trail: ReadonlyArray<string>
  /** Files that `extends` names, read once a group. */
  readonly bases: Map<string, Base>
}

interface Base {
  readonly services: Mapping
  readonly marks: Marks
}

const lookupIn =
  (variables: Variables): Lookup =>
  (name) =>
    variables.get(name)

/** The project's files as one tree in the long syntax, paths absolute. */
export const readProject = (
  loading: Loading,
  files: ReadonlyArray<ComposeText>,
  workingDirectory: string,
  variables: Variables,
): Effect.Effect<Mapping> =>
  readGroup({ loading, workingDirectory, directory: workingDirectory, variables, trail: [], bases: new Map() }, files)

const readGroup = Effect.fnUntraced(function* (group: Group, files: ReadonlyArray<ComposeText>) {
  let tree = new Mapping(new Map())
  for (const file of files) tree = (yield* readFile(group, file, tree, true)).tree
  const { loading, variables } = group
  setDefaults(tree)
  if (loading.validate) checkFile(tree, loading.findings)
  resolvePaths(tree, { base: group.workingDirectory, home: loading.home, findings: loading.findings })
  resolveEnvironment(tree, loading, variables)
  return tree
})

/** All documents of a file over `tree`. A file that `extends` names is not whole: it is neither checked nor followed. */
const readFile: (
  group: Group,
  file: ComposeText,
  tree: Mapping,
  whole: boolean,
) => Effect.Effect<{ readonly tree: Mapping; readonly marks: Marks }> = Effect.fnUntraced(
  function* (group, file, tree, whole) {
    const { findings } = group.loading
    const source = new Source(file.path, file.text)
    const documents = readYaml(source, findings) ?? []
    let merged = tree
    let marks: Marks = []
    for (const document of documents) {
      marks = document.marks
      if (document.root.kind !== "mapping") {
        findings.error("type", document.root.place ?? source.place(0), [], {
          message: "a Compose file must be a mapping",
          expected: "a mapping with services, networks, volumes, …",
          remedy: "Begin with `services:`.",
        })
        continue
      }
      const own = document.root
      if (group.loading.interpolate) interpolate(own, { lookup: lookupIn(group.variables), findings })
      if (whole) {
        const trail = [...group.trail, file.path]
        yield* applyIncludes({ ...group, trail }, own, marks)
      }
      applyMarks(merged, marks)
      if (whole) yield* applyExtends(group, file.path, own, marks)
      merged = mergeFiles(merged, own, findings)
      enforceUnique(merged, findings)
      if (whole && group.loading.validate) validate(merged, composeFile, [], findings)
      const version = merged.get("version")
      if (whole && version !== undefined) {
        findings.warn("obsolete", version, ["version"], {
          message: "version has no meaning any more",
          remedy: "Remove the line.",
        })
        merged.entries.delete("version")
      }
      canonical(merged, { findings, lenient: !group.loading.interpolate })
      enforceUnique(merged, findings)
    }
    return { tree: merged, marks }
  },
)

/** Configs and secrets whose content is a variable: the value is kept aside, never in the tree. */
const resolveEnvironment = (tree: Mapping, loading: Loading, variables: Variables): void => {
  mappingOf(tree.get("services"))?.entries.forEach((service) => {
    const environment = mappingOf(service)?.get("environment")
    if (environment?.kind !== "list") return
    mappingOf(service)!.entries.set(
      "environment",
      listAt(
        environment.items.map((item) => {
          const name = textOf(item)
          const value = name === undefined ? undefined : variables.get(name)
          return value === undefined ? item : scalarAt(`${name}=${value}`, item)
        }),
        environment,
      ),
    )
  })
  for (const section of ["configs", "secrets"])
    mappingOf(tree.get(section))?.entries.forEach((file, name) => {
      const variable = textOf(mappingOf(file)?.get("environment"))
      const value = variable === undefined ? undefined : variables.get(variable)
      if (value !== undefined) loading.contents.set(`${section}/${name}`, Redacted.make(value))
    })
}

// ---- include

const SECTIONS = ["services", "volumes", "networks", "secrets", "configs", "models"]
const REMOTE = /^(?:oci:|git:|https?:|ssh:|file:|git@|github\.com\/)/

/** Whether a path names something that must be fetched; that is a finding, for fetching is not part of loading. */
const isRemote = (loading: Loading, path: string, at: Node, where: Path): boolean => {
  if (!REMOTE.test(path)) return false
  loading.findings.error("capability", at, where, {
    message: `${formatPath(where)}: ${path} lies on another host${loading.capability.allowRemote ? ", and fetching it is not supported" : ", which is not allowed here"}`,
    expected: "a path of this project",
    remedy: "Fetch it into the project first, and name the local copy.",
  })
  return true
}

const pathsOf = (node: Node | undefined): string[] => {
  const text = textOf(node)
  if (text !== undefined) return [text]
  return node?.kind === "list" ? node.items.flatMap((item) => textOf(item) ?? []) : []
}

const applyIncludes: (group: Group, own: Mapping, marks: Marks) => Effect.Effect<void> = Effect.fnUntraced(
  function* (group, own, marks) {
    const includes = own.get("include")
    if (includes === undefined) return
    own.entries.delete("include")
    if (isNull(includes)) return
    const { findings } = group.loading
    // Checked here, for the key is gone before the file is checked as a whole.
    validate(new Mapping(new Map([["include", includes]])), composeFile, [], findings)
    if (includes.kind !== "list") return
    for (const [i, item] of includes.items.entries()) yield* applyInclude(group, own, marks, item, ["include", i])
  },
)

const applyInclude = Effect.fnUntraced(function* (group: Group, own: Mapping, marks: Marks, item: Node, where: Path) {
  const { loading } = group
  const entry = mappingOf(item)
  const paths = entry === undefined ? pathsOf(item) : pathsOf(entry.get("path"))
  if (paths.some((path) => isRemote(loading, path, item, where))) return
  const files = paths.map((path) => absolute(group.directory, path))
  const main = files[0]
  let projectDirectory = textOf(entry?.get("project_directory")) ?? ""
  let workingDirectory = projectDirectory
  if (main !== undefined) {
    if (projectDirectory === "") {
      projectDirectory = parentOf(main)
      workingDirectory = relativePath(group.directory, projectDirectory)
    } else if (!isAbsolute(projectDirectory)) {
      workingDirectory = relativePath(group.directory, absolute(group.directory, projectDirectory))
      projectDirectory = absolute(loading.directory, joinPath(group.workingDirectory, projectDirectory))
    }
    if (group.trail.includes(main)) {
      loading.findings.error("cycle", item, where, {
        message: `files include each other in a circle: ${[...group.trail.slice(group.trail.indexOf(main)), main].join(" → ")}`,
        remedy: "Remove one of these includes.",
      })
      return
    }
  }
  const texts: ComposeText[] = []
  for (const path of files) {
    const text = yield* readNamed(loading, path, item, where)
    if (text !== undefined) texts.push({ path, text })
  }
  if (texts.length < files.length) return
  const variables = yield* includedVariables(group, entry, projectDirectory, where)
  const imported = yield* readGroup(
    {
      loading,
      workingDirectory,
      directory: absolute(loading.directory, projectDirectory),
      variables,
      trail: group.trail,
      bases: new Map(),
    },
    texts,
  )
  for (const section of SECTIONS) importSection(loading, imported, own, section, marks)
})

/** The includer's variables, and below them those of the include's env files. */
const includedVariables = Effect.fnUntraced(function* (
  group: Group,
  entry: Mapping | undefined,
  projectDirectory: string,
  where: Path,
) {
  const { loading } = group
  const named = pathsOf(entry?.get("env_file"))
  let files: string[]
  if (named.length === 0) {
    const own = absolute(loading.directory, joinPath(projectDirectory, ".env"))
    files = (yield* read(loading, own))._tag === "text" ? [own] : []
  } else
    files = named
      .filter((path) => path !== "/dev/null")
      .map((path) => absolute(loading.directory, isAbsolute(path) ? path : joinPath(group.workingDirectory, path)))
  const found = yield* readVariables(loading, files, group.variables, entry?.get("env_file") ?? entry, where)
  return new Map([...found, ...group.variables])
})

const importSection = (loading: Loading, from: Mapping, into: Mapping, section: string, marks: Marks): void => {
  const source = mappingOf(from.get(section))
  if (source === undefined) return
  const written = into.get(section)
  const target = mappingOf(written) ?? new Mapping(new Map(), written?.source, written?.at, written?.keyAt)
  for (const [name, resource] of source.entries) {
    const own = target.get(name)
    if (own === undefined) {
      target.entries.set(name, resource)
      continue
    }
    applyMarks(new Mapping(new Map([[section, new Mapping(new Map([[name, resource]]))]])), marks)
    target.entries.set(name, mergeResource(resource, own, [section, name], loading.findings))
  }
  into.entries.set(section, target)
}

// ---- extends

interface Extending {
  readonly group: Group
  /** The file whose text is being read. */
  readonly file: string
  /** `service in file`, from the first to this one. */
  readonly trail: ReadonlyArray<string>
}

const applyExtends = Effect.fnUntraced(function* (group: Group, file: string, own: Mapping, marks: Marks) {
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
  const { tree, marks } = yield* readFile(group, { path: file, text }, new Mapping(new Map()), false)
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
