/** `windflow port`: where a container's port is published. */
import { Usage } from "@windflow/engine/model"
import { wholeNumber } from "../values.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly index?: number
  readonly protocol?: string
}

const port: Verb<Options> = async (context, options, args) => {
  const [service = "", text = ""] = args
  if (!/^\d+$/.test(text)) throw new Usage({ subject: text, detail: context.texts.refusal.notANumber })
  const project = await context.project()
  const flow = await context.open()
  const found = await flow.port({ project, ...context.where }, service, wholeNumber(text), {
    signal: context.signal,
    ...(options.index === undefined ? {} : { index: options.index }),
    ...(options.protocol === undefined ? {} : { protocol: options.protocol }),
  })
  const host = found.hostIp.includes(":") ? `[${found.hostIp}]` : found.hostIp
  context.print(context.json ? JSON.stringify(found) : `${host}:${found.published}`)
  return 0
}

export default port
