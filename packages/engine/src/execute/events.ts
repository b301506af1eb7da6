/** Numbers and times the events of one run, in order, and hands them to whoever listens. */
import { Clock, Effect } from "effect"
import type { Event, EventBody } from "../model/Event.ts"

export type Emit = (event: EventBody) => void

/** A listener that throws has a defect of its own; the run goes on and the log says so. */
export const makeEmit = (onEvent: ((event: Event) => void) | undefined): Effect.Effect<Emit> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const context = yield* Effect.context()
    let seq = 0
    return (body) => {
      seq++
      if (onEvent === undefined) return
      try {
        onEvent({ ...body, seq, at: new Date(clock.currentTimeMillisUnsafe()).toISOString() })
      } catch (error) {
        Effect.runForkWith(context)(Effect.logError("an onEvent listener threw", error))
      }
    }
  })
