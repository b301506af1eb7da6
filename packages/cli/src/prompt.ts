/** What every question on the terminal shares: its streams, and that an ended question is a cancelled command, no defect. */
import type { Host } from "./host.ts"

export interface Streams {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
}

export const terminalOf = (host: Host): Streams => ({
  // Only asked for where `isTTY` is true: then it is the process's own stream, of which `Input` names the part that verbs use.
  input: host.stdin as unknown as NodeJS.ReadableStream,
  // The same of `Output`.
  output: host.stderr as unknown as NodeJS.WritableStream,
})

/** By name: importing the classes would load the library for commands that ask nothing. */
const ended: ReadonlySet<string> = new Set(["AbortPromptError", "ExitPromptError", "CancelPromptError"])

/** The answer; rejects with `Cancelled` when a signal or Ctrl-C ended the question. */
export const answered = async <A>(subject: string, ask: () => Promise<A>): Promise<A> => {
  try {
    return await ask()
  } catch (cause) {
    if (!(cause instanceof Error) || !ended.has(cause.name)) throw cause
    const { Cancelled } = await import("@windflow/engine/model")
    throw new Cancelled({ deployment: subject, done: 0, total: 0 })
  }
}
