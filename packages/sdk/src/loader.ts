/** Compose files and definitions through the engine's loader, on this machine's files. Loaded when the first stack is used. */
import { fromObject, load } from "@windflow/engine/compose"
import { nodeCapability } from "@windflow/engine/compose-node"
import type { ComposeInvalid, SecretReferences, Stack } from "@windflow/engine/model"
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

/** A stack made in code: the same checks as a file's, without places. Env files that it names are read. */
export const fromDefinition = (
  name: string,
  definition: object,
  secretReferences: SecretReferences,
  directory: string | undefined,
): Effect.Effect<Stack, ComposeInvalid> =>
  Effect.map(
    fromObject(definition, { name, workingDirectory: directory ?? process.cwd() }, nodeCapability({ env: {} })),
    (stack) => ({ ...stack, secretReferences }),
  )
