/**
 * Finds and loads `windflow.config.*`. It is code of the project's author and is executed (by Node's own type stripping): only
 * ever in the user's process, never in a server.
 */
import { existsSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { ConfigInvalid, FileUnreadable } from "@windflow/engine/model"
import { Effect, Result, Schema } from "effect"
import { Config } from "./config.ts"
import { importModule } from "./importModule.ts"

export const configFileNames = [
  "windflow.config.ts",
  "windflow.config.mts",
  "windflow.config.js",
  "windflow.config.mjs",
]

export interface LoadedConfig {
  /** Absolute path; undefined when there is none. */
  readonly file: string | undefined
  readonly config: Config
}

// Asked of every folder upward by nearly every command: a promise for each would cost more than the question.
const exists = (path: string) => Effect.sync(() => existsSync(path))

/** The nearest configuration file at or above a directory. */
export const findConfig = Effect.fn("findConfig")(function* (directory: string) {
  for (let at = resolve(directory); ; at = dirname(at)) {
    for (const name of configFileNames) {
      const path = join(at, name)
      if (yield* exists(path)) return path
    }
    if (dirname(at) === at) return undefined
  }
})

const decode = Schema.decodeUnknownResult(Config, { onExcessProperty: "error", errors: "all" })

/** Imports one configuration file and checks its default export. */
export const importConfig = Effect.fn("importConfig")(function* (file: string) {
  if (!(yield* exists(file)))
    return yield* new FileUnreadable({ path: file, reason: "missing", detail: "there is no such file" })
  const module = yield* Effect.tryPromise({
    try: () => importModule(pathToFileURL(file).href),
    catch: (cause) => new ConfigInvalid({ file, detail: cause instanceof Error ? cause.message : String(cause) }),
  })
  if (module.default === undefined)
    return yield* new ConfigInvalid({ file, detail: "it has no default export (`export default defineConfig({ … })`)" })
  const decoded = decode(module.default)
  if (Result.isFailure(decoded)) return yield* new ConfigInvalid({ file, detail: decoded.failure.message })
  return decoded.success
})

/** `false`: none. A path: that file. undefined: the nearest upward, or an empty configuration. */
export const loadConfig = Effect.fn("loadConfig")(function* (choice: string | false | undefined, directory: string) {
  const none: LoadedConfig = { file: undefined, config: {} }
  if (choice === false) return none
  const file = choice === undefined ? yield* findConfig(directory) : resolve(directory, choice)
  return file === undefined ? none : { file, config: yield* importConfig(file) }
})

/** As a Promise, for who needs the configuration without opening anything. Rejects with `ConfigInvalid` or `FileUnreadable`. */
export const loadConfigFile = (options: {
  readonly directory: string
  readonly config?: string | false | undefined
}): Promise<LoadedConfig> => Effect.runPromise(loadConfig(options.config, options.directory))
