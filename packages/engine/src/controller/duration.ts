/** Durations as people write them in definitions: Compose's form. */
import { Duration } from "effect"
import { parseDuration } from "../compose/text/duration.ts"

/** Undefined when the text is no duration, or a negative one. */
export const durationFrom = (text: string): Duration.Duration | undefined => {
  const nanoseconds = parseDuration(text)
  return nanoseconds === undefined || nanoseconds < 0n ? undefined : Duration.nanos(nanoseconds)
}
