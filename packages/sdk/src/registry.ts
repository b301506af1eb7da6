/** Targets by name: those of the configuration, and those a user registered in a file of the state directory. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { StateCorrupt, Target, Usage, type WindFlowError } from "@windflow/engine/model"
import { Effect, Result, Schema, Semaphore } from "effect"
import type { Config } from "./config.ts"
import { target as targetFromUrl, type TargetInput } from "./target.ts"

export interface Registry {
  readonly list: Effect.Effect<ReadonlyArray<Target>, WindFlowError>
  readonly add: (target: Target) => Effect.Effect<Target, WindFlowError>
  readonly remove: (name: string) => Effect.Effect<void, WindFlowError>
}

const File = Schema.fromJsonString(Schema.Struct({ format: Schema.Literal(1), targets: Schema.Array(Target) }))
const decode = Schema.decodeUnknownResult(File, { onExcessProperty: "error" })

const unknownName = (name: string) => new Usage({ subject: name, detail: "no target of that name is registered" })

const isMissing = (cause: unknown) => cause instanceof Error && "code" in cause && cause.code === "ENOENT"

const corrupt = (file: string) => (cause: unknown) =>
  new StateCorrupt({ what: file, detail: cause instanceof Error ? cause.message : String(cause) })

/** Registered targets in one file, replaced atomically. */
export const fileRegistry = (file: string): Registry => {
  const one = Semaphore.makeUnsafe(1)
  const list = Effect.tryPromise({
    try: () => readFile(file, "utf8").catch((cause: unknown) => (isMissing(cause) ? undefined : Promise.reject(cause))),
    catch: corrupt(file),
  }).pipe(
    Effect.flatMap((text): Effect.Effect<ReadonlyArray<Target>, StateCorrupt> => {
      if (text === undefined) return Effect.succeed([])
      const decoded = decode(text)
      return Result.isFailure(decoded)
        ? Effect.fail(new StateCorrupt({ what: file, detail: decoded.failure.message }))
        : Effect.succeed(decoded.success.targets)
    }),
  )
  const write = (targets: ReadonlyArray<Target>) =>
    Effect.tryPromise({
      try: async () => {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 })
        const temporary = `${file}.${process.pid}`
        await writeFile(temporary, `${JSON.stringify({ format: 1, targets }, null, 2)}\n`, { mode: 0o600 })
        await rename(temporary, file)
      },
      catch: corrupt(file),
    })
  const change = (f: (targets: ReadonlyArray<Target>) => ReadonlyArray<Target>) =>
    one.withPermits(1)(Effect.flatMap(list, (targets) => write(f(targets))))
  return {
    list,
    add: (target) =>
      Effect.as(
        change((targets) => [...targets.filter((other) => other.name !== target.name), target]),
        target,
      ),
    remove: (name) =>
      Effect.flatMap(list, (targets): Effect.Effect<void, WindFlowError> =>
        targets.some((target) => target.name === name)
          ? change((all) => all.filter((target) => target.name !== name))
          : Effect.fail(unknownName(name)),
      ),
  }
}

/** For `state.memory()`. */
export const memoryRegistry = (): Registry => {
  const targets = new Map<string, Target>()
  return {
    list: Effect.sync(() => [...targets.values()]),
    add: (target) =>
      Effect.sync(() => {
        targets.set(target.name, target)
        return target
      }),
    remove: (name) => Effect.suspend(() => (targets.delete(name) ? Effect.void : Effect.fail(unknownName(name)))),
  }
}

/** The targets of a configuration; throws `Usage` when a URL makes no sense. */
export const configTargets = (config: Config): ReadonlyArray<Target> =>
  Object.entries(config.targets ?? {}).map(([name, entry]) =>
    typeof entry === "object" && "endpoints" in entry ? { ...entry, name } : targetFromUrl(entry, { name }),
  )

/** What a caller may say about where: a name, a URL, a target, an environment, or nothing. */
export interface Place {
  readonly target?: TargetInput
  readonly environment?: string
}

/** Flag or option > environment > configuration's default > the local engine. */
export const resolveTarget = Effect.fn("resolveTarget")(function* (
  place: Place,
  config: Config,
  registry: Registry,
  local: Target,
) {
  const environment = place.environment ?? (place.target === undefined ? config.defaults?.environment : undefined)
  const known = config.environments ?? {}
  if (environment !== undefined && known[environment] === undefined)
    return yield* new Usage({
      subject: environment,
      detail: "no environment of that name is configured",
      ...(Object.keys(known).length > 0 ? { expected: Object.keys(known).join(", ") } : {}),
    })
  const wanted =
    place.target ?? (environment === undefined ? undefined : known[environment]?.target) ?? config.defaults?.target
  if (wanted === undefined || wanted === "local" || wanted === local.name) return local
  if (typeof wanted !== "string") return wanted
  if (wanted.includes("://"))
    return yield* Effect.try({
      try: () => targetFromUrl(wanted),
      catch: (cause) => (cause instanceof Usage ? cause : new Usage({ subject: wanted, detail: String(cause) })),
    })
  const named = [...configTargets(config), ...(yield* registry.list)]
  const found = named.find((target) => target.name === wanted)
  if (found !== undefined) return found
  return yield* new Usage({
    subject: wanted,
    detail: "no target of that name is configured or registered",
    expected: ["local", ...named.map((target) => target.name), "a URL such as ssh://user@host"].join(", "),
  })
})
