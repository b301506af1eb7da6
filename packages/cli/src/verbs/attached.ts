/**
 * `up --abort-on-container-exit` and its kin, for a container of tests in a pipeline: behind the run that starts everything, prints
 * what the containers say until one of them ends, stops the others, and takes the exit code over. Composed of the SDK's own calls.
 */
import { setTimeout as pause } from "node:timers/promises"
import type { Instance } from "@windflow/engine/driver"
import { Usage } from "@windflow/engine/model"
import { isError, resolveModel, type WindFlow } from "@windflow/sdk"
import { createLive } from "../live.ts"
import { logPrinter } from "../render/logLines.ts"
import type { AttachOptions } from "./attachOptions.ts"
import type { VerbContext } from "./Verb.ts"

type Ref = { readonly project: string } & VerbContext["where"]

/** Between two looks: an end is not told as an event before every list shows it, so the state itself is asked for. */
const period = 500

/** Whose lines are shown, as Compose chooses: the named services', else all. */
const wantedLines = (options: AttachOptions, services: ReadonlyArray<string>): ((service: string) => boolean) => {
  const only = options.attach ?? (options.attachDependencies === true || services.length === 0 ? undefined : services)
  return (service) => options.noAttach?.includes(service) !== true && only?.includes(service) !== false
}

/** The engine's time of the last line that is there already: what comes behind it is the run's. Undefined: all is. */
const lastLine = async (flow: WindFlow, ref: Ref, signal: AbortSignal): Promise<string | undefined> => {
  let last: string | undefined
  try {
    for await (const line of flow.logs(ref, { tail: 1, signal }))
      if ("at" in line && (last === undefined || line.at > last)) last = line.at
  } catch (error) {
    if (!isError(error, "NotDeployed")) throw error
  }
  return last
}

const over: ReadonlySet<string> = new Set(["exited", "dead"])
const codeOf = ({ exitCode }: Instance): number => exitCode ?? 1

interface Watched {
  readonly services: ReadonlySet<string>
  /** Some service waits for their end: it is no reason to stop. */
  readonly completing: ReadonlySet<string>
}

const watchedIn = async (context: VerbContext): Promise<Watched> => {
  const { services } = await resolveModel(await context.stack())
  const awaited = Object.values(services).flatMap(({ depends_on }) =>
    Object.entries(depends_on ?? {}).flatMap(([name, { condition }]) =>
      condition === "service_completed_successfully" ? [name] : [],
    ),
  )
  return { services: new Set(Object.keys(services)), completing: new Set(awaited) }
}

/** Which container's end stops the others: of several that ended between two looks the chosen service's, then one that failed. */
const findEnd = (
  all: ReadonlyArray<Instance>,
  { services, completing }: Watched,
  options: AttachOptions,
): Instance | undefined => {
  const counted = all.filter((one) => services.has(one.service) && !(completing.has(one.service) && one.exitCode === 0))
  const ended = counted.filter(({ state }) => over.has(state))
  const failed = ended.find((one) => codeOf(one) !== 0)
  if (options.abortOnContainerFailure === true && options.abortOnContainerExit !== true)
    return failed ?? (ended.length === counted.length ? ended[0] : undefined)
  return ended.find(({ service }) => service === options.exitCodeFrom) ?? failed ?? ended[0]
}

/** Undefined: the reader has asked to stop. */
const firstEnd = async (
  look: () => Promise<Instance | undefined>,
  signal: AbortSignal,
): Promise<Instance | undefined> => {
  while (!signal.aborted) {
    const found = await look()
    if (found !== undefined) return found
    await pause(period, undefined, { signal }).catch(() => {})
  }
  return undefined
}

/** Not by the context's signal: when that is what ends the session, everything is to be stopped all the same. */
const stopAll = async (context: VerbContext, flow: WindFlow, ref: Ref, stopTimeout: number | undefined) => {
  const live = createLive(context)
  try {
    await flow.stop(ref, { onEvent: live.onEvent, ...(stopTimeout === undefined ? {} : { stopTimeout }) })
  } finally {
    await live.end()
  }
}

/** Called before the run; what it returns is called behind it, and gives the exit code. */
export const attached = async (
  context: VerbContext,
  options: AttachOptions,
  services: ReadonlyArray<string>,
): Promise<() => Promise<number>> => {
  const flow = await context.open()
  const ref: Ref = { project: await context.project(), ...context.where }
  const watched = await watchedIn(context)
  const { exitCodeFrom } = options
  if (exitCodeFrom !== undefined && !watched.services.has(exitCodeFrom))
    throw new Usage({
      subject: exitCodeFrom,
      detail: context.texts.refusal.unknownService,
      expected: [...watched.services].join(", "),
    })
  const since = await lastLine(flow, ref, context.signal)
  const wanted = wantedLines(options, services)
  const printing = logPrinter(context, options)

  const lines = (follow: boolean, signal: AbortSignal | undefined) =>
    flow.logs(ref, {
      follow,
      ...(since === undefined ? {} : { since }),
      ...(signal === undefined ? {} : { signal }),
    })
  const shown = new Map<string, number>()
  const followed = async (signal: AbortSignal) => {
    for await (const line of lines(true, signal)) {
      if (!("at" in line)) printing.line(line)
      // The engine's `since` includes its moment.
      else if (wanted(line.service) && (since === undefined || line.at > since)) {
        shown.set(line.container, (shown.get(line.container) ?? 0) + 1)
        printing.line(line)
      }
    }
  }
  /** What was written between the last line that was followed and the end. */
  const rest = async () => {
    const seen = new Map<string, number>()
    for await (const line of lines(false, undefined)) {
      if (!("at" in line) || !wanted(line.service) || (since !== undefined && line.at <= since)) continue
      const count = (seen.get(line.container) ?? 0) + 1
      seen.set(line.container, count)
      if (count > (shown.get(line.container) ?? 0)) printing.line(line)
    }
  }

  return async () => {
    const leaving = new AbortController()
    const following = followed(AbortSignal.any([context.signal, leaving.signal]))
    const look = async () => findEnd(await flow.ps(ref), watched, options)
    try {
      const ending = firstEnd(look, AbortSignal.any([context.signal, leaving.signal]))
      // Logs that cannot be read end the session; an engine that just closes them does not.
      const first = await Promise.race([ending, following.then(() => ending)])
      if (first !== undefined) context.note(context.texts.run.containerEnded(first.name, codeOf(first)))
      await stopAll(context, flow, ref, options.timeout)
      leaving.abort()
      await following
      await rest()
      if (first === undefined || exitCodeFrom === undefined || first.service === exitCodeFrom)
        return first === undefined ? 0 : codeOf(first)
      const chosen = (await flow.ps(ref)).find(({ service }) => service === exitCodeFrom)
      return chosen === undefined ? 1 : codeOf(chosen)
    } finally {
      leaving.abort()
      printing.flush()
    }
  }
}
