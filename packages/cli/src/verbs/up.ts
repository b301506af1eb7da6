/** `windflow up`: deploys; returns when everything is healthy, with `-d` when everything is started. */
import { execute } from "../execute.ts"
import plan from "./plan.ts"
import { concurrencyOf, upFlags, type UpCommandOptions } from "./upOptions.ts"
import type { Verb } from "./Verb.ts"

interface Options extends UpCommandOptions {
  readonly detach?: boolean
  readonly wait?: boolean
  readonly waitTimeout?: number
  readonly dryRun?: boolean
  readonly parallel?: number
}

const up: Verb<Options> = async (context, options, services) => {
  if (options.dryRun === true) return plan(context, options, services)
  const stack = await context.stack()
  const flow = await context.open()
  return execute(context, (watching) =>
    flow.up(stack, {
      ...context.where,
      ...upFlags(options, services, context.host.env),
      ...concurrencyOf(options.parallel, context.host.env),
      ...watching,
      until: options.detach === true ? "started" : "healthy",
      ...(options.waitTimeout === undefined ? {} : { waitTimeout: options.waitTimeout }),
    }),
  )
}

export default up
