/** `windflow secret ls`: names and versions, never values. */
import { keyringOf } from "../keyring.ts"
import { table } from "../render/table.ts"
import { formatTime } from "../render/time.ts"
import type { Verb } from "./Verb.ts"

const secretLs: Verb<object> = async (context) => {
  const { texts, zone } = context
  const entries = await keyringOf(context.host).list()
  if (context.json) context.print(JSON.stringify(entries))
  else if (entries.length === 0) context.print(texts.secret.empty)
  else
    context.print(
      table(
        [texts.table.secret, texts.table.version, texts.table.updated],
        entries.map(({ name, version, updatedAt }) => [name, version, formatTime(updatedAt, zone)]),
      ),
    )
  return 0
}

export default secretLs
