/** `windflow exec`: a command in a running container, with a terminal when there is one on both ends. */
import type { Host } from "../host.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly index?: number
  readonly user?: string
  readonly workdir?: string
  readonly env?: ReadonlyArray<string>
  readonly privileged?: boolean
  /** `false` for -T. */
  readonly tty?: boolean
}

/** `NAME=VALUE`, or `NAME` for the value of the caller's environment. */
const variables = (words: ReadonlyArray<string>, host: Host): Readonly<Record<string, string>> =>
  Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=")
      return at === -1 ? [word, host.env[word] ?? ""] : [word.slice(0, at), word.slice(at + 1)]
    }),
  )

const showCursor = "\u001b[?25h"

/** Raw mode for as long as the session lasts; given back on every way out, a crash included, with a cursor that can be seen. */
const rawTerminal = (host: Host): (() => void) => {
  const restore = () => {
    host.stdin.setRawMode?.(false)
    host.stdout.write(showCursor)
  }
  host.stdin.setRawMode?.(true)
  process.once("exit", restore)
  return () => {
    process.removeListener("exit", restore)
    restore()
  }
}

const exec: Verb<Options> = async (context, options, args) => {
  const [service = "", ...argv] = args
  const { host } = context
  const flow = await context.open()
  const project = await context.project()
  const tty = options.tty !== false && host.stdin.isTTY === true && host.stdout.isTTY === true && !context.json
  const size = () => ({ columns: host.stdout.columns ?? 80, rows: host.stdout.rows ?? 24 })
  const restore = tty ? rawTerminal(host) : () => {}
  try {
    const result = await flow.exec({ project, ...context.where }, service, argv, {
      input: host.stdin,
      onOutput: ({ stream, bytes }) => void host[stream].write(bytes),
      signal: context.signal,
      ...(tty ? { tty: { ...size(), onResize: (listener) => host.onResize(() => listener(size())) } } : {}),
      ...(options.index === undefined ? {} : { index: options.index }),
      ...(options.user === undefined ? {} : { user: options.user }),
      ...(options.workdir === undefined ? {} : { workingDirectory: options.workdir }),
      ...(options.env === undefined ? {} : { environment: variables(options.env, host) }),
      ...(options.privileged === true ? { privileged: true } : {}),
    })
    return result.exitCode
  } finally {
    restore()
    host.stdin.destroy?.()
  }
}

export default exec
