/** Durations in options, written as in Compose files. */
import { durationFrom } from "@windflow/engine/controller"
import { Usage } from "@windflow/engine/model"
import { type Duration, Result } from "effect"

export const durationOf = (subject: string, text: string): Result.Result<Duration.Duration, Usage> => {
  const duration = durationFrom(text)
  return duration === undefined
    ? Result.fail(new Usage({ subject, detail: `${text} is no duration`, expected: "30s, 1m30s" }))
    : Result.succeed(duration)
}
