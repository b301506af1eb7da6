/** `windflow start`: starts what is stopped and what it depends on. Needs no file. */
import { acted, execute } from "../execute.ts"
import { chosen } from "./chosen.ts"
import type { Verb } from "./Verb.ts"

const start: Verb<{ readonly wait?: boolean; readonly waitTimeout?: number }> = async (context, options, services) => {
  const ref = { project: await context.project(), ...context.where }
  const flow = await context.open()
  const flags = {
    ...chosen(services),
    wait: options.wait === true,
    ...(options.waitTimeout === undefined ? {} : { waitTimeout: options.waitTimeout }),
  }
  return execute(context, (watching) => flow.start(ref, { ...flags, ...watching }), acted)
}

export default start
