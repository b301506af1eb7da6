/** `windflow top`: the processes in the containers, as the engine's `ps` tells them. */
import type { ProcessList } from "@windflow/engine/driver"
import { table } from "../render/table.ts"
import type { Verb } from "./Verb.ts"

/** Containers may answer with different columns; the command stands last. */
const columnsOf = (lists: ReadonlyArray<ProcessList>): ReadonlyArray<string> => {
  const titles = [...new Set(lists.flatMap((list) => list.titles))]
  return [...titles.filter((title) => title !== "CMD"), ...titles.filter((title) => title === "CMD")]
}

const top: Verb<object> = async (context, _options, services) => {
  const project = await context.project()
  const flow = await context.open()
  const all = await flow.top({ project, ...context.where }, { signal: context.signal })
  const lists = services.length === 0 ? all : all.filter((list) => services.includes(list.service))
  if (context.json) {
    context.print(JSON.stringify(lists))
    return 0
  }
  const columns = columnsOf(lists)
  const rows = lists.flatMap(({ service, number, titles, processes }) =>
    processes.map((process) => [
      service,
      number === undefined ? "-" : String(number),
      ...columns.map((title) => process[titles.indexOf(title)] ?? "-"),
    ]),
  )
  const { texts } = context
  context.print(rows.length === 0 ? texts.table.none : table([texts.table.service, "#", ...columns], rows))
  return 0
}

export default top
