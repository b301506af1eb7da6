/** What the other tool sees of a deployment, and what its `down` leaves. No part of the product. */
import { Effect, Schema, Stream } from "effect"
import type { Bed } from "../testBed.ts"
import type { Step } from "./Subject.ts"
import type { Reference, World } from "./world.ts"

/** `ps` and `logs`, in a form that both tools' answers have. */
export interface Seen {
  /** `web-1 running`. */
  readonly instances: ReadonlyArray<string>
  readonly logs: ReadonlyArray<string>
}

const Row = Schema.Struct({ Name: Schema.String, State: Schema.String })
const decodeRow = Schema.decodeUnknownSync(Schema.fromJsonString(Row))

const lines = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

/** `docker compose ps -a` and `logs` of what we deployed. */
export const seenByCompose = (place: World, reference: Reference, step: Step): Effect.Effect<Seen, unknown> =>
  Effect.gen(function* () {
    const [rows, logs] = yield* Effect.promise(() =>
      Promise.all([
        place.compose(reference, step, "ps", "-a", "--format", "json"),
        place.compose(reference, step, "logs", "--no-color", "--no-log-prefix"),
      ]),
    )
    return {
      instances: lines(rows)
        .map((row) => decodeRow(row))
        .map(({ Name, State }) => `${Name} ${State}`)
        .toSorted(),
      logs: lines(logs).toSorted(),
    }
  })

/** Our `ps` and `logs` of what Compose deployed. */
export const seenByUs = (place: World, bed: Bed): Effect.Effect<Seen, unknown> =>
  Effect.gen(function* () {
    const instances = yield* bed.driver.instances(place.project)
    const logs = yield* Stream.runCollect(bed.driver.logs(place.project, { follow: false }))
    return {
      instances: instances.map(({ name, state }) => `${name} ${state}`).toSorted(),
      logs: logs.flatMap((line) => ("text" in line ? [line.text] : [])).toSorted(),
    }
  })

/** `docker compose down -v` of what we deployed. */
export const downByCompose = (place: World, reference: Reference): Effect.Effect<unknown> =>
  Effect.promise(() => place.compose(reference, "edited", "down", "-v", "-t", "0", "--remove-orphans"))

/** Our `down` of what Compose deployed. */
export const downByUs = (place: World, bed: Bed): Effect.Effect<unknown, unknown> =>
  bed.down(place.project, { volumes: true, removeOrphans: true })
