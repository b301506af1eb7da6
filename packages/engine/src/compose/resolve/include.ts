/** `include`: other Compose files join this one before it is merged. */
import { Effect } from "effect"
import { composeFile } from "../shape/specification.ts"
import { validate } from "../shape/validate.ts"
import { absolute, isAbsolute, joinPath, parentOf, relativePath } from "../text/path.ts"
import { formatPath, isNull, Mapping, mappingOf, type Node, type Path, textOf } from "../tree/Node.ts"
import { type ComposeText, type Group, isRemote, type Marks } from "./Group.ts"
import { type Loading, read, readNamed, readVariables } from "./Loading.ts"
import { applyMarks, mergeResource } from "./merge.ts"

const SECTIONS = ["services", "volumes", "networks", "secrets", "configs", "models"]

const pathsOf = (node: Node | undefined): string[] => {
  const text = textOf(node)
  if (text !== undefined) return [text]
  return node?.kind === "list" ? node.items.flatMap((item) => textOf(item) ?? []) : []
}

export const applyIncludes: (group: Group, own: Mapping, marks: Marks) => Effect.Effect<void> = Effect.fnUntraced(
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
  for (const [key, value] of entry?.entries ?? [])
    if (key !== "path" && key !== "env_file" && key !== "project_directory")
      loading.findings.warn("unknown-key", value, [...where, key], {
        message: `${formatPath(where)}: unknown key "${key}" has no effect`,
        remedy: "Remove it.",
      })
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
  const imported = yield* group.reader.group(
    {
      ...group,
      workingDirectory,
      directory: absolute(loading.directory, projectDirectory),
      variables,
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
