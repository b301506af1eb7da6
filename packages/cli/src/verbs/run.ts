/** `windflow run`: a command in a container of its own, with a terminal when there is one on both ends. Signals go to the command. */
import { Usage } from "@windflow/engine/model"
import { createLive } from "../live.ts"
import { rawTerminal, variables as named } from "../session.ts"
import { environmentFile } from "../environmentFile.ts"
import { hiddenWork, progressNotes, type QuietOptions } from "./imageVerb.ts"
import type { Verb, VerbContext } from "./Verb.ts"

interface Options extends QuietOptions {
  readonly detach?: boolean
  readonly env?: ReadonlyArray<string>
  readonly envFromFile?: ReadonlyArray<string>
  readonly label?: Readonly<Record<string, string>>
  /** `false` for -T. */
  readonly tty?: boolean
  readonly publish?: ReadonlyArray<string>
  readonly servicePorts?: boolean
  readonly quiet?: boolean
  readonly user?: string
  readonly volume?: ReadonlyArray<string>
  readonly workdir?: string
  readonly entrypoint?: string
  readonly name?: string
  /** `false` for --no-deps. */
  readonly deps?: boolean
  readonly rm?: boolean
  readonly useAliases?: boolean
  readonly capAdd?: ReadonlyArray<string>
  readonly capDrop?: ReadonlyArray<string>
  readonly pull?: "policy" | "always" | "missing" | "never"
  readonly build?: boolean
  readonly removeOrphans?: boolean
}

/** Only what was given. */
const given = <Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } =>
  // A computed key of a generic name is typed as an index signature, which is wider than what it is.
  value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value })

const words = async (text: string, context: VerbContext): Promise<ReadonlyArray<string>> => {
  const { splitWords } = await import("@windflow/engine/compose")
  const split = splitWords(text)
  if (split === undefined) throw new Usage({ subject: text, detail: context.texts.refusal.notWords })
  return split
}

/** How what stands before the container is shown: its run, and pulls and builds. */
const showing = (context: VerbContext, options: Options) => {
  if (options.quiet === true) return {}
  const live = createLive({ ...context, json: false })
  const hidden = hiddenWork(options)
  const note = progressNotes(context)
  return {
    onEvent: (event: Parameters<typeof live.onEvent>[0]) => {
      if (event._tag !== "Progress" || !hidden(event.operation)) live.onEvent(event)
      // What follows is the command's own output.
      if (event._tag === "RunEnded") void live.end()
    },
    onProgress: (progress: Parameters<typeof note>[0]) => {
      if (!hidden(progress.subject)) note(progress)
    },
  }
}

/** Those of files first: what is named on the command line wins. */
const variablesOf = async (
  { env, envFromFile = [] }: Options,
  context: VerbContext,
): Promise<Readonly<Record<string, string>> | undefined> => {
  if (env === undefined && envFromFile.length === 0) return undefined
  const files = await Promise.all(envFromFile.map((file) => environmentFile(file, context.host)))
  return Object.fromEntries([...files, named(env ?? [], context.host)].flatMap((some) => Object.entries(some)))
}

const run: Verb<Options> = async (context, options, args) => {
  const [service = "", ...argv] = args
  const { host } = context
  const stack = await context.stack()
  const flow = await context.open()
  const detach = options.detach === true
  const tty = !detach && options.tty !== false && host.stdin.isTTY === true && host.stdout.isTTY === true
  const size = () => ({ columns: host.stdout.columns ?? 80, rows: host.stdout.rows ?? 24 })
  const entrypoint = options.entrypoint === undefined ? undefined : await words(options.entrypoint, context)
  const variables = await variablesOf(options, context)
  let restore = () => {}
  try {
    const result = await flow.runOnce(stack, service, argv.length === 0 ? undefined : argv, {
      ...context.where,
      ...showing(context, options),
      signal: context.signal,
      detach,
      remove: options.rm === true,
      noDeps: options.deps === false,
      removeOrphans: options.removeOrphans === true,
      servicePorts: options.servicePorts === true,
      useAliases: options.useAliases === true,
      ...(detach ? {} : { input: host.stdin, onOutput: ({ stream, bytes }) => void host[stream].write(bytes) }),
      ...(tty ? { tty: { ...size(), onResize: (listener) => host.onResize(() => listener(size())) } } : {}),
      onStarted: ({ kill }) => {
        if (detach) return
        if (tty) restore = rawTerminal(host)
        // A container that has just ended has nothing to be told.
        context.forward((signal) => void kill(signal).catch(() => {}))
      },
      ...given("variables", variables),
      ...given("labels", options.label),
      ...given("ports", options.publish),
      ...given("user", options.user),
      ...given("volumes", options.volume),
      ...given("workingDirectory", options.workdir),
      ...given("entrypoint", entrypoint),
      ...given("name", options.name),
      ...given("capAdd", options.capAdd),
      ...given("capDrop", options.capDrop),
      ...given("pull", options.pull),
      ...given("build", options.build === true ? ("always" as const) : undefined),
    })
    if (detach && options.quiet !== true)
      context.print(context.json ? JSON.stringify({ id: result.id, name: result.name }) : result.id)
    return result.exitCode
  } finally {
    context.forward(undefined)
    restore()
    host.stdin.destroy?.()
  }
}

export default run
