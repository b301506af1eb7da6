/** The end of a failed command: the error for people or as JSON, and the exit code of the table. */
import { readFileSync } from "node:fs"
import { describeError, errorTable, Internal, type Locale, WindFlowError } from "@windflow/engine/model"
import { Schema } from "effect"
import { renderError } from "./render/errors.ts"
import type { Palette } from "./render/palette.ts"

/** What standard error holds with `--format json` when a command fails: one line. */
export const Failure = Schema.TaggedStruct("Failed", {
  error: Schema.toEncoded(WindFlowError),
  message: Schema.String,
  remedy: Schema.String,
  retryable: Schema.Boolean,
  exit: Schema.Int,
})

const isOurs = Schema.is(WindFlowError)

/** Whatever was thrown, as one of our errors: what is none of ours is a defect. */
export const asError = (thrown: unknown): WindFlowError =>
  isOurs(thrown)
    ? thrown
    : new Internal({ detail: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) })

const readLines = (file: string): ReadonlyArray<string> | undefined => {
  try {
    return readFileSync(file, "utf8").split("\n")
  } catch {
    // The file may be remote or gone: the error is shown without its source line.
    return undefined
  }
}

export interface Reported {
  readonly text: string
  readonly exit: number
}

export const report = (thrown: unknown, locale: Locale, colors: Palette, json: boolean): Reported => {
  const error = asError(thrown)
  const { exit, retryable } = errorTable[error._tag]
  if (!json) return { text: renderError(error, locale, colors, readLines), exit }
  const { message, remedy } = describeError(error, locale)
  const encoded = Schema.encodeSync(WindFlowError)(error)
  return { text: JSON.stringify({ _tag: "Failed", error: encoded, message, remedy, retryable, exit }), exit }
}
