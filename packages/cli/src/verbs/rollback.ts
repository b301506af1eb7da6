/** `windflow rollback`: back to an earlier revision with its very images. */
import { execute } from "../execute.ts"
import type { Verb } from "./Verb.ts"

const rollback: Verb<{ readonly to?: number }> = async (context, options) => {
  const ref = { project: await context.project(), ...context.where }
  const flow = await context.open()
  return execute(context, (watching) =>
    flow.rollback(ref, { ...watching, ...(options.to === undefined ? {} : { to: options.to }) }),
  )
}

export default rollback
