/** What a verb is given and what it returns. */
import type { Locale } from "@windflow/engine/model"
import type { ComposeOptions, LoadedConfig, Stack, WindFlow, Where } from "@windflow/sdk"
import type { GlobalFlags } from "../globals.ts"
import type { Host } from "../host.ts"
import type { Interrupt } from "../interrupt.ts"
import type { Palette } from "../render/palette.ts"
import type { Zone } from "../render/time.ts"
import type { Texts } from "../text/index.ts"

/** Which Compose files are meant (none: those that are found) and how they are to be read. */
export interface ComposeFiles {
  readonly files: ReadonlyArray<string> | undefined
  readonly options: ComposeOptions
}

/** Several targets at once. */
export type FleetPlace = { readonly targets: ReadonlyArray<string> } | { readonly group: string }

export interface VerbContext {
  readonly host: Host
  readonly flags: GlobalFlags
  readonly texts: Texts
  readonly locale: Locale
  readonly zone: Zone
  readonly json: boolean
  readonly colors: Palette
  /** Aborted by Ctrl-C, SIGTERM or the deadline. */
  readonly signal: AbortSignal
  /** Says whether operations may be in flight, which a stop then waits for. */
  readonly running: (inFlight: boolean) => void
  /** Hands Ctrl-C and SIGTERM over, or takes them back. */
  readonly forward: Interrupt["forward"]
  /** Absent `target` in it when several are meant: those are `fleet`. */
  readonly where: Where
  readonly fleet: FleetPlace | undefined
  /** The project's configuration file, or an empty one. */
  readonly config: () => Promise<LoadedConfig>
  /** Opened once, closed when the verb ends. */
  readonly open: () => Promise<WindFlow>
  readonly composeFiles: () => Promise<ComposeFiles>
  /** The stack that the flags, the environment and the current directory name. */
  readonly stack: () => Promise<Stack>
  /** The project that is meant, from a flag, the environment, the configuration or the Compose file. */
  readonly project: () => Promise<string>
  readonly print: (text: string) => void
  /** To standard error: what is not the answer. */
  readonly note: (text: string) => void
}

/** Returns the exit code; rejects with a typed error otherwise. */
export type Verb<Options> = (context: VerbContext, options: Options, args: ReadonlyArray<string>) => Promise<number>
