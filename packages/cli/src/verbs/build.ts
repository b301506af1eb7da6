/** `windflow build`: builds the images of services. */
import { chosen } from "./chosen.ts"
import { workOptions } from "./imageVerb.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly buildArg?: Readonly<Record<string, string>>
  /** `false` for --no-cache. */
  readonly cache?: boolean
  readonly pull?: boolean
  readonly ssh?: ReadonlyArray<string>
  readonly quiet?: boolean
  readonly withDependencies?: boolean
}

const build: Verb<Options> = async (context, options, services) => {
  const stack = await context.stack()
  const flow = await context.open()
  const built = await flow.build(stack, {
    ...context.where,
    ...chosen(services),
    ...workOptions(context, options.quiet === true),
    ...(options.buildArg === undefined ? {} : { args: options.buildArg }),
    ...(options.ssh === undefined ? {} : { ssh: options.ssh }),
    noCache: options.cache === false,
    pull: options.pull === true,
    dependencies: options.withDependencies === true,
  })
  if (context.json) context.print(JSON.stringify(built))
  else if (options.quiet !== true)
    for (const { image } of built) context.print(context.colors.good(context.texts.images.built(image)))
  return 0
}

export default build
