/** `windflow stop`: ends the processes and keeps the containers. Needs no file. */
import { acted, execute } from "../execute.ts"
import type { Verb } from "./Verb.ts"
import { chosen } from "./chosen.ts"

const stop: Verb<{ readonly timeout?: number }> = async (context, { timeout }, services) => {
  const ref = { project: await context.project(), ...context.where }
  const flow = await context.open()
  const flags = { ...chosen(services), ...(timeout === undefined ? {} : { stopTimeout: timeout }) }
  return execute(context, (watching) => flow.stop(ref, { ...flags, ...watching }), acted)
}

export default stop
