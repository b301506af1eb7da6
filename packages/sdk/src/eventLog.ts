/** The events of the runs of one WindFlow object: kept in memory within a bound, read by cursor, so that a slow reader holds up nobody. */
import type { Event } from "@windflow/engine/model"
import { Effect, Latch, Option, Stream } from "effect"

interface Entry {
  readonly run: string
  readonly deployment: string
  readonly event: Event
}

export interface EventFilter {
  readonly deployment?: string
  readonly run?: string
  readonly after?: number
}

export interface EventLog {
  /** A recorder for one run: numbers its events within the whole log and returns them so. */
  readonly recorder: () => (event: Event) => Event
  readonly stream: (filter: EventFilter) => Stream.Stream<Event>
}

const limit = 10_000

/** An event with another number. */
const renumber = (event: Event, seq: number): Event => ({ ...event, seq })

export const makeEventLog = (): EventLog => {
  const entries: Array<Entry> = []
  let next = 1
  let grown = Latch.makeUnsafe()

  const append = (entry: Entry) => {
    entries.push(entry)
    if (entries.length > limit) entries.splice(0, entries.length - limit)
    const waiting = grown
    grown = Latch.makeUnsafe()
    waiting.openUnsafe()
  }

  const recorder = () => {
    let run = ""
    let deployment = ""
    return (event: Event): Event => {
      if (event._tag === "RunStarted") ({ run, deployment } = event)
      const numbered = renumber(event, next++)
      append({ run, deployment, event: numbered })
      return numbered
    }
  }

  const wanted = (filter: EventFilter) => (entry: Entry) =>
    (filter.run === undefined || entry.run === filter.run) &&
    (filter.deployment === undefined || entry.deployment === filter.deployment)

  const stream = (filter: EventFilter) =>
    Stream.paginate(filter.after ?? 0, (cursor: number) =>
      Effect.gen(function* () {
        // The latch of before the look: what is appended between look and wait opens it.
        const more = grown
        const fresh = entries.filter((entry) => entry.event.seq > cursor)
        if (fresh.length === 0) {
          yield* more.await
          return [[], Option.some(cursor)] as const
        }
        const events = fresh.filter(wanted(filter)).map((entry) => entry.event)
        const ended = filter.run !== undefined && events.at(-1)?._tag === "RunEnded"
        return [events, ended ? Option.none<number>() : Option.some(fresh.at(-1)!.event.seq)] as const
      }),
    )

  return { recorder, stream }
}
