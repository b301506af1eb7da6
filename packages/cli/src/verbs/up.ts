/** `windflow up`: deploys; returns when everything is healthy, with `-d` when everything is started, or when a container has ended. */
import type { Event } from "@windflow/engine/model"
import { execute } from "../execute.ts"
import { type AttachOptions, attaches } from "./attachOptions.ts"
import { hiddenWork, type QuietOptions } from "./imageVerb.ts"
import plan from "./plan.ts"
import { concurrencyOf, upFlags, type UpCommandOptions } from "./upOptions.ts"
import type { Verb } from "./Verb.ts"

interface Options extends UpCommandOptions, Omit<AttachOptions, "timeout">, QuietOptions {
  readonly detach?: boolean
  readonly wait?: boolean
  readonly waitTimeout?: number
  /** `false` for --no-start. */
  readonly start?: boolean
  readonly dryRun?: boolean
  readonly parallel?: number
}

/** Progress of images is told before the plan is: by their name, not by an operation. */
const without =
  (hidden: (subject: string) => boolean, onEvent: (event: Event) => void) =>
  (event: Event): void => {
    if (event._tag !== "Progress" || !hidden(event.operation)) onEvent(event)
  }

const up: Verb<Options> = async (context, options, services) => {
  const stays = await attaches(options, context.texts)
  if (options.dryRun === true) return plan(context, options, services)
  const stack = await context.stack()
  const flow = await context.open()
  const session = stays ? await (await import("./attached.ts")).attached(context, options, services) : undefined
  let ran = false
  const code = await execute(context, (watching) => {
    ran = true
    return flow.up(stack, {
      ...context.where,
      ...upFlags(options, services, context.host.env),
      ...concurrencyOf(options.parallel, context.host.env),
      ...watching,
      onEvent: without(hiddenWork(options), watching.onEvent),
      until: options.start === false ? "created" : options.detach === true || stays ? "started" : "healthy",
      ...(options.waitTimeout === undefined ? {} : { waitTimeout: options.waitTimeout }),
    })
  })
  return session === undefined || !ran ? code : session()
}

export default up
