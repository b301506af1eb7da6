/** `windflow target rm NAME`: forgets the registration. Nothing on the target is touched. */
import type { Verb } from "./Verb.ts"

const targetRm: Verb<object> = async (context, _options, args) => {
  const name = args[0]!
  await (await context.open()).targets.remove(name)
  context.print(context.json ? JSON.stringify({ removed: name }) : context.texts.target.removed(name))
  return 0
}

export default targetRm
