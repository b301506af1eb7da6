/** `windflow rm`: removes containers that do not run; with `-v` their anonymous volumes too, and asks before. Needs no file. */
import { confirmed } from "../confirm.ts"
import { acted, execute } from "../execute.ts"
import { chosen } from "./chosen.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly force?: boolean
  readonly stop?: boolean
  readonly volumes?: boolean
}

const rm: Verb<Options> = async (context, options, services) => {
  const project = await context.project()
  const ref = { project, ...context.where }
  const flow = await context.open()
  if (options.volumes === true && options.force !== true) {
    const question = context.texts.confirm.deletesAnonymous(project)
    if (!(await confirmed(context, project, question))) {
      context.note(context.texts.confirm.declined)
      return 0
    }
  }
  const flags = { ...chosen(services), stop: options.stop === true, volumes: options.volumes === true }
  return execute(context, (watching) => flow.rm(ref, { ...flags, ...watching }), acted)
}

export default rm
