/** Streams that outlive the connection they came over: opened again where they broke off, with a mark at that place. */
import { Effect, Schedule, Stream } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { DockerApiShape } from "./DockerApi.ts"

/** Only the way to the host broke: the engine, and what it keeps, is still there. */
const broken = (error: WindFlowError): boolean =>
  error._tag === "HostUnreachable" && (error.reason === "closed" || error.reason === "timeout")

/** A host that reboots is back within minutes; who watches for longer is told. */
const again = Schedule.max([
  Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")]),
  Schedule.during("5 minutes"),
])

/** `open` is told whether it goes on (and then where it stopped is its own business). */
export const resuming = <A>(
  api: Pick<DockerApiShape, "now">,
  open: (goesOn: boolean) => Stream.Stream<A, WindFlowError>,
  mark: (now: number) => A,
): Stream.Stream<A, WindFlowError> => {
  const from = (goesOn: boolean): Stream.Stream<A, WindFlowError> =>
    Stream.catchIf(open(goesOn), broken, () =>
      Stream.unwrap(
        Effect.map(
          Effect.retry(api.now, { schedule: again, while: (error) => error._tag === "HostUnreachable" }),
          (now) =>
            Stream.concat(
              Stream.make(mark(now)),
              Stream.suspend(() => from(true)),
            ),
        ),
      ),
    )
  return from(false)
}
