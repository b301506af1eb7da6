/** `windflow plan`: what `up` would do and why; `-o` prepares it so that it can be applied as it is. */
import { resolve } from "node:path"
import { writeText } from "../files.ts"
import { planDocument, renderPlan } from "../render/plan.ts"
import { upFlags, type UpCommandOptions } from "./upOptions.ts"
import type { Verb } from "./Verb.ts"

interface Options extends UpCommandOptions {
  readonly detailedExitcode?: boolean
  readonly out?: string
}

/** A saved plan holds resolved environment values: only its owner may read it. */
const savedMode = 0o600

const plan: Verb<Options> = async (context, options, services) => {
  const stack = await context.stack()
  const flow = await context.open()
  const made = await flow.plan(stack, {
    ...context.where,
    ...upFlags(options, services, context.host.env),
    prepare: options.out !== undefined,
    signal: context.signal,
  })
  context.print(context.json ? planDocument(made) : renderPlan(made, context.texts, context.colors))
  if (options.out !== undefined) {
    await writeText(resolve(context.host.cwd, options.out), `${JSON.stringify(made, null, 2)}\n`, savedMode)
    context.note(context.texts.plan.saved(options.out, made.hash.slice(0, 12)))
  }
  return options.detailedExitcode === true && made.changes > 0 ? 2 : 0
}

export default plan
