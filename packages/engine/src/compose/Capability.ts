/** What the loader may touch. Nothing outside of it is read, in a browser as on a server. */
import type { Effect } from "effect"
import type { Diagnostic, FileUnreadable } from "../model/errors/union.ts"

export interface LoadCapability {
  /** The environment variables the files may see. */
  readonly env: Readonly<Record<string, string>>
  /** Text of an absolute path; undefined when nothing is there. Links are followed, and must stay inside `fileRoot`. */
  readonly readFile: (path: string) => Effect.Effect<string | undefined, FileUnreadable>
  /** The path with links resolved, where the host has links; used for `develop.watch`. */
  readonly realPath?: (path: string) => Effect.Effect<string>
  /** No file outside this folder is asked for. */
  readonly fileRoot?: string
  /** `include` and `extends` may name Git repositories and OCI artifacts. */
  readonly allowRemote: boolean
  /** Services may name a `provider`, a program that runs on the deployer's host. */
  readonly allowProvider: boolean
}

export interface LoadOptions {
  /** Where the command runs: absolute; relative paths below are seen from here. */
  readonly workingDirectory: string
  /** Compose files in merge order; `-` is `stdin`. Without it they are searched as Compose does. */
  readonly files?: ReadonlyArray<string>
  /** Text of the file named `-`. */
  readonly stdin?: string
  /** What relative paths in the files are seen from, when not the folder of the first file. */
  readonly projectDirectory?: string
  readonly projectName?: string
  readonly profiles?: ReadonlyArray<string>
  readonly envFiles?: ReadonlyArray<string>
  /** Only these services and what they depend on. */
  readonly services?: ReadonlyArray<string>
  /** Keep networks, volumes, configs and secrets that no service uses. */
  readonly keepUnused?: boolean
  /** false: no `env_file` is read; a list: those of these services alone (names or patterns, as on the command line). */
  readonly resolveEnvironment?: false | ReadonlyArray<string>
  /** Called for everything worth knowing that is no error. */
  readonly onWarning?: (warning: Diagnostic) => void
}
