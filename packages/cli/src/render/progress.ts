/** What a run has told so far, folded from its events. Pure: the live tree, the plain lines and the tests read the same state. */
import type { Event, WindFlowError } from "@windflow/engine/model"

export type StepState = "pending" | "running" | "done" | "failed" | "skipped"

export interface Step {
  readonly id: string
  readonly kind: string
  readonly resource: string
  readonly state: StepState
  /** Operations that have not ended. */
  readonly open: ReadonlySet<string>
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  /** The last thing that was said about it: progress, or why it failed or was skipped. */
  readonly detail: string | undefined
}

export interface Progress {
  readonly steps: ReadonlyArray<Step>
  readonly groupOf: ReadonlyMap<string, string>
}

export const noProgress: Progress = { steps: [], groupOf: new Map() }

const bytes = (value: number) => (value >= 1_000_000 ? `${(value / 1_000_000).toFixed(1)} MB` : String(value))

const progressText = (event: Extract<Event, { readonly _tag: "Progress" }>): string => {
  const share =
    event.total === undefined || event.total <= 0
      ? ""
      : event.total === 100
        ? `${Math.floor(event.current)} %`
        : `${bytes(event.current)}/${bytes(event.total)}`
  return [event.text, share].filter((part) => part !== undefined && part !== "").join(" ")
}

const onStep = (progress: Progress, operation: string, change: (step: Step) => Step): Progress => {
  const id = progress.groupOf.get(operation) ?? operation
  return { ...progress, steps: progress.steps.map((step) => (step.id === id ? change(step) : step)) }
}

const without = (set: ReadonlySet<string>, item: string) => new Set([...set].filter((other) => other !== item))

/** `describe`: the message of an error in the reader's language. */
export const advance = (progress: Progress, event: Event, describe: (error: WindFlowError) => string): Progress => {
  const now = Date.parse(event.at)
  switch (event._tag) {
    case "Planned": {
      const groups = event.groups.filter((group) => group.operations.length > 0)
      return {
        steps: groups.map(({ id, kind, resource, operations }) => ({
          id,
          kind,
          resource,
          state: "pending",
          open: new Set(operations),
          startedAt: undefined,
          endedAt: undefined,
          detail: undefined,
        })),
        groupOf: new Map(groups.flatMap((group) => group.operations.map((operation) => [operation, group.id]))),
      }
    }
    case "OperationStarted":
      return onStep(progress, event.operation, (step) =>
        step.state === "pending" ? { ...step, state: "running", startedAt: now } : step,
      )
    case "OperationSucceeded":
      return onStep(progress, event.operation, (step) => {
        const open = without(step.open, event.operation)
        return open.size > 0 || step.state === "failed"
          ? { ...step, open }
          : { ...step, open, state: "done", endedAt: now, detail: undefined }
      })
    case "OperationFailed":
      return onStep(progress, event.operation, (step) => ({
        ...step,
        open: without(step.open, event.operation),
        state: "failed",
        endedAt: now,
        detail: describe(event.error).split("\n")[0],
      }))
    case "OperationSkipped":
      return onStep(progress, event.operation, (step) =>
        step.state === "failed" ? step : { ...step, state: "skipped", endedAt: now, detail: event.because },
      )
    case "Progress":
      return onStep(progress, event.operation, (step) => ({ ...step, detail: progressText(event) }))
    case "RunStarted":
    case "RunResumed":
    case "Compensating":
    case "Warning":
    case "RunEnded":
      return progress
    default:
      return event satisfies never
  }
}
