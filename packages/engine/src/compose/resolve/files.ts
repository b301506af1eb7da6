/** Reads Compose files into one tree: documents, `include`, `extends` and overrides, in the reference's order. */
import { Effect, Redacted } from "effect"
import { composeFile } from "../shape/specification.ts"
import { validate } from "../shape/validate.ts"
import type { Lookup } from "../text/template.ts"
import { listAt, Mapping, mappingOf, scalarAt, Source, textOf } from "../tree/Node.ts"
import type { YamlDocument } from "../tree/expand.ts"
import { readYaml } from "../tree/read.ts"
import { canonical } from "./canonical.ts"
import { checkFile, setDefaults } from "./defaults.ts"
import { applyExtends } from "./extends.ts"
import type { ComposeText, Group, Marks, Reader } from "./Group.ts"
import { applyIncludes } from "./include.ts"
import { interpolate } from "./interpolate.ts"
import type { Loading, Variables } from "./Loading.ts"
import { applyMarks, mergeFiles } from "./merge.ts"
import { resolvePaths } from "./paths.ts"
import { enforceUnique } from "./unique.ts"

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
): Effect.Effect<Mapping> => readGroup(projectGroup(loading, workingDirectory, variables), files)

/** The same for a tree that was made in code: one document, no variables. */
export const readTree = (
  loading: Loading,
  root: Mapping,
  workingDirectory: string,
  variables: Variables,
): Effect.Effect<Mapping> => {
  const group = projectGroup(loading, workingDirectory, variables)
  return Effect.map(joinDocument(group, "", { root, marks: [] }, new Mapping(new Map()), true), (tree) =>
    finish(group, tree),
  )
}

const projectGroup = (loading: Loading, workingDirectory: string, variables: Variables): Group => ({
  loading,
  workingDirectory,
  directory: workingDirectory,
  variables,
  trail: [],
  bases: new Map(),
  reader,
})

const readGroup = Effect.fnUntraced(function* (group: Group, files: ReadonlyArray<ComposeText>) {
  let tree = new Mapping(new Map())
  const own = { ...group, bases: new Map() }
  for (const file of files) tree = (yield* readFile(own, file, tree, true)).tree
  return finish(group, tree)
})

/** What the group's files mean together. */
const finish = (group: Group, tree: Mapping): Mapping => {
  const { loading, variables } = group
  setDefaults(tree)
  if (loading.validate) checkFile(tree, loading.findings)
  resolvePaths(tree, { base: group.workingDirectory, home: loading.home, findings: loading.findings })
  resolveEnvironment(tree, loading, variables)
  return tree
}

/** All documents of a file over `tree`. */
const readFile: (
  group: Group,
  file: ComposeText,
  tree: Mapping,
  whole: boolean,
) => Effect.Effect<{ readonly tree: Mapping; readonly marks: Marks }> = Effect.fnUntraced(
  function* (group, file, tree, whole) {
    const { findings } = group.loading
    const source = new Source(file.path, file.text)
    let merged = tree
    let marks: Marks = []
    for (const document of readYaml(source, findings) ?? []) {
      marks = document.marks
      if (document.root.kind === "mapping")
        merged = yield* joinDocument(group, file.path, { root: document.root, marks }, merged, whole)
      else
        findings.error("type", document.root.place ?? source.place(0), [], {
          message: "a Compose file must be a mapping",
          expected: "a mapping with services, networks, volumes, …",
          remedy: "Begin with `services:`.",
        })
    }
    return { tree: merged, marks }
  },
)

interface MappingDocument extends YamlDocument {
  readonly root: Mapping
}

/** One document over `tree`; only a whole file is checked, and its includes and extensions followed. */
const joinDocument = Effect.fnUntraced(function* (
  group: Group,
  file: string,
  { root, marks }: MappingDocument,
  tree: Mapping,
  whole: boolean,
) {
  const { loading } = group
  const { findings } = loading
  if (loading.interpolate) interpolate(root, { lookup: lookupIn(group.variables), findings })
  if (whole) yield* applyIncludes({ ...group, trail: [...group.trail, file] }, root, marks)
  applyMarks(tree, marks)
  if (whole) yield* applyExtends(group, file, root, marks)
  const merged = mergeFiles(tree, root, findings)
  enforceUnique(merged, findings)
  if (whole && loading.validate) validate(merged, composeFile, [], findings)
  const version = merged.get("version")
  if (whole && version !== undefined) {
    findings.warn("obsolete", version, ["version"], {
      message: "version has no meaning any more",
      remedy: "Remove the line.",
    })
    merged.entries.delete("version")
  }
  canonical(merged, { findings, lenient: !loading.interpolate })
  enforceUnique(merged, findings)
  return merged
})

const reader: Reader = {
  group: readGroup,
  part: (group, file) => readFile(group, file, new Mapping(new Map()), false),
}

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
