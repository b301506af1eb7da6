/** `windflow exec`: a command in a running container, with a terminal when there is one on both ends. */
import { rawTerminal, variables } from "../session.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly index?: number
  readonly user?: string
  readonly workdir?: string
  readonly env?: ReadonlyArray<string>
  readonly privileged?: boolean
  readonly detach?: boolean
  /** `false` for -T. */
  readonly tty?: boolean
}

const exec: Verb<Options> = async (context, options, args) => {
  const [service = "", ...argv] = args
  const { host } = context
  const flow = await context.open()
  const project = await context.project()
  const detach = options.detach === true
  const tty =
    !detach && options.tty !== false && host.stdin.isTTY === true && host.stdout.isTTY === true && !context.json
  const size = () => ({ columns: host.stdout.columns ?? 80, rows: host.stdout.rows ?? 24 })
  const restore = tty ? rawTerminal(host) : () => {}
  try {
    const result = await flow.exec({ project, ...context.where }, service, argv, {
      ...(detach ? { detach } : { input: host.stdin }),
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
