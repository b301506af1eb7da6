/** `windflow kill`: sends a signal to what runs. Needs no file. */
import { acted, execute } from "../execute.ts"
import { chosen } from "./chosen.ts"
import type { Verb } from "./Verb.ts"

const kill: Verb<{ readonly signal?: string }> = async (context, { signal }, services) => {
  const ref = { project: await context.project(), ...context.where }
  const flow = await context.open()
  const flags = { ...chosen(services), ...(signal === undefined ? {} : { signalName: signal }) }
  return execute(context, (watching) => flow.kill(ref, { ...flags, ...watching }), acted)
}

export default kill
