/**
 * The same work on several targets: a few at a time, one that fails stops no other, unless all of them or none are meant: then
 * what was changed is undone.
 */
import { Usage } from "@windflow/engine/model"
import type { WindFlow } from "./contract.ts"

/** What became of one target. */
export interface FleetResult<A> {
  readonly target: string
  /**
   * `skipped`: another had failed before it was its turn. `undone`: it was put back because another failed, or because it did.
   * `not-undone`: that failed too, `undoError` says why.
   */
  readonly status: "done" | "failed" | "skipped" | "undone" | "not-undone"
  readonly value?: A
  readonly error?: unknown
  readonly undoError?: unknown
  readonly milliseconds: number
}

export interface FleetOptions {
  /** Targets at once; default 4. */
  readonly concurrency?: number
  /** A failure leaves out those that have not begun and undoes what was done to this project on the others. */
  readonly allOrNothing?: { readonly flow: WindFlow; readonly project: string }
}

/** Where a deployment stands, as far as going back to it needs. */
interface Before {
  readonly newest: number
  readonly succeeded: number | undefined
  readonly runs: boolean
}

const standing = async (flow: WindFlow, project: string, target: string): Promise<Before> => {
  const ref = { project, target }
  const [history, instances] = [await flow.history(ref), await flow.ps(ref)]
  return {
    newest: history[0]?.number ?? 0,
    succeeded: history.find(({ status }) => status === "succeeded")?.number,
    runs: instances.length > 0,
  }
}

/** Back to the revision that stood before; where nothing ran, to nothing. Volumes stay. */
const undo = async (flow: WindFlow, project: string, target: string, before: Before): Promise<void> => {
  const ref = { project, target }
  if (!before.runs) await flow.down(ref)
  else if (before.succeeded !== undefined) await flow.rollback(ref, { to: before.succeeded })
  else
    throw new Usage({
      subject: `${project}@${target}`,
      detail: "what ran before was not deployed by WindFlow: there is no revision to go back to",
    })
}

export const fleet = async <A>(
  targets: readonly string[],
  work: (target: string) => Promise<A>,
  { concurrency = 4, allOrNothing }: FleetOptions = {},
): Promise<readonly FleetResult<A>[]> => {
  const waiting = targets.entries()
  const results: Array<FleetResult<A>> = []
  const befores = new Map<string, Before>()
  let failed = false

  const one = async (target: string): Promise<FleetResult<A>> => {
    const start = performance.now()
    const took = () => Math.round(performance.now() - start)
    if (failed && allOrNothing !== undefined) return { target, status: "skipped", milliseconds: 0 }
    try {
      if (allOrNothing !== undefined)
        befores.set(target, await standing(allOrNothing.flow, allOrNothing.project, target))
      const value = await work(target)
      return { target, status: "done", value, milliseconds: took() }
    } catch (error) {
      failed = true
      return { target, status: "failed", error, milliseconds: took() }
    }
  }
  // One iterator that all workers draw from: each takes the next target when it is free.
  const worker = async (): Promise<void> => {
    for (const [index, target] of waiting) results[index] = await one(target)
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, targets.length) }, worker))
  if (!failed || allOrNothing === undefined) return results

  const { flow, project } = allOrNothing
  const undone = async (result: FleetResult<A>): Promise<FleetResult<A>> => {
    const before = befores.get(result.target)
    // Without it the target was not even asked, let alone changed.
    if (before === undefined || result.status === "skipped") return result
    try {
      const changed =
        result.status === "failed" || (await standing(flow, project, result.target)).newest !== before.newest
      if (!changed) return result
      await undo(flow, project, result.target, before)
      return { ...result, status: "undone" }
    } catch (undoError) {
      return { ...result, status: "not-undone", undoError }
    }
  }
  return Promise.all(results.map(undone))
}
