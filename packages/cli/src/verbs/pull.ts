/** `windflow pull`: brings the images of services. */
import { chosen } from "./chosen.ts"
import { imageVerb } from "./imageVerb.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly ignoreBuildable?: boolean
  readonly ignorePullFailures?: boolean
  readonly includeDeps?: boolean
  readonly policy?: "missing" | "always"
  readonly quiet?: boolean
}

const pull: Verb<Options> = async (context, options, services) => {
  const stack = await context.stack()
  const flow = await context.open()
  return imageVerb(context, options.quiet === true, context.texts.images.pulled, (work) =>
    flow.pull(stack, {
      ...context.where,
      ...chosen(services),
      ...work,
      includeDependencies: options.includeDeps === true,
      ignoreBuildable: options.ignoreBuildable === true,
      ignoreFailures: options.ignorePullFailures === true,
      ...(options.policy === undefined ? {} : { policy: options.policy }),
    }),
  )
}

export default pull
