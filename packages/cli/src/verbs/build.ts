/** `windflow build`: builds the images of services. */
import { chosen } from "./chosen.ts"
import { imageVerb } from "./imageVerb.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly buildArg?: Readonly<Record<string, string>>
  /** `false` for --no-cache. */
  readonly cache?: boolean
  readonly pull?: boolean
  readonly quiet?: boolean
  readonly withDependencies?: boolean
}

const build: Verb<Options> = async (context, options, services) => {
  const stack = await context.stack()
  const flow = await context.open()
  return imageVerb(context, options.quiet === true, context.texts.images.built, (work) =>
    flow.build(stack, {
      ...context.where,
      ...chosen(services),
      ...work,
      ...(options.buildArg === undefined ? {} : { args: options.buildArg }),
      noCache: options.cache === false,
      pull: options.pull === true,
      withDependencies: options.withDependencies === true,
    }),
  )
}

export default build
