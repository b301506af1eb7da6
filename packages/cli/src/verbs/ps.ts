/** `windflow ps`: the containers of this project, or of everything on the target when no project is meant. */
import type { Instance } from "@windflow/engine/driver"
import type { PsEntry } from "../json.ts"
import { instanceRow, portText } from "../render/instances.ts"
import { table } from "../render/table.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly all?: boolean
  readonly quiet?: boolean
  readonly services?: boolean
}

/** One object of the array that `ps --format json` prints; its schema is `PsEntry` in `json.ts`. */
const entry = (instance: Instance): PsEntry => ({
  project: instance.project,
  service: instance.service,
  name: instance.name,
  id: instance.id,
  number: instance.number,
  image: instance.image,
  state: instance.state,
  health: instance.health,
  exitCode: instance.exitCode ?? null,
  ports: instance.ports.map(portText),
  createdAt: instance.createdAt,
  status: instance.status,
  managedBy: instance.managedBy,
})

const ps: Verb<Options> = async (context, options, services) => {
  const project = await context.project()
  const flow = await context.open()
  const all = await flow.ps({ project, ...context.where }, { signal: context.signal })
  const shown = all.filter(
    (instance) =>
      (services.length === 0 || services.includes(instance.service)) &&
      (options.all === true ||
        (instance.state !== "exited" && instance.state !== "dead" && instance.state !== "created")),
  )
  const { texts } = context
  if (options.quiet === true) for (const instance of shown) context.print(instance.id)
  else if (options.services === true)
    for (const service of new Set(shown.map((instance) => instance.service))) context.print(service)
  else if (context.json) context.print(JSON.stringify(shown.map(entry)))
  else {
    const { name, image, service, status, ports } = texts.table
    context.print(
      shown.length === 0
        ? texts.table.none
        : table(
            [name, image, service, status, ports],
            shown.map((one) => instanceRow(one, context.colors)),
          ),
    )
  }
  return 0
}

export default ps
