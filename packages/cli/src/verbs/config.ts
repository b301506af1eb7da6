/**
 * `windflow config`: the resolved model, its names and hashes, to the byte as `docker compose config` prints them for the same
 * flags (which prints names in chance order; here they are sorted). Opens no engine but to resolve digests.
 */
import { resolve } from "node:path"
import {
  imagesOf,
  load,
  type LoadOptions,
  loadVariables,
  matchServices,
  render,
  renderUnresolved,
  renderVariables,
  serviceHash,
  withDefaultPlatform,
} from "@windflow/engine/compose"
import { nodeCapability } from "@windflow/engine/compose-node"
import { type Diagnostic, type StackModel, Usage } from "@windflow/engine/model"
import { Effect, Schema } from "effect"
import { writeText } from "../files.ts"
import type { Verb, VerbContext } from "./Verb.ts"

interface Options {
  readonly format?: "yaml" | "json"
  readonly hash?: string
  readonly services?: boolean
  readonly volumes?: boolean
  readonly networks?: boolean
  readonly images?: boolean
  readonly profiles?: boolean
  readonly variables?: boolean
  /** False when `--no-interpolate` was given. */
  readonly interpolate?: boolean
  readonly resolveImageDigests?: boolean
  readonly quiet?: boolean
  readonly output?: string
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const lines = (words: ReadonlyArray<string>): string => words.map((word) => `${word}\n`).join("")
const namesOf = (section: object | undefined): string => lines(Object.keys(section ?? {}).toSorted(byName))

const warn = ({ texts, note, colors }: VerbContext, { message, place }: Diagnostic): void =>
  note(
    `${colors.change(texts.error.warning)}: ${message}${place === undefined ? "" : ` (${place.file}:${place.line}:${place.column})`}`,
  )

/** What the loader is asked, before a flag adds to it. */
const loading = async (context: VerbContext) => {
  const { files, options } = await context.composeFiles()
  const { directory, project, profiles, envFiles, projectDirectory, stdin, env = {} } = options
  const request: LoadOptions = {
    workingDirectory: directory ?? context.host.cwd,
    ...(files === undefined ? {} : { files }),
    ...(project === undefined ? {} : { projectName: project }),
    ...(profiles === undefined ? {} : { profiles }),
    ...(envFiles === undefined ? {} : { envFiles }),
    ...(projectDirectory === undefined ? {} : { projectDirectory }),
    ...(stdin === undefined ? {} : { stdin }),
    onWarning: (warning) => warn(context, warning),
  }
  const defined = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  return { request, env, capability: nodeCapability({ env: Object.fromEntries(defined) }) }
}

/** `web 1f3a…`, a service a line: the hashes that Compose's containers carry. */
const hashes = (model: StackModel, platform: string | undefined, wanted: ReadonlyArray<string>, unknown: string) => {
  const all = Object.keys(model.services)
  const { matched, missing } = matchServices(wanted, all)
  const [first] = missing
  if (first !== undefined) throw new Usage({ subject: first, detail: unknown, expected: all.join(", ") })
  const { services } = withDefaultPlatform(model, platform)
  return lines(matched.toSorted(byName).map((name) => `${name} ${serviceHash(services[name]!)}`))
}

const Unresolved = Schema.fromJsonString(
  Schema.Struct({ services: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)) }),
)

/** What is asked first in the order of the reference's flags: names, hashes, variables; undefined asks for the model. */
const selected = async (
  context: VerbContext,
  options: Options,
  args: ReadonlyArray<string>,
): Promise<string | undefined> => {
  const { request, capability } = await loading(context)
  const whole = (more: Partial<LoadOptions>) => Effect.runPromise(load({ ...request, ...more }, capability))
  const withoutEnvironment = { resolveEnvironment: false } as const
  if (options.services === true) {
    if (options.interpolate !== false) return namesOf((await whole(withoutEnvironment)).model.services)
    const text = await Effect.runPromise(renderUnresolved(request, capability, "json"))
    return namesOf(Schema.decodeUnknownSync(Unresolved)(text).services)
  }
  if (options.volumes === true) return namesOf((await whole(withoutEnvironment)).model.volumes)
  if (options.networks === true) return namesOf((await whole(withoutEnvironment)).model.networks)
  if (options.hash !== undefined && options.hash !== "") {
    const wanted = options.hash === "*" ? ["*"] : options.hash.split(",")
    const { model, origin } = await whole({ resolveEnvironment: wanted })
    return hashes(model, origin.variable?.("DOCKER_DEFAULT_PLATFORM"), wanted, context.texts.refusal.unknownService)
  }
  if (options.profiles === true) return lines((await whole({ services: args })).origin.profiles ?? [])
  if (options.images === true) return lines(imagesOf((await whole({ services: args })).model))
  if (options.variables === true) {
    const variables = await Effect.runPromise(loadVariables(request, capability))
    return renderVariables(variables, options.format ?? (context.json ? "json" : "table"))
  }
  return undefined
}

const document = async (context: VerbContext, options: Options, services: ReadonlyArray<string>): Promise<string> => {
  const { request, capability, env } = await loading(context)
  const format = options.format ?? (context.json ? "json" : "yaml")
  if (options.interpolate === false) return Effect.runPromise(renderUnresolved(request, capability, format))
  const stack = await Effect.runPromise(load({ ...request, services }, capability))
  if (options.resolveImageDigests !== true) return options.quiet === true ? "" : render(stack.model, format)
  const { pinned } = await import("./configDigests.ts")
  return render(await pinned(stack, env, context.signal), format)
}

const config: Verb<Options> = async (context, options, args) => {
  const asked = await selected(context, options, args)
  if (asked !== undefined) {
    context.host.stdout.write(asked)
    return 0
  }
  const text = await document(context, options, args)
  if (options.quiet === true) return 0
  if (options.output === undefined) context.host.stdout.write(text)
  else await writeText(resolve(context.host.cwd, options.output), text)
  return 0
}

export default config
