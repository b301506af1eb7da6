/** `windflow down`: removes what was deployed, from labels alone; `-v` deletes data too and asks before. */
import { confirmed } from "../confirm.ts"
import { execute } from "../execute.ts"
import { deletedData, planDocument, renderPlan } from "../render/plan.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly volumes?: boolean
  readonly removeOrphans?: boolean
  readonly timeout?: number
  readonly rmi?: "local" | "all"
  readonly dryRun?: boolean
}

const down: Verb<Options> = async (context, options) => {
  const ref = { project: await context.project(), ...context.where }
  const flow = await context.open()
  const flags = {
    volumes: options.volumes === true,
    ...(options.removeOrphans === undefined ? {} : { removeOrphans: options.removeOrphans }),
    ...(options.rmi === undefined ? {} : { images: options.rmi }),
    ...(options.timeout === undefined ? {} : { stopTimeout: options.timeout }),
  }
  if (options.dryRun === true || options.volumes === true) {
    const plan = await flow.planDown(ref, { ...flags, signal: context.signal })
    if (options.dryRun === true) {
      context.print(context.json ? planDocument(plan) : renderPlan(plan, context.texts, context.colors))
      return 0
    }
    const lost = deletedData(plan)
    const question = context.texts.confirm.deletesData(lost.join(", "))
    if (lost.length > 0 && !(await confirmed(context, plan.deployment, question))) {
      context.note(context.texts.confirm.declined)
      return 0
    }
  }
  return execute(context, (watching) => flow.down(ref, { ...flags, ...watching }))
}

export default down
