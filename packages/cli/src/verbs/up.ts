/** `windflow up`: deploys; returns when everything is healthy, with `-d` when everything is started. */
import type { Event } from "@windflow/engine/model"
import { execute } from "../execute.ts"
import plan from "./plan.ts"
import { concurrencyOf, upFlags, type UpCommandOptions } from "./upOptions.ts"
import type { Verb } from "./Verb.ts"

interface Options extends UpCommandOptions {
  readonly detach?: boolean
  readonly wait?: boolean
  readonly waitTimeout?: number
  /** `false` for --no-start. */
  readonly start?: boolean
  readonly quietPull?: boolean
  readonly dryRun?: boolean
  readonly parallel?: number
}

/** Progress of images is told before the plan is: by their name, not by an operation. */
const withoutPulls =
  (onEvent: (event: Event) => void) =>
  (event: Event): void => {
    if (event._tag !== "Progress" || !event.operation.startsWith("image ")) onEvent(event)
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
      onEvent: options.quietPull === true ? withoutPulls(watching.onEvent) : watching.onEvent,
      until: options.start === false ? "created" : options.detach === true ? "started" : "healthy",
      ...(options.waitTimeout === undefined ? {} : { waitTimeout: options.waitTimeout }),
    }),
  )
}

export default up
