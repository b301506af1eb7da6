/** Which Compose files a command means, and the variables they may use: `-f`, COMPOSE_FILE, the usual names, `.env`. */
import { Effect } from "effect"
import type { FileUnreadable } from "../model/errors/union.ts"
import type { LoadCapability, LoadOptions } from "./Capability.ts"
import { Findings } from "./Findings.ts"
import { type Loading, read, readVariables } from "./resolve/Loading.ts"
import { absolute, parentOf } from "./text/path.ts"

const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
const OVERRIDES = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
]

export interface FoundFiles {
  /** Absolute paths (or `-`) in merge order; empty when there is no Compose file. */
  readonly files: ReadonlyArray<string>
  /** What relative paths in them are seen from. */
  readonly projectDirectory: string
  /** The environment and, below it, what `.env` or the named env files say. */
  readonly variables: ReadonlyMap<string, string>
}

/** `findings` receives what is wrong with env files. */
export const findFiles = Effect.fnUntraced(function* (options: LoadOptions, loading: Loading) {
  const directory = options.workingDirectory
  const variables = new Map(Object.entries(loading.capability.env))
  if (!variables.has("PWD")) variables.set("PWD", directory)
  const explicit = options.envFiles ?? commaList(variables.get("COMPOSE_ENV_FILES"))
  const named = options.projectDirectory === undefined ? undefined : absolute(directory, options.projectDirectory)
  let files = (options.files ?? []).map((file) => (file === "-" ? file : absolute(directory, file)))
  const projectDirectory = () => {
    if (named !== undefined) return named
    const first = files.find((file) => file !== "-")
    return first === undefined ? directory : parentOf(first)
  }
  const addEnvFiles = Effect.fnUntraced(function* () {
    let paths = explicit.map((path) => absolute(directory, path))
    if (paths.length === 0 && !isTrue(loading.capability.env["COMPOSE_DISABLE_ENV_FILE"])) {
      const own = absolute(projectDirectory(), ".env")
      paths = (yield* read(loading, own))._tag === "text" ? [own] : []
    }
    for (const [name, value] of yield* readVariables(loading, paths, variables))
      if (!variables.has(name)) variables.set(name, value)
  })
  yield* addEnvFiles()
  if (files.length === 0) {
    const separator = variables.get("COMPOSE_PATH_SEPARATOR") || ":"
    files = (variables.get("COMPOSE_FILE")?.split(separator) ?? []).map((file) =>
      file === "-" ? file : absolute(directory, file),
    )
  }
  if (files.length === 0) files = yield* search(loading, projectDirectory())
  // The folder of the files that were found may have a .env of its own.
  yield* addEnvFiles()
  return { files, projectDirectory: projectDirectory(), variables }
})

/** The files a command would load; nothing is parsed. */
export const findComposeFiles = (
  options: LoadOptions,
  capability: LoadCapability,
): Effect.Effect<FoundFiles, FileUnreadable> =>
  Effect.suspend(() => findFiles(options, makeLoading(options, capability, new Findings())))

export const makeLoading = (
  options: LoadOptions,
  capability: LoadCapability,
  findings: Findings,
  flags: { readonly interpolate?: boolean; readonly validate?: boolean } = {},
): Loading => ({
  capability,
  findings,
  directory: options.workingDirectory,
  home: capability.env["HOME"],
  interpolate: flags.interpolate ?? true,
  validate: flags.validate ?? true,
  texts: new Map(options.stdin === undefined ? [] : [["-", options.stdin]]),
  contents: new Map(),
})

const commaList = (text: string | undefined): string[] => (text === undefined || text === "" ? [] : text.split(","))
const isTrue = (text: string | undefined): boolean => text !== undefined && /^(?:1|t|true)$/i.test(text)

const search = Effect.fnUntraced(function* (loading: Loading, start: string) {
  const existing = Effect.fnUntraced(function* (names: ReadonlyArray<string>, directory: string) {
    const found: string[] = []
    for (const name of names) {
      const path = absolute(directory, name)
      const result = yield* read(loading, path)
      // One that cannot be read counts: passing it over would deploy a file of a folder above, or call it absent.
      if (result._tag === "text" || (result._tag === "refused" && result.error.reason !== "outside-root"))
        found.push(path)
    }
    if (found.length > 1)
      loading.findings.warn("file", { file: found[0]!, line: 1, column: 1 }, [], {
        message: `several Compose files stand side by side: ${found.join(", ")}; ${found[0]} is used`,
        remedy: "Name the file with -f, or remove the others.",
      })
    return found.slice(0, 1)
  })
  for (let directory = start; ; directory = parentOf(directory)) {
    const main = yield* existing(NAMES, directory)
    if (main.length > 0) return [...main, ...(yield* existing(OVERRIDES, directory))]
    if (directory === "/" || directory === loading.capability.fileRoot) return []
  }
})
