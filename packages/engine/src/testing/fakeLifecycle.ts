/** What the fake driver does for stop, start, restart, kill and rm: an operation a container, without an order. */
import type { LifecycleRequest } from "../driver/Request.ts"
import type { GroupKind, Operation } from "../plan/index.ts"
import type { FakeContainer } from "./FakeEngine.ts"

type Step = Pick<Operation, "verb" | "args" | "recovery" | "precondition">

export interface FakeAct {
  readonly kind: GroupKind
  readonly container: FakeContainer
  readonly steps: ReadonlyArray<Step>
}

const step = (verb: string, { id }: FakeContainer, recovery: Step["recovery"], more: Step["args"] = {}): Step => ({
  verb,
  recovery,
  args: { id, ...more },
  precondition: { id },
})

const stepsOf = (request: LifecycleRequest, container: FakeContainer): ReadonlyArray<Step> => {
  const runs = container.state === "running"
  switch (request._tag) {
    case "Stop":
      return runs ? [step("StopContainer", container, "idempotent")] : []
    case "Start":
      return runs ? [] : [step("StartContainer", container, "idempotent")]
    case "Restart":
      return [step("RestartContainer", container, "at-least-once")]
    case "Kill":
      return runs ? [step("KillContainer", container, "at-least-once", { signal: request.signal })] : []
    case "Remove":
      if (runs && !request.stop) return []
      return [
        ...(runs ? [step("StopContainer", container, "idempotent")] : []),
        step("RemoveContainer", container, "observe"),
      ]
    default:
      return request satisfies never
  }
}

export const fakeLifecycle = (
  request: LifecycleRequest,
  containers: ReadonlyArray<FakeContainer>,
): ReadonlyArray<FakeAct> =>
  containers
    .filter(({ service }) => request.services === undefined || request.services.includes(service))
    .map((container) => ({
      kind: request._tag === "Remove" ? ("delete" as const) : ("update" as const),
      container,
      steps: stepsOf(request, container),
    }))
    .filter(({ steps }) => steps.length > 0)
