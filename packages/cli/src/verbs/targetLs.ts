/** `windflow target ls`: the targets of the configuration and those that were registered; opens none. */
import { targetTable } from "../render/target.ts"
import type { Verb } from "./Verb.ts"

const targetLs: Verb<object> = async (context) => {
  const targets = await (await context.open()).targets.list()
  context.print(context.json ? JSON.stringify(targets) : targetTable(targets, context.texts))
  return 0
}

export default targetLs
