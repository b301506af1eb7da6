/**
 * Runs what a failed walk owes: the plan's compensations, as far as they are due. Decides nothing; each is journalled and sent
 * under the lock like any other operation. One that fails keeps those that need it from being sent, and no others.
 */
import { Effect } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Operation } from "../plan/Operation.ts"
import { type Compensation, owed } from "../plan/Compensation.ts"
import { walk, type WalkOptions, type WalkResult, type WalkStop } from "./walk.ts"

export interface Compensated {
  /** Whether anything was owed, and all of it was done. */
  readonly complete: boolean
  /** Resources of what was done. */
  readonly resources: ReadonlySet<string>
  readonly errors: ReadonlyArray<WindFlowError>
}

export const nothingOwed: Compensated = { complete: false, resources: new Set(), errors: [] }

/** Operations that depend on each other, together: what fails in one part concerns no other. */
const parts = (operations: ReadonlyArray<Operation>): ReadonlyArray<ReadonlyArray<Operation>> => {
  const partOf = new Map<string, Array<Operation>>()
  for (const operation of operations) {
    const joined = new Set(operation.needs.flatMap((need) => partOf.get(need) ?? []).map(({ id }) => partOf.get(id)!))
    const part = [...joined].flat()
    part.push(operation)
    for (const { id } of part) partOf.set(id, part)
  }
  return [...new Set(partOf.values())]
}

/** Called in an uninterruptible region, after the walk: what runs once more was stopped already, so nothing stops this. */
export const compensate = (
  compensations: ReadonlyArray<Compensation>,
  result: WalkResult,
  options: Pick<WalkOptions, "concurrency" | "steps" | "emit">,
  stop: WalkStop,
): Effect.Effect<Compensated> =>
  Effect.gen(function* () {
    const due = owed(compensations, result)
    if (due.length === 0) return nothingOwed
    options.emit({ _tag: "Compensating", operations: due.map(({ id }) => id) })
    const results = yield* Effect.forEach(
      parts(due),
      (operations) =>
        walk(
          { ...options, operations, waits: new Set(), stop: Effect.never, outputs: result.outputs },
          { restore: (effect) => effect, stop },
        ),
      { concurrency: options.concurrency },
    )
    const done = new Set(results.flatMap(({ succeeded }) => [...succeeded]))
    return {
      complete: done.size === due.length,
      resources: new Set(due.flatMap(({ id, resource }) => (done.has(id) ? [resource] : []))),
      errors: results.flatMap(({ error }) => error ?? []),
    }
  })
