/** `windflow events`: what happens to the containers of this project, whoever did it. Ctrl-C only detaches. */
import type { EngineEvent } from "@windflow/engine/driver"
import type { ServiceEvent } from "../json.ts"
import { formatTime } from "../render/time.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly json?: boolean
  readonly since?: string
  readonly until?: string
}

const ours = /^(com\.docker\.compose|windflow)\./

/** What the event tells beside project and service, which every event of a service has. */
const details = (event: EngineEvent): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(event.attributes ?? {})
      .filter(([name]) => !ours.test(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

const entry = (event: EngineEvent): ServiceEvent => ({
  time: event.at,
  type: event.type,
  service: event.service ?? "",
  id: event.id,
  action: event.action,
  attributes: details(event),
})

const oneOff = ({ attributes }: EngineEvent) => attributes?.["com.docker.compose.oneoff"] === "True"

const events: Verb<Options> = async (context, options, services) => {
  const project = await context.project()
  const flow = await context.open()
  const told = flow.targets.events(context.where.target ?? "local", {
    project,
    type: ["container"],
    signal: context.signal,
    ...(options.since === undefined ? {} : { since: options.since }),
    ...(options.until === undefined ? {} : { until: options.until }),
  })
  for await (const event of told) {
    if (oneOff(event) || (services.length > 0 && !services.includes(event.service ?? ""))) continue
    if (context.json || options.json === true) context.print(JSON.stringify(entry(event)))
    else {
      const facts = Object.entries(details(event)).map(([name, value]) => `${name}=${value}`)
      const time = formatTime(event.at, context.zone)
      context.print(`${time} ${event.type} ${event.action} ${event.id} (${facts.join(", ")})`)
    }
  }
  return 0
}

export default events
