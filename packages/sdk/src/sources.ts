/** Where keys come from. A source first gives what is there, then what changes; it may give a key too often, never too seldom. */
import type { Instance } from "@windflow/engine/driver"
import { Usage } from "@windflow/engine/model"
import { Clock, Cron, Effect, Result, Stream } from "effect"
import type { WindFlow } from "./contract.ts"
import { said } from "./said.ts"
import type { TargetInput } from "./target.ts"
import { usable } from "./targetReport.ts"

/** Opens the keys of one running operator; running the stream again looks again. For this package only. */
export const keysOf: unique symbol = Symbol("windflow/keysOf")

export interface Source<out Key> {
  readonly [keysOf]: (flow: WindFlow) => Stream.Stream<Key, unknown>
}

export interface DockerFilter {
  /** What the events are about, in the engine's words; default `container`. */
  readonly type?: string
  /** Actions, in the engine's words: `die`, `health_status`, `health_status: unhealthy`. Default: all. */
  readonly event?: readonly string[]
}

export interface ContainerKey {
  readonly id: string
  /** What `exec` and `logs` call it: the service; outside deployments, and for other types, the engine's name. */
  readonly name: string
  /** Absent outside deployments. */
  readonly project?: string
}

export interface TickKey {
  /** ISO time for which it was scheduled. */
  readonly at: string
}

const asking = <A>(ask: (signal: AbortSignal) => Promise<A>) => Effect.tryPromise({ try: ask, catch: (error) => error })

/**
 * Reads an iterable that is told by its signal when nobody reads on. Whether it listens is not waited for: one that does not must
 * not hold up the stop.
 */
const iterated = <A>(open: (signal: AbortSignal) => AsyncIterable<A>): Stream.Stream<A, unknown> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { iterator } = yield* Effect.acquireRelease(
        Effect.try({
          try: () => {
            const detach = new AbortController()
            return { detach, iterator: open(detach.signal)[Symbol.asyncIterator]() }
          },
          catch: (error) => error,
        }),
        ({ detach, iterator }) =>
          Effect.sync(() => {
            detach.abort()
            void iterator.return?.().catch(() => {})
          }),
      )
      return Stream.unfold(iterator, (reading) =>
        Effect.map(
          asking(() => reading.next()),
          (next) => (next.done === true ? undefined : ([next.value, reading] as const)),
        ),
      )
    }),
  )

const healthKnown = ({ health }: Instance) => health === "healthy" || health === "unhealthy"
const ended = ({ state }: Instance) => state === "exited" || state === "dead"
const running = ({ state }: Instance) => state === "running"

/** Containers whose present state is one that such an event leads to; other events leave nothing that could be listed. */
const leftBy: Readonly<Record<string, (instance: Instance) => boolean>> = {
  create: () => true,
  start: running,
  restart: running,
  unpause: running,
  pause: ({ state }) => state === "paused",
  die: ended,
  stop: ended,
  kill: ended,
  health_status: healthKnown,
  "health_status: healthy": ({ health }) => health === "healthy",
  "health_status: unhealthy": ({ health }) => health === "unhealthy",
}

const listed = (instances: readonly Instance[], event: readonly string[] | undefined): readonly Instance[] =>
  event === undefined
    ? instances
    : instances.filter((instance) => event.some((one) => leftBy[one]?.(instance) === true))

/**
 * Containers (or other objects) of a Docker engine about which such events are told. It starts, and goes on after each break, with
 * the containers of deployments that are in the state such an event leads to; networks, volumes and images are not listed.
 */
const docker = (target: TargetInput, { type = "container", event }: DockerFilter = {}): Source<ContainerKey> => ({
  [keysOf]: (flow) => {
    /** The engine's time of the last event; events of a break come first after it. */
    let last: string | undefined
    return Stream.unwrap(
      Effect.gen(function* () {
        // The clock, then the list, then events since the clock: nothing falls in between.
        const { at } = yield* asking((signal) => flow.targets.test(target, { signal }).then(usable))
        const instances = type === "container" ? yield* asking((signal) => flow.ps({ target }, { signal })) : []
        const present = listed(instances, event).map(({ id, service, project }) => ({ id, name: service, project }))
        const options = { type: [type], ...said({ since: last ?? at, event }) }
        const events = iterated((signal) => flow.targets.events(target, { ...options, signal })).pipe(
          // The mark of a connection that was made again is about no object.
          Stream.filter(({ type }) => type !== "connection"),
          Stream.map(({ id, name, service, project, at }): ContainerKey => {
            last = at
            return { id, name: service ?? name, ...said({ project }) }
          }),
        )
        return Stream.concat(Stream.fromIterable<ContainerKey>(present), events)
      }),
    )
  },
})

/**
 * A key a tick of a cron expression (minutes first, or seconds first with six fields), in the time zone of the machine unless told.
 * Ticks that pass while nothing runs are not made up for. Throws `Usage` when the expression makes no sense.
 */
const schedule = (cron: string, { timeZone }: { readonly timeZone?: string } = {}): Source<TickKey> => {
  const parsed = Cron.parse(cron, timeZone)
  if (Result.isFailure(parsed))
    throw new Usage({ subject: cron, detail: parsed.failure.message, expected: "a cron expression: */5 * * * *" })
  return {
    [keysOf]: () => {
      // A timer may be early: the tick that was given is not given again.
      let last = 0
      const tick = Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const next = Cron.next(parsed.success, new Date(Math.max(now, last)))
        yield* Effect.sleep(next.getTime() - now)
        last = next.getTime()
        return { at: next.toISOString() }
      })
      return Stream.forever(Stream.fromEffect(tick))
    },
  }
}

/** Anything that yields keys. `open` is called again whenever the iterable ends or throws, and must then begin with what is there. */
const from = <Key>(
  open: (context: { readonly windflow: WindFlow; readonly signal: AbortSignal }) => AsyncIterable<Key>,
): Source<Key> => ({
  [keysOf]: (windflow) => iterated((signal) => open({ windflow, signal })),
})

export const source = { docker, schedule, from } as const
