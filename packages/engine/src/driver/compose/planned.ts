/** A slot once its operations are planned: what dependents and final waits refer to. Pure. */
import type { InputReference } from "../../plan/Operation.ts"
import type { DesiredService } from "./Desired.ts"
import { type Slot, containersOf, isDone } from "./slots.ts"
import type { WaitCondition } from "./verbs.ts"

/** A container to be, as operations name it: an id that is known, or the output of the operation that creates it. */
export type Handle = { readonly id: string } | { readonly created: string }

/** A slot that dependents and final waits can refer to. */
export interface Planned {
  readonly slot: Slot
  readonly handle: Handle
  readonly name: string
  /** The operation that starts it, if it has to be started. */
  readonly start: string | undefined
}

export const inputOf = (handle: Handle): { readonly inputs?: Readonly<Record<string, InputReference>> } =>
  "created" in handle ? { inputs: { container: { operation: handle.created, output: "id" } } } : {}

/** Whether an untouched container already is what a wait would wait for. */
export const reached = (service: DesiredService, slot: Slot, condition: WaitCondition): boolean =>
  containersOf(slot).every((container) => {
    if (condition === "completed") return isDone(service, container)
    if (container.state !== "running") return false
    return container.health === "healthy" || (condition === "settled" && container.health === "none")
  })
