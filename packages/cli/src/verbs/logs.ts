/** `windflow logs`: lines of all services, marked by service. Ctrl-C only detaches. */
import { formatTime } from "../render/time.ts"
import { batched } from "../render/batched.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly follow?: boolean
  readonly tail?: number
  readonly since?: string
  readonly until?: string
  readonly index?: number
  readonly timestamps?: boolean
  /** `false` for --no-log-prefix. */
  readonly logPrefix?: boolean
}

const logs: Verb<Options> = async (context, options, services) => {
  const flow = await context.open()
  const project = await context.project()
  const lines = flow.logs(
    { project, ...context.where },
    {
      follow: options.follow === true,
      signal: context.signal,
      ...(services.length === 0 ? {} : { services: [...services] }),
      ...(options.tail === undefined ? {} : { tail: options.tail }),
      ...(options.index === undefined ? {} : { index: options.index }),
      ...(options.since === undefined ? {} : { since: options.since }),
      ...(options.until === undefined ? {} : { until: options.until }),
    },
  )
  const printing = batched((text) => context.host.stdout.write(text))
  let width = 0
  try {
    for await (const line of lines) {
      if (context.json) printing.line(JSON.stringify(line))
      else if ("resumed" in line) {
        printing.flush()
        context.note(context.texts.logs.resumed(formatTime(line.resumed, context.zone)))
      } else if ("dropped" in line) {
        printing.flush()
        context.note(context.texts.logs.dropped(line.dropped))
      } else {
        width = Math.max(width, line.container.length)
        const prefix = options.logPrefix === false ? "" : `${context.colors.strong(line.container.padEnd(width))} | `
        const time = options.timestamps === true ? `${formatTime(line.at, context.zone)} ` : ""
        printing.line(`${prefix}${time}${line.text}`)
      }
    }
  } finally {
    printing.flush()
  }
  return 0
}

export default logs
