import { Effect } from "effect"
import { Internal } from "../../model/errors/union.ts"
export const buildImage = (..._: ReadonlyArray<unknown>): Effect.Effect<string, Internal> =>
  Effect.fail(new Internal({ detail: "x" }))
