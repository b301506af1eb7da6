/** Following a source of keys for ever: however it ends, it is opened again, which lists again. */
import { Clock, Duration, Effect, Exit, Stream } from "effect"
import { backoff, sourceBackoff } from "./backoff.ts"

/** A source that held this long was well: its next break is its first. */
const steady = Duration.minutes(1)

/** Never completes and never fails. Opening `source` again must begin with what is there, since events were missed. */
export const follow = <Key>(
  source: Stream.Stream<Key, unknown>,
  take: (key: Key) => Effect.Effect<void>,
): Effect.Effect<never> =>
  Effect.gen(function* () {
    let breaks = 0
    while (true) {
      const opened = yield* Clock.currentTimeMillis
      const exit = yield* Effect.exit(Stream.runForEach(source, take))
      const held = (yield* Clock.currentTimeMillis) - opened
      breaks = held >= Duration.toMillis(steady) ? 1 : breaks + 1
      const delay = yield* backoff(breaks, sourceBackoff)
      const text = `source ${Exit.isSuccess(exit) ? "ended" : "failed"}, opened again in ${Duration.format(delay)}`
      yield* Exit.isSuccess(exit) ? Effect.logInfo(text) : Effect.logWarning(text, exit.cause)
      yield* Effect.sleep(delay)
    }
  })
