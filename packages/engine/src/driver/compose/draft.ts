/** Collects groups and operations while a plan is made, and puts the operations into an order that respects their needs. */
import type { Schema } from "effect"
import type { InputReference, Operation, RecoveryMode } from "../../plan/Operation.ts"
import type { FieldChange, GroupKind, PlanDraft } from "../../plan/Plan.ts"
import type { Action } from "./verbs.ts"

export interface OperationRequest {
  readonly id: string
  readonly group: string
  readonly resource: string
  readonly cause: string
  readonly needs: ReadonlyArray<string>
  readonly action: Action
  readonly inputs?: Readonly<Record<string, InputReference>>
}

const recovery: Record<Action["verb"], RecoveryMode> = {
  CreateNetwork: "observe",
  RemoveNetwork: "idempotent",
  CreateVolume: "idempotent",
  RemoveVolume: "idempotent",
  CreateContainer: "observe",
  StartContainer: "idempotent",
  UnpauseContainer: "observe",
  StopContainer: "idempotent",
  RestartContainer: "at-least-once",
  KillContainer: "at-least-once",
  RemoveContainer: "idempotent",
  RemoveImage: "idempotent",
  RenameContainer: "observe",
  Wait: "idempotent",
  Barrier: "idempotent",
}

/** The container an operation is about: its id is the guard, so a container made meanwhile under the same name is safe. */
const guard = (action: Action): Readonly<Record<string, string>> | undefined =>
  "id" in action.args && action.args.id !== undefined ? { id: action.args.id } : undefined

export class Draft {
  readonly #groups = new Map<string, PlanDraft["groups"][number]>()
  readonly #operations = new Map<string, Operation>()
  readonly #warnings: Array<string> = []

  group(id: string, kind: GroupKind, resource: string, cause: string, fields: ReadonlyArray<FieldChange> = []): string {
    if (!this.#groups.has(id)) this.#groups.set(id, { id, kind, resource, cause, fields })
    return id
  }

  add(request: OperationRequest): string {
    const { id, group, resource, cause, action, inputs } = request
    const precondition = guard(action)
    this.#operations.set(id, {
      id,
      verb: action.verb,
      resource,
      group,
      cause,
      needs: [...new Set(request.needs)],
      ...(precondition === undefined ? {} : { precondition }),
      ...(inputs === undefined ? {} : { inputs }),
      recovery: recovery[action.verb],
      args: action.args,
    })
    return id
  }

  has(id: string): boolean {
    return this.#operations.has(id)
  }

  /** Operations so far that no other one needs: after these, all are done. */
  last(): ReadonlyArray<string> {
    const needed = new Set([...this.#operations.values()].flatMap((operation) => operation.needs))
    return [...this.#operations.keys()].filter((id) => !needed.has(id))
  }

  warn(text: string): void {
    this.#warnings.push(text)
  }

  /** Operations in the order they were added, but none before what it needs. */
  finish(snapshot: Schema.Json): PlanDraft {
    const ordered: Array<Operation> = []
    const placed = new Set<string>()
    const place = (operation: Operation): void => {
      if (placed.has(operation.id)) return
      placed.add(operation.id)
      for (const need of operation.needs) {
        const needed = this.#operations.get(need)
        if (needed !== undefined) place(needed)
      }
      ordered.push(operation)
    }
    for (const operation of this.#operations.values()) place(operation)
    return { groups: [...this.#groups.values()], operations: ordered, snapshot, warnings: this.#warnings }
  }
}
