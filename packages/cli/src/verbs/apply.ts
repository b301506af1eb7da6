/** `windflow apply FILE`: executes a saved plan, refusing one that the target has outrun. */
import { resolve } from "node:path"
import { parsePlan } from "@windflow/sdk"
import { confirmed } from "../confirm.ts"
import { execute } from "../execute.ts"
import { readText } from "../files.ts"
import { deletedData, renderPlan } from "../render/plan.ts"
import { concurrencyOf } from "./upOptions.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly replan?: boolean
  readonly parallel?: number
}

const apply: Verb<Options> = async (context, options, args) => {
  const plan = parsePlan(await readText(resolve(context.host.cwd, args[0]!)))
  if (!context.json) context.note(renderPlan(plan, context.texts, context.colors))
  const lost = deletedData(plan)
  if (lost.length > 0) {
    const question = context.texts.confirm.deletesData(lost.join(", "))
    if (!(await confirmed(context, plan.deployment, question))) {
      context.note(context.texts.confirm.declined)
      return 0
    }
  }
  const flow = await context.open()
  return execute(context, (watching) =>
    flow.apply(plan, {
      ...watching,
      ...concurrencyOf(options.parallel, context.host.env),
      onStale: options.replan === true ? "replan" : "fail",
    }),
  )
}

export default apply
