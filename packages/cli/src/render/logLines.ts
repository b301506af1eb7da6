/** Log lines as they are printed: marked by container, joined to few writes; what is missing is told on standard error. */
import type { LogLine } from "@windflow/engine/driver"
import type { VerbContext } from "../verbs/Verb.ts"
import { batched } from "./batched.ts"
import { formatTime } from "./time.ts"

export interface LogLineOptions {
  readonly timestamps?: boolean
  /** `false` for --no-log-prefix. */
  readonly logPrefix?: boolean
}

export const logPrinter = (
  context: VerbContext,
  options: LogLineOptions,
): { readonly line: (line: LogLine) => void; readonly flush: () => void } => {
  const { line: print, flush } = batched((text) => context.host.stdout.write(text))
  let width = 0
  const line = (found: LogLine): void => {
    if (context.json) print(JSON.stringify(found))
    else if ("resumed" in found) {
      flush()
      context.note(context.texts.logs.resumed(formatTime(found.resumed, context.zone)))
    } else if ("dropped" in found) {
      flush()
      context.note(context.texts.logs.dropped(found.dropped))
    } else {
      width = Math.max(width, found.container.length)
      const prefix = options.logPrefix === false ? "" : `${context.colors.strong(found.container.padEnd(width))} | `
      const time = options.timestamps === true ? `${formatTime(found.at, context.zone)} ` : ""
      print(`${prefix}${time}${found.text}`)
    }
  }
  return { line, flush }
}
