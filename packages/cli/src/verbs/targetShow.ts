/** `windflow target show NAME`: its record; credentials are references and stay what they are. Opens nothing. */
import { Usage } from "@windflow/engine/model"
import { targetTable } from "../render/target.ts"
import type { Verb } from "./Verb.ts"

const targetShow: Verb<object> = async (context, _options, args) => {
  const name = args[0]!
  const targets = await (await context.open()).targets.list()
  const found = targets.find((one) => one.name === name)
  if (found === undefined)
    throw new Usage({
      subject: name,
      detail: context.texts.target.none,
      expected: targets.map((one) => one.name).join(", "),
    })
  if (context.json) context.print(JSON.stringify(found))
  else {
    context.print(targetTable([found], context.texts))
    const keys = [
      ...(found.ssh?.hostKey === undefined ? [] : [found.ssh.hostKey]),
      ...Object.entries(found.ssh?.jumpHostKeys ?? {}).map((pair) => pair.join(" ")),
    ]
    for (const key of keys) context.print(`${context.texts.target.head.key}  ${key}`)
  }
  return 0
}

export default targetShow
