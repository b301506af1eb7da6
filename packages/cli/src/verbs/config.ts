/** `windflow config`: the resolved model, as `docker compose config` prints it for the same flags. Opens no engine. */
import { writeFile } from "node:fs/promises"
import { resolve } from "node:path"
import { render, serviceHash } from "@windflow/engine/compose"
import { type StackModel, Usage } from "@windflow/engine/model"
import { resolveModel } from "@windflow/sdk"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly format?: "yaml" | "json"
  readonly hash?: string
  readonly services?: boolean
  readonly volumes?: boolean
  readonly networks?: boolean
  readonly images?: boolean
  readonly quiet?: boolean
  readonly output?: string
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** `web 1f3a…`, a service a line. */
const hashes = (model: StackModel, wanted: string, unknown: string): string => {
  const names = wanted === "*" ? Object.keys(model.services).toSorted(byName) : wanted.split(",")
  return names
    .map((name) => {
      const service = model.services[name]
      if (service === undefined)
        throw new Usage({ subject: name, detail: unknown, expected: Object.keys(model.services).join(", ") })
      return `${name} ${serviceHash(service)}`
    })
    .join("\n")
}

const namesOf = (model: StackModel, options: Options): ReadonlyArray<string> | undefined => {
  if (options.services === true) return Object.keys(model.services)
  if (options.volumes === true) return Object.keys(model.volumes ?? {})
  if (options.networks === true) return Object.keys(model.networks ?? {})
  if (options.images === true)
    return Object.entries(model.services).map(([name, service]) => service.image ?? `${model.name}-${name}`)
  return undefined
}

const config: Verb<Options> = async (context, options) => {
  const model = await resolveModel(await context.stack())
  if (options.quiet === true) return 0
  const names = namesOf(model, options)
  const text =
    options.hash !== undefined
      ? hashes(model, options.hash, context.texts.refusal.unknownService)
      : names !== undefined
        ? names.toSorted(byName).join("\n")
        : render(model, options.format ?? (context.json ? "json" : "yaml")).trimEnd()
  if (options.output === undefined) context.print(text)
  else await writeFile(resolve(context.host.cwd, options.output), `${text}\n`)
  return 0
}

export default config
