/** A run as plain lines, for logs and pipes: one line when a step ends, nothing that moves. */
import type { Event } from "@windflow/engine/model"
import type { Texts } from "../text/index.ts"
import type { Palette } from "./palette.ts"
import type { Progress, Step } from "./progress.ts"
import { kindWord, mark } from "./steps.ts"
import { formatElapsed } from "./time.ts"

const endLine = (step: Step, texts: Texts, colors: Palette): string => {
  const time =
    step.startedAt === undefined ? "" : ` ${formatElapsed((step.endedAt ?? step.startedAt) - step.startedAt)}`
  const detail =
    step.detail === undefined || step.detail === ""
      ? ""
      : `: ${step.state === "skipped" ? texts.run.skippedBecause(texts.phrase(step.detail)) : step.detail}`
  return `${mark(step.state, colors, 0)} ${kindWord(step.kind, texts)} ${step.resource}${colors.faint(time)}${detail}`
}

/** The sentence that ends a run. */
export const outcome = (event: Extract<Event, { readonly _tag: "RunEnded" }>, texts: Texts): string => {
  const { deployment, number, status, summary } = event.revision
  switch (status) {
    case "succeeded":
      return texts.run.succeeded(deployment, number, texts.phrase(summary))
    case "failed":
      return texts.run.failed(deployment, number)
    case "cancelled":
      return texts.run.cancelled(deployment)
    case "rolled-back":
      return texts.run.rolledBack(deployment, number)
    default:
      return status satisfies never
  }
}

/** What an event adds to the output, given the state before and after it. */
export const linesOf = (
  event: Event,
  before: Progress,
  after: Progress,
  texts: Texts,
  colors: Palette,
): ReadonlyArray<string> => {
  switch (event._tag) {
    case "RunResumed":
      return [colors.change(texts.run.resumes(event.done, event.operation))]
    case "Compensating":
      return [colors.change(texts.run.compensating)]
    case "Warning":
      return [colors.change(`${texts.error.warning}: ${event.text}`)]
    case "OperationSucceeded":
    case "OperationFailed":
    case "OperationSkipped": {
      const id = after.groupOf.get(event.operation)
      const was = before.steps.find((step) => step.id === id)
      const is = after.steps.find((step) => step.id === id)
      return is === undefined || is.state === was?.state || is.state === "running" ? [] : [endLine(is, texts, colors)]
    }
    case "RunStarted":
    case "Planned":
    case "OperationStarted":
    case "Progress":
    case "RunEnded":
      return []
    default:
      return event satisfies never
  }
}
