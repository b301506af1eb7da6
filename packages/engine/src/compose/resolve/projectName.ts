/** The name of a project: `-p`, COMPOSE_PROJECT_NAME, the file's `name`, or the folder. */
import type { LoadOptions } from "../Capability.ts"
import { baseName } from "../text/path.ts"
import { Findings } from "../Findings.ts"
import { isNull, Mapping, mappingOf, type Node, Source } from "../tree/Node.ts"
import { sprint } from "../tree/scalar.ts"
import { readYaml } from "../tree/read.ts"
import type { ComposeText } from "./Group.ts"
import { interpolate } from "./interpolate.ts"
import type { Loading, Variables } from "./Loading.ts"

/** Lower case, letters, digits, `-` and `_`, beginning with a letter or digit. */
export const normalizeProjectName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "")

/** Adds a finding when there is no valid name; the result may be empty then. */
export const projectName = (
  options: LoadOptions,
  { findings, interpolate: wanted }: Loading,
  texts: ReadonlyArray<ComposeText>,
  projectDirectory: string,
  variables: Variables,
): string => {
  const given = options.projectName || variables.get("COMPOSE_PROJECT_NAME") || ""
  if (given !== "") {
    if (normalizeProjectName(given) !== given)
      findings.error("name", undefined, [], {
        message: `"${given}" is not a project name`,
        expected: "lower case letters, digits, `-` and `_`, beginning with a letter or digit",
        remedy: `Use ${normalizeProjectName(given) || "another name"}.`,
      })
    return given
  }
  const written = texts.flatMap((text) => namesIn(text)).at(-1)
  if (written === undefined) {
    const folder = normalizeProjectName(baseName(projectDirectory))
    if (folder === "") missing(findings, undefined)
    return folder
  }
  const top = new Mapping(new Map([["name", written]]))
  if (wanted) interpolate(top, { lookup: (name) => variables.get(name), findings })
  const read = top.get("name")
  const name = normalizeProjectName(read?.kind === "scalar" ? sprint(read.value) : "")
  if (name === "") missing(findings, written)
  return name
}

const missing = (findings: Findings, at: Node | undefined): void =>
  findings.error("name", at, [], {
    message: "the project has no name",
    expected: "lower case letters, digits, `-` and `_`, beginning with a letter or digit",
    remedy: "Add `name: …` to the file, or use -p.",
  })

/** A quick look at the top of each document; errors are told when the file is read. */
const namesIn = ({ path, text }: ComposeText): Node[] => {
  if (!/^(?:name|["']name["'])\s*:|[{,]\s*["']?name["']?\s*:|^<<|^\?/m.test(text)) return []
  return (readYaml(new Source(path, text), new Findings()) ?? []).flatMap(({ root }) => {
    const name = mappingOf(root)?.get("name")
    return name?.kind === "scalar" && !isNull(name) && name.value !== "" ? [name] : []
  })
}
