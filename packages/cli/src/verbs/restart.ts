/** `windflow restart`: restarts containers, and those that ask to be restarted with them. Needs no file. */
import { acted, execute } from "../execute.ts"
import { chosen } from "./chosen.ts"
import type { Verb } from "./Verb.ts"

const restart: Verb<{ readonly deps?: boolean; readonly timeout?: number }> = async (context, options, services) => {
  const ref = { project: await context.project(), ...context.where }
  const flow = await context.open()
  const flags = {
    ...chosen(services),
    noDeps: options.deps === false,
    ...(options.timeout === undefined ? {} : { stopTimeout: options.timeout }),
  }
  return execute(context, (watching) => flow.restart(ref, { ...flags, ...watching }), acted)
}

export default restart
