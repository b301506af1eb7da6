/** `windflow pull`: brings the images of services. */
import type { PulledImage } from "@windflow/sdk"
import type { PulledEntry } from "../json.ts"
import { chosen } from "./chosen.ts"
import { workOptions } from "./imageVerb.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly ignoreBuildable?: boolean
  readonly ignorePullFailures?: boolean
  readonly includeDeps?: boolean
  readonly policy?: "missing" | "always"
  readonly quiet?: boolean
}

const entryOf = ({ image, services, outcome }: PulledImage): PulledEntry => {
  const about = { ...(image === undefined ? {} : { image }), services }
  switch (outcome._tag) {
    case "Pulled":
      return { ...about, outcome: "pulled" }
    case "Skipped":
      return { ...about, outcome: "skipped", reason: outcome.reason }
    case "Failed":
      return { ...about, outcome: "failed", reason: outcome.error.message }
  }
}

const pull: Verb<Options> = async (context, options, services) => {
  const stack = await context.stack()
  const flow = await context.open()
  const pulled = await flow.pull(stack, {
    ...context.where,
    ...chosen(services),
    ...workOptions(context, options.quiet === true),
    dependencies: options.includeDeps === true,
    skipBuildable: options.ignoreBuildable === true,
    ignoreFailures: options.ignorePullFailures === true,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
  })
  if (context.json) context.print(JSON.stringify(pulled.map(entryOf)))
  else if (options.quiet !== true)
    for (const { image = "", outcome } of pulled) {
      if (outcome._tag === "Pulled") context.print(context.colors.good(context.texts.images.pulled(image)))
      if (outcome._tag === "Failed") context.note(context.colors.bad(outcome.error.message))
    }
  return 0
}

export default pull
