/**
 * Lifecycle hooks of a service as its containers carry them: in a label of ours, so that `down`, `stop` and a replacement run those
 * that the container was made with, also when the file is gone or says something else by now. Pure.
 */
import { Option, Schema } from "effect"
import type { Service } from "../../model/StackModel.ts"
import { labels } from "./names.ts"

const Str = Schema.String

export const ContainerHook = Schema.Struct({
  command: Schema.Array(Str),
  user: Schema.optionalKey(Str),
  privileged: Schema.optionalKey(Schema.Boolean),
  working_dir: Schema.optionalKey(Str),
  environment: Schema.optionalKey(Schema.Array(Str)),
})
export type ContainerHook = typeof ContainerHook.Type

export const HookKind = Schema.Literals(["post_start", "pre_stop"])
export type HookKind = typeof HookKind.Type

const hookList = Schema.optionalKey(Schema.Array(ContainerHook))
export const ContainerHooks = Schema.Struct({ post_start: hookList, pre_stop: hookList })
export type ContainerHooks = typeof ContainerHooks.Type

type ModelHook = NonNullable<Service["post_start"]>[number]

/** As the engine takes it; a name without a value takes the variable out of the image's environment. */
export const environmentOf = (environment: Service["environment"]): ReadonlyArray<string> =>
  Object.entries(environment ?? {}).map(([name, value]) => (value === null ? name : `${name}=${value}`))

const containerHook = (hook: ModelHook): ContainerHook => {
  const environment = environmentOf(hook.environment)
  return {
    command: hook.command ?? [],
    ...(hook.user === undefined ? {} : { user: hook.user }),
    ...(hook.privileged === true ? { privileged: true } : {}),
    ...(hook.working_dir === undefined ? {} : { working_dir: hook.working_dir }),
    ...(environment.length === 0 ? {} : { environment }),
  }
}

/** Undefined: it has none. */
export const hooksOf = (model: Service): ContainerHooks | undefined => {
  const list = (hooks: Service["post_start"]) => (hooks ?? []).map(containerHook)
  const [post_start, pre_stop] = [list(model.post_start), list(model.pre_stop)]
  if (post_start.length + pre_stop.length === 0) return undefined
  return { ...(post_start.length === 0 ? {} : { post_start }), ...(pre_stop.length === 0 ? {} : { pre_stop }) }
}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(ContainerHooks))

/** What a container's labels tell; a label that somebody else wrote is none of ours. */
export const hooksInLabels = (all: Readonly<Record<string, string>>): ContainerHooks | undefined => {
  const text = all[labels.hooks]
  return text === undefined ? undefined : Option.getOrUndefined(decode(text))
}
