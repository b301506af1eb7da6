/** `windflow logs`: lines of all services, marked by service. Ctrl-C only detaches. */
import { type LogLineOptions, logPrinter } from "../render/logLines.ts"
import type { Verb } from "./Verb.ts"

interface Options extends LogLineOptions {
  readonly follow?: boolean
  readonly tail?: number
  readonly since?: string
  readonly until?: string
  readonly index?: number
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
  const printing = logPrinter(context, options)
  try {
    for await (const line of lines) printing.line(line)
  } finally {
    printing.flush()
  }
  return 0
}

export default logs
