/** How long to wait after so many failures in a row: doubled each time, spread by a fifth so that failures do not march in step. */
import { Duration, Effect, Random } from "effect"

export interface BackoffLimits {
  readonly first: Duration.Duration
  readonly most: Duration.Duration
}

/** Of a key that fails: something small may be in the way, or nothing will ever help. */
export const keyBackoff: BackoffLimits = { first: Duration.millis(5), most: Duration.seconds(1000) }
/** Of a source that breaks: an engine that is back should be noticed soon. */
export const sourceBackoff: BackoffLimits = { first: Duration.millis(100), most: Duration.seconds(30) }

export const backoff = (failures: number, limits: BackoffLimits): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.nextBetween(0.8, 1.2), (jitter) => {
    const wanted = Math.round(Duration.toMillis(limits.first) * 2 ** (failures - 1) * jitter)
    return Duration.millis(Math.min(Duration.toMillis(limits.most), wanted))
  })
