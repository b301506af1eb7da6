/** Collects groups and operations while a plan is made, and puts the operations into an order that respects their needs. */
import type { Schema } from "effect"
import type { Compensation } from "../../plan/Compensation.ts"
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

/** What a run that fails owes: from the moment `undoes` was sent until `until` has succeeded. */
export interface CompensationRequest extends OperationRequest {
  readonly undoes: string
  readonly until: string
}

const recovery: Record<Action["verb"], RecoveryMode> = {
  CreateNetwork: "observe",
  RemoveNetwork: "idempotent",
  CreateVolume: "idempotent",
  RemoveVolume: "idempotent",
  CreateContainer: "observe",
  CarryFiles: "observe",
  UploadFiles: "idempotent",
  StartContainer: "idempotent",
  RunHook: "at-least-once",
  RunPreStart: "at-least-once",
  UnpauseContainer: "observe",
  StopContainer: "idempotent",
  RestartContainer: "at-least-once",
  KillContainer: "at-least-once",
  RemoveContainer: "idempotent",
  RemoveImage: "idempotent",
  RenameContainer: "observe",
  Wait: "idempotent",
  Barrier: "idempotent",
  Delay: "idempotent",
  Tally: "idempotent",
}

/** The container an operation is about: its id is the guard, so a container made meanwhile under the same name is safe. */
const guard = (action: Action): Readonly<Record<string, string>> | undefined =>
  "id" in action.args && action.args.id !== undefined ? { id: action.args.id } : undefined

const operationOf = ({ id, group, resource, cause, needs, action, inputs }: OperationRequest): Operation => {
  const precondition = guard(action)
  return {
    id,
    verb: action.verb,
    resource,
    group,
    cause,
    needs: [...new Set(needs)],
    ...(precondition === undefined ? {} : { precondition }),
    ...(inputs === undefined ? {} : { inputs }),
    recovery: recovery[action.verb],
    args: action.args,
  }
}

/** In the order they were added, but none before what it needs. */
const inOrder = <O extends Operation>(operations: ReadonlyMap<string, O>): ReadonlyArray<O> => {
  const ordered: Array<O> = []
  const placed = new Set<string>()
  const place = (operation: O): void => {
    if (placed.has(operation.id)) return
    placed.add(operation.id)
    for (const need of operation.needs) {
      const needed = operations.get(need)
      if (needed !== undefined) place(needed)
    }
    ordered.push(operation)
  }
  for (const operation of operations.values()) place(operation)
  return ordered
}

export class Draft {
  readonly #groups = new Map<string, PlanDraft["groups"][number]>()
  readonly #operations = new Map<string, Operation>()
  readonly #compensations = new Map<string, Compensation>()
  readonly #warnings: Array<string> = []

  group(id: string, kind: GroupKind, resource: string, cause: string, fields: ReadonlyArray<FieldChange> = []): string {
    if (!this.#groups.has(id)) this.#groups.set(id, { id, kind, resource, cause, fields })
    return id
  }

  add(request: OperationRequest): string {
    this.#operations.set(request.id, operationOf(request))
    return request.id
  }

  compensate(request: CompensationRequest): string {
    const { id, undoes, until } = request
    this.#compensations.set(id, { ...operationOf(request), undoes, until })
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

  finish(snapshot: Schema.Json): PlanDraft {
    const compensations = inOrder(this.#compensations)
    return {
      groups: [...this.#groups.values()],
      operations: inOrder(this.#operations),
      ...(compensations.length === 0 ? {} : { compensations }),
      snapshot,
      warnings: this.#warnings,
    }
  }
}
