/** `windflow history`: revisions, newest first. */
import { table } from "../render/table.ts"
import { formatTime } from "../render/time.ts"
import type { Verb } from "./Verb.ts"

const history: Verb<object> = async (context) => {
  const flow = await context.open()
  const project = await context.project()
  const revisions = await flow.history({ project, ...context.where }, { signal: context.signal })
  const { texts, zone } = context
  if (context.json) {
    context.print(JSON.stringify(revisions))
    return 0
  }
  const { revision, status, at, owner, summary } = texts.table
  context.print(
    revisions.length === 0
      ? texts.table.none
      : table(
          [revision, status, at, owner, summary],
          revisions.map((one) => [
            String(one.number),
            one.status,
            formatTime(one.at, zone),
            one.owner,
            texts.phrase(one.summary),
          ]),
        ),
  )
  return 0
}

export default history
