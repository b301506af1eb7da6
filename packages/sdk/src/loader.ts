/** Compose files and definitions through the engine's loader, on this machine's files. Loaded when the first stack is used. */
import { load } from "@windflow/engine/compose"
import { nodeCapability } from "@windflow/engine/compose-node"
import { ComposeInvalid, type Diagnostic, type SecretReferences, type Stack } from "@windflow/engine/model"
import { Effect } from "effect"
import type { ComposeOptions } from "./composeFile.ts"
import { said } from "./said.ts"

const definedVariables = (env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

export const fromFiles = (files: ReadonlyArray<string> | undefined, options: ComposeOptions) =>
  load(
    {
      workingDirectory: options.directory ?? process.cwd(),
      ...said({
        files,
        projectName: options.project,
        profiles: options.profiles,
        envFiles: options.envFiles,
        projectDirectory: options.projectDirectory,
        stdin: options.stdin,
        onWarning: options.onWarning,
      }),
    },
    nodeCapability({ env: definedVariables(options.env ?? {}) }),
  )

/** A place in the JSON that a definition becomes says nothing to its author; the path does. */
const withoutPlace = ({ place: _place, ...diagnostic }: Diagnostic): Diagnostic => diagnostic

/** `$` is an ordinary character in TypeScript: what looks like interpolation is escaped. */
const escaped = (_: string, value: unknown): unknown =>
  typeof value === "string" ? value.replaceAll("$", "$$$$") : value

/** A stack made in code: the same checks as a file's. JSON is YAML, so the definition is loaded as a file without a name. */
export const fromDefinition = (
  name: string,
  definition: object,
  references: SecretReferences,
  directory: string | undefined,
): Effect.Effect<Stack, ComposeInvalid> =>
  fromFiles(["-"], {
    project: name,
    directory: directory ?? process.cwd(),
    stdin: JSON.stringify(definition, escaped),
    env: { COMPOSE_DISABLE_ENV_FILE: "1" },
  }).pipe(
    Effect.map((stack) => ({
      ...stack,
      secretReferences: references,
      origin: { ...stack.origin, files: [], locate: () => undefined },
    })),
    Effect.mapError((error) =>
      error._tag === "ComposeInvalid"
        ? new ComposeInvalid({
            diagnostics: [withoutPlace(error.diagnostics[0]), ...error.diagnostics.slice(1).map(withoutPlace)],
          })
        : new ComposeInvalid({
            diagnostics: [{ severity: "error", code: "file", message: error.message, remedy: error.remedy }],
          }),
    ),
  )
