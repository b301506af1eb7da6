/** The process around the command, as a value: tests hand in another one, nothing else in the CLI touches `process`. */
import type { OpenOptions, WindFlow } from "@windflow/sdk"

export interface Output {
  readonly write: (text: string | Uint8Array) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Standard input as the verbs need it. */
export interface Input extends AsyncIterable<Uint8Array> {
  readonly isTTY?: boolean
  readonly setRawMode?: (on: boolean) => unknown
  /** Stops reading: a pending read would keep the process alive. */
  readonly destroy?: () => unknown
}

export type StopSignal = "SIGINT" | "SIGTERM"

export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly pid: number
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: Input
  /** Registers a listener and returns how to remove it. */
  readonly onSignal: (signal: StopSignal, listener: () => void) => () => void
  readonly onResize: (listener: () => void) => () => void
  /** Called once, and only by verbs that need an engine. */
  readonly open: (options: OpenOptions) => Promise<WindFlow>
}

export const processHost = (): Host => ({
  env: process.env,
  cwd: process.cwd(),
  pid: process.pid,
  stdout: process.stdout,
  stderr: process.stderr,
  // Opened by being asked for, which few verbs do.
  get stdin() {
    return process.stdin
  },
  onSignal: (signal, listener) => {
    process.on(signal, listener)
    return () => process.off(signal, listener)
  },
  onResize: (listener) => {
    process.stdout.on("resize", listener)
    return () => process.stdout.off("resize", listener)
  },
  open: async (options) => (await import("@windflow/sdk")).WindFlow.open(options),
})
