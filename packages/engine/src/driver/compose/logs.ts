/** Logs of a project: one stream of the engine a container, merged, read only as fast as the consumer takes lines. */
import { Effect, Semaphore, Stream } from "effect"
import { NotDeployed, Usage, type WindFlowError } from "../../model/errors/union.ts"
import { textLines } from "../../transport/demultiplex.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import { resuming } from "../../transport/resume.ts"
import type { LogLine, LogOptions } from "../Driver.ts"
import { parseDuration } from "./goValues.ts"
import { bounded } from "./boundedLines.ts"
import { labels, projectFilter } from "./names.ts"

interface Source {
  readonly id: string
  readonly service: string
  /** `web-1`. */
  readonly container: string
  readonly number: number
  readonly oneOff: boolean
}

const merging = { concurrency: "unbounded", bufferSize: 1 } as const

/** An ISO time, or a Go duration back from now, as the engine wants it: Unix seconds. */
export const logTime = (text: string, now: number): string | undefined => {
  const duration = parseDuration(text)
  if (duration !== undefined) return (now / 1000 - duration / 1e9).toFixed(9)
  const time = Date.parse(text)
  if (Number.isNaN(time)) return undefined
  // JavaScript's dates stop at milliseconds; the engine counts nanoseconds.
  const fraction = /\.(\d{1,9})/.exec(text)?.[1]
  return fraction === undefined ? String(time / 1000) : `${Math.floor(time / 1000)}.${fraction.padEnd(9, "0")}`
}

const source = (id: string, own: Readonly<Record<string, string>>): Source => {
  const service = own[labels.service] ?? ""
  const number = Number(own[labels.number] ?? "1")
  return { id, service, container: `${service}-${number}`, number, oneOff: own[labels.oneoff] === "True" }
}

/** The engine puts its own time and a space before each line. */
const line = (from: Source, stream: "stdout" | "stderr", text: string): Extract<LogLine, { readonly text: string }> => {
  const space = text.indexOf(" ")
  const at = space < 0 ? text : text.slice(0, space)
  return { service: from.service, container: from.container, stream, at, text: space < 0 ? "" : text.slice(space + 1) }
}

interface LogCursor {
  readonly turn: Semaphore.Semaphore
  /** The engine's time of the last line given. */
  last: string | undefined
}

/** The next nanosecond: the engine's `since` includes its moment. */
const after = (at: string): string | undefined => {
  const [seconds, nanoseconds] = (logTime(at, 0) ?? "").split(".")
  if (seconds === undefined || nanoseconds === undefined) return undefined
  const next = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds) + 1n
  return `${next / 1_000_000_000n}.${String(next % 1_000_000_000n).padStart(9, "0")}`
}

/**
 * Reads a container's log. A stream ends when its container stops; when that starts again (an event tells), reading goes on
 * behind the last line, after the former stream has ended: no line twice, none lost.
 */
const makeReader = (api: DockerApiShape, follow: boolean, until: string | undefined) => {
  const cursors = new Map<string, LogCursor>()
  return (
    from: Source,
    query: { readonly tail?: number; readonly since?: string },
  ): Stream.Stream<LogLine, WindFlowError> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const cursor = cursors.get(from.id) ?? { turn: Semaphore.makeUnsafe(1), last: undefined }
        cursors.set(from.id, cursor)
        yield* Effect.acquireRelease(cursor.turn.take(1), () => cursor.turn.release(1), { interruptible: true })
        const since = cursor.last === undefined ? undefined : after(cursor.last)
        const place = since === undefined ? query : { since }
        return api.containers
          .logs(from.id, { follow, timestamps: true, ...place, ...(until === undefined ? {} : { until }) })
          .pipe(
            textLines,
            Stream.map(({ stream, text }) => {
              const found = line(from, stream, text)
              cursor.last = found.at
              return found
            }),
          )
      }),
    )
}

export const logs = (
  api: DockerApiShape,
  project: string,
  options: LogOptions,
): Stream.Stream<LogLine, WindFlowError> =>
  options.buffer === undefined
    ? complete(api, project, options)
    : bounded(complete(api, project, options), options.buffer)

/** Nothing is left out: the engine waits with the reader. */
const complete = (api: DockerApiShape, project: string, options: LogOptions): Stream.Stream<LogLine, WindFlowError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const now = Date.now()
      const time = (text: string | undefined) => {
        if (text === undefined) return Effect.succeed(undefined)
        const parsed = logTime(text, now)
        return parsed === undefined
          ? Effect.fail(
              new Usage({ subject: text, detail: "this is no time", expected: "2026-01-31T12:00:00Z or 10m" }),
            )
          : Effect.succeed(parsed)
      }
      const since = yield* time(options.since)
      const until = yield* time(options.until)
      const wanted = ({ service, number }: Pick<Source, "service" | "number">) =>
        (options.services === undefined || options.services.includes(service)) &&
        (options.index === undefined || options.index === number)

      const clock = options.follow ? yield* api.now : 0
      const reader = makeReader(api, options.follow, until)
      const present = Effect.map(api.containers.list({ label: projectFilter(project) }), (all) =>
        all.map((summary) => source(summary.Id, summary.Labels ?? {})).filter((from) => !from.oneOff && wanted(from)),
      )
      const query = {
        ...(options.tail === undefined ? {} : { tail: options.tail }),
        ...(since === undefined ? {} : { since }),
      }
      const first = yield* present
      if (first.length === 0 && !options.follow)
        return yield* new NotDeployed({
          deployment: project,
          detail: "there are no containers whose logs could be read",
        })
      if (!options.follow)
        return Stream.mergeAll(
          first.map((from) => reader(from, query)),
          merging,
        )

      const opened = String(Math.floor(clock / 1000))
      /** Containers that start from then on; those that did already are told again and not read twice. */
      const later = api.events({ type: ["container"], event: ["start"], label: projectFilter(project) }, opened).pipe(
        Stream.map(({ Actor }) => source(Actor?.ID ?? "", Actor?.Attributes ?? {})),
        Stream.filter((from) => !from.oneOff && wanted(from)),
        Stream.map((from) => reader(from, {})),
      )
      const known = new Set(first.map(({ id }) => id))
      return resuming(
        api,
        (goesOn) =>
          Stream.unwrap(
            Effect.map(goesOn ? present : Effect.succeed(first), (sources) => {
              // Those that had said nothing yet go on from when we began; those that came meanwhile are new from their first line.
              const place = ({ id }: Source) => (goesOn ? (known.has(id) ? { since: opened } : {}) : query)
              const existing = sources.map((from) => reader(from, place(from)))
              return Stream.flatten(Stream.concat(Stream.fromArray(existing), later), merging)
            }),
          ),
        (now): LogLine => ({ resumed: new Date(now).toISOString() }),
      )
    }),
  )
