/**
 * Docker answers a stop when the process has ended, and goes on tidying up for a moment, in which it lists the container as
 * running: a `start` that comes next would find nothing to do. Not needed where the container is removed next.
 */
import { Effect, Schedule } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"

/** Waits until the list shows it too, for two seconds at most; one that restarts by itself never does. */
export const seenStopped = (api: Pick<DockerApiShape, "containers">, id: string): Effect.Effect<void, WindFlowError> =>
  api.containers
    .list({ id: [id], status: ["running"] })
    .pipe(
      Effect.repeat({ schedule: Schedule.spaced("20 millis"), times: 100, until: (running) => running.length === 0 }),
      Effect.asVoid,
    )
