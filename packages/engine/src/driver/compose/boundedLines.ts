/**
 * Lines for a reader that must not hold up who writes them: read ahead of it into a bounded buffer. When that is full the oldest
 * lines go, and a mark in their place tells how many.
 */
import { Effect, type Exit, Latch, Option, Stream } from "effect"
import type { LogLine } from "../Driver.ts"

/** Lines handed over at once: the reader's chunk is small beside the buffer. */
const most = 256

export const bounded = <E>(lines: Stream.Stream<LogLine, E>, capacity: number): Stream.Stream<LogLine, E> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const kept: Array<LogLine> = []
      // Dropping from the front of an array costs its length: the first ones are passed over until half of it is.
      let first = 0
      let dropped = 0
      let end: Exit.Exit<void, E> | undefined
      const arrived = yield* Latch.make()
      const keep = (line: LogLine): void => {
        kept.push(line)
        if (kept.length - first <= capacity) return
        const oldest = kept[first++]
        dropped += oldest !== undefined && "dropped" in oldest ? oldest.dropped : 1
        if (first > capacity) {
          kept.splice(0, first)
          first = 0
        }
      }
      yield* lines.pipe(
        Stream.runForEach((line) =>
          Effect.suspend(() => {
            keep(line)
            return arrived.open
          }),
        ),
        Effect.onExit((exit) =>
          Effect.suspend(() => {
            end = exit
            return arrived.open
          }),
        ),
        Effect.exit,
        Effect.forkScoped,
      )
      const taken = (): ReadonlyArray<LogLine> => {
        const mark: ReadonlyArray<LogLine> = dropped === 0 ? [] : [{ dropped }]
        const next = [...mark, ...kept.slice(first, first + most)]
        dropped = 0
        first = Math.min(kept.length, first + most)
        if (first === kept.length) {
          kept.length = 0
          first = 0
        }
        return next
      }
      // Closed before it looks: what arrives in between opens it again.
      const take: Effect.Effect<readonly [ReadonlyArray<LogLine>, Option.Option<undefined>], E> = Effect.andThen(
        arrived.close,
        Effect.suspend(() => {
          const next = taken()
          if (next.length > 0) return Effect.succeed([next, Option.some(undefined)] as const)
          if (end !== undefined) return Effect.as(end, [[], Option.none()] as const)
          return Effect.andThen(arrived.await, take)
        }),
      )
      return Stream.paginate(undefined, () => take)
    }),
  )
