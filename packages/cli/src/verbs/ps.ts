/** `windflow ps`: the containers of this project. */
import type { Instance } from "@windflow/engine/driver"
import { Usage } from "@windflow/engine/model"
import type { PsEntry } from "../json.ts"
import { portText, psRow } from "../render/instances.ts"
import { table } from "../render/table.ts"
import type { Verb, VerbContext } from "./Verb.ts"

interface Options {
  readonly all?: boolean
  readonly quiet?: boolean
  readonly services?: boolean
  readonly status?: ReadonlyArray<string>
  readonly filter?: string
  /** `false` for --no-trunc. */
  readonly trunc?: boolean
  /** `false` for --no-orphans. */
  readonly orphans?: boolean
}

/** One object of the array that `ps --format json` prints; its schema is `PsEntry` in `json.ts`. */
const entry = (instance: Instance): PsEntry => ({
  project: instance.project,
  service: instance.service,
  name: instance.name,
  id: instance.id,
  number: instance.number,
  image: instance.image,
  command: instance.command,
  oneOff: instance.oneOff,
  state: instance.state,
  health: instance.health,
  exitCode: instance.exitCode ?? null,
  ports: instance.ports.map(portText),
  createdAt: instance.createdAt,
  status: instance.status,
  managedBy: instance.managedBy,
})

const ended: ReadonlySet<string> = new Set(["exited", "dead", "created"])

/** States that are asked for; undefined: whatever runs. */
const statesOf = (options: Options, texts: VerbContext["texts"]): ReadonlyArray<string> | undefined => {
  const { filter, status = [] } = options
  if (filter === undefined) return status.length === 0 ? undefined : status
  const wanted = /^status=(.+)$/.exec(filter)?.[1]
  if (wanted === undefined) throw new Usage({ subject: filter, detail: texts.refusal.notAFilter, expected: "status=…" })
  return [...status, wanted]
}

/** What the file has, out of profiles too: these are no orphans. */
const declared = async (context: VerbContext): Promise<ReadonlyArray<string>> => {
  const { resolveModel } = await import("@windflow/sdk")
  return Object.keys((await resolveModel(await context.stack())).services)
}

const ps: Verb<Options> = async (context, options, args) => {
  const { texts } = context
  const states = statesOf(options, texts)
  const project = await context.project()
  const services = args.length === 0 && options.orphans === false ? await declared(context) : args
  const flow = await context.open()
  const oneOffs = options.all === true || states !== undefined
  const all = await flow.ps({ project, ...context.where }, { signal: context.signal, oneOffs })
  const shown = all.filter(
    (instance) =>
      (services.length === 0 || services.includes(instance.service)) &&
      (states === undefined ? options.all === true || !ended.has(instance.state) : states.includes(instance.state)),
  )
  if (options.quiet === true) for (const instance of shown) context.print(instance.id)
  else if (options.services === true)
    for (const service of new Set(shown.map((instance) => instance.service))) context.print(service)
  else if (context.json) context.print(JSON.stringify(shown.map(entry)))
  else {
    const { name, image, command, service, created, status, ports } = texts.table
    const row = (one: Instance) => psRow(one, context, options.trunc !== false)
    context.print(
      shown.length === 0
        ? texts.table.none
        : table([name, image, command, service, created, status, ports], shown.map(row)),
    )
  }
  return 0
}

export default ps
