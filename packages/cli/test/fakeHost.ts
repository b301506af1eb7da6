/** A host for tests in this process: a fake engine, output in memory, signals on demand. */
import { type PassThrough, Writable } from "node:stream"
import { fakeWindFlow, type FakeOptions } from "@windflow/sdk/testing"
import type { Host, StopSignal } from "../src/host.ts"
import { main } from "../src/main.ts"

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface FakeHostOptions extends FakeOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Makes a terminal of standard input and error: what is written here is typed. */
  readonly keyboard?: PassThrough
  /** Called with everything that is written to standard error: where a test sends a signal. */
  readonly onErr?: (text: string, send: (signal: StopSignal) => void) => void
}

/** One fake engine and directory; every call is one command. */
export const fakeTerminal = (cwd: string, options: FakeHostOptions = {}) => {
  const flow = fakeWindFlow(options)
  const run = async (...argv: ReadonlyArray<string>): Promise<Ran> => {
    const written = { out: "", err: "" }
    const listeners = new Map<StopSignal, () => void>()
    const text = (chunk: string | Uint8Array) => (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk))
    const { keyboard } = options
    const screen = {
      write: (chunk: string | Uint8Array) => {
        written.err += text(chunk)
        options.onErr?.(text(chunk), (signal) => listeners.get(signal)?.())
      },
    }
    const terminal = new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        screen.write(chunk)
        done()
      },
    })
    const host: Host = {
      env: { ...options.env },
      cwd,
      pid: 4242,
      stdout: { write: (chunk) => void (written.out += text(chunk)) },
      // Node spares the process's own streams the end of what is piped into them: a question must not close this one either.
      stderr: keyboard === undefined ? screen : Object.assign(terminal, { isTTY: true, end: () => terminal }),
      stdin:
        keyboard === undefined
          ? (async function* () {
              if (options.input !== undefined) yield new TextEncoder().encode(options.input)
            })()
          : Object.assign(keyboard, { isTTY: true }),
      onSignal: (signal, listener) => {
        listeners.set(signal, listener)
        return () => listeners.delete(signal)
      },
      onResize: () => () => {},
      // Closing is the test's business: the engine outlives a command.
      open: async () => ({ ...flow, [Symbol.asyncDispose]: async () => {} }),
    }
    const code = await main(argv, host)
    return { code, ...written }
  }
  return { run, flow }
}
