/** `windflow target test [NAME|URL]`: every stage from the name to the clock, what the machine is, and what runs there. Changes nothing. */
import { errorTable } from "@windflow/engine/model"
import { encodeReport } from "../json.ts"
import { reportLines } from "../render/target.ts"
import type { Verb } from "./Verb.ts"

const targetTest: Verb<object> = async (context, _options, args) => {
  const flow = await context.open()
  const report = await flow.targets.test(args[0] ?? context.where.target ?? "local", { signal: context.signal })
  if (context.json) context.print(JSON.stringify(encodeReport(report)))
  else for (const line of reportLines(report, context.texts, context.colors, context.locale)) context.print(line)
  const failed = report.stages.find(({ status }) => status === "failed")?.error
  return failed === undefined ? 0 : errorTable[failed._tag].exit
}

export default targetTest
