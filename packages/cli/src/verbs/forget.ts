/** `windflow forget`: removes our record of a deployment; what was deployed stays. */
import { environmentConfirmed } from "../confirm.ts"
import type { Verb } from "./Verb.ts"

const forget: Verb<object> = async (context) => {
  const { texts } = context
  const project = await context.project()
  const flow = await context.open()
  if (!(await environmentConfirmed(context))) {
    context.note(texts.confirm.declined)
    return 0
  }
  await flow.forget({ project, ...context.where }, { signal: context.signal })
  if (context.json) context.print(JSON.stringify({ forgotten: project }))
  else context.print(texts.forgotten(project))
  return 0
}

export default forget
