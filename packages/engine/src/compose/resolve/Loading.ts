/** What one load carries along: the capability, the findings, and how files are read. */
import { Effect, type Redacted } from "effect"
import { FileUnreadable } from "../../model/errors/union.ts"
import type { LoadCapability } from "../Capability.ts"
import type { Findings } from "../Findings.ts"
import { DotenvError, parseDotenv, parseRaw } from "../text/dotenv.ts"
import { absolute, cleanPath, isAbsolute } from "../text/path.ts"
import type { Lookup } from "../text/template.ts"
import { formatPath, type Node, type Path, Source } from "../tree/Node.ts"

export type Variables = ReadonlyMap<string, string>

export interface Loading {
  readonly capability: LoadCapability
  readonly findings: Findings
  /** Where the command runs. */
  readonly directory: string
  readonly home: string | undefined
  readonly interpolate: boolean
  /** Skips the check against the specification (`config --variables`). */
  readonly validate: boolean
  /** Texts that were read, by path: a file is read once a load. */
  readonly texts: Map<string, string>
  /** `configs/NAME` and `secrets/NAME` whose content comes from a variable. */
  readonly contents: Map<string, Redacted.Redacted>
}

export type Read =
  | { readonly _tag: "text"; readonly text: string }
  | { readonly _tag: "missing" }
  | { readonly _tag: "refused"; readonly error: FileUnreadable }

const missing: Read = { _tag: "missing" }

/** Never fails: the caller decides whether a missing file is an error. */
export const read = (loading: Loading, path: string): Effect.Effect<Read> => {
  const known = loading.texts.get(path)
  if (known !== undefined) return Effect.succeed({ _tag: "text", text: known })
  const root = loading.capability.fileRoot
  if (root !== undefined && !isInside(root, path))
    return Effect.succeed({
      _tag: "refused",
      error: new FileUnreadable({ path, reason: "outside-root", detail: `it lies outside ${root}` }),
    })
  return loading.capability.readFile(path).pipe(
    Effect.map((text): Read => {
      if (text === undefined) return missing
      loading.texts.set(path, text)
      return { _tag: "text", text }
    }),
    Effect.catch((error) => Effect.succeed<Read>({ _tag: "refused", error })),
  )
}

export const isInside = (root: string, path: string): boolean => {
  const clean = cleanPath(root)
  const target = cleanPath(path)
  return isAbsolute(path) && (clean === "/" || target === clean || target.startsWith(`${clean}/`))
}

/** A file a Compose file names: what keeps it from being read is a finding at that place. */
export const readNamed = (
  loading: Loading,
  path: string,
  at: Node | undefined,
  where: Path,
): Effect.Effect<string | undefined> =>
  Effect.map(read(loading, absolute(loading.directory, path)), (result) => {
    if (result._tag === "text") return result.text
    const detail = result._tag === "missing" ? "there is no such file" : result.error.detail
    loading.findings.error("file", at, where, {
      message: `${where.length === 0 ? "" : `${formatPath(where)}: `}cannot read ${path}: ${detail}`,
      expected: "a file that can be read",
      remedy: "Check the path; it is seen from the folder of the Compose file.",
    })
    return undefined
  })

export interface EnvFile {
  readonly path: string
  readonly format?: string
}

/** Adds a file's variables; errors are told at their line. */
export const addVariables = (
  loading: Loading,
  { path, format }: EnvFile,
  text: string,
  into: Map<string, string>,
  lookup: Lookup,
): void => {
  try {
    if (format === "raw") parseRaw(text, into, lookup)
    else parseDotenv(text, into, lookup)
  } catch (cause) {
    if (!(cause instanceof DotenvError)) throw cause
    const lines = text.split("\n")
    const offset = lines.slice(0, cause.line - 1).reduce((sum, line) => sum + line.length + 1, 0)
    loading.findings.error("file", new Source(path, text).place(offset), [], {
      message: `${path}: ${cause.message}`,
      expected: "NAME=value, one a line",
      remedy: "Quote values that hold special characters.",
    })
  }
}

/** The variables of env files, later files over earlier ones; `known` ones are seen but not copied. */
export const readVariables = Effect.fnUntraced(function* (
  loading: Loading,
  paths: ReadonlyArray<string>,
  known: Variables,
  at?: Node,
  where: Path = [],
) {
  const found = new Map<string, string>()
  for (const path of paths) {
    const text = yield* readNamed(loading, path, at, where)
    if (text !== undefined) addVariables(loading, { path }, text, found, (name) => known.get(name) ?? found.get(name))
  }
  return found
})
