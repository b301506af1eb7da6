/** `windflow apply FILE`: executes a saved plan, refusing one that the target has outrun. */
import { resolve } from "node:path"
import { FileUnreadable, PlanUnreadable, StateCorrupt } from "@windflow/engine/model"
import { parsePlan, type Plan } from "@windflow/sdk"
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

/** The saved plan, or the error that names its file. */
const planIn = async (path: string): Promise<Plan> => {
  try {
    return parsePlan(await readText(path))
  } catch (cause) {
    if (cause instanceof FileUnreadable || cause instanceof StateCorrupt)
      throw new PlanUnreadable({ path, detail: cause.detail })
    throw cause
  }
}

const apply: Verb<Options> = async (context, options, args) => {
  const plan = await planIn(resolve(context.host.cwd, args[0]!))
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
