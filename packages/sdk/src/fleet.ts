/**
 * The same work on several targets: a few at a time, one that fails stops no other, unless all of them or none are meant: then
 * what was changed is undone.
 */
import { fanOut, type FleetResult as Settled } from "@windflow/engine/execute"
import { Usage } from "@windflow/engine/model"
import { Effect } from "effect"
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

const told = <A>({ target, outcome, took }: Settled<string, A, unknown>): FleetResult<A> => {
  const milliseconds = Math.round(took)
  switch (outcome._tag) {
    case "Succeeded":
      return { target, status: "done", value: outcome.value, milliseconds }
    case "Failed":
      return { target, status: "failed", error: outcome.error, milliseconds }
    case "Skipped":
      return { target, status: "skipped", milliseconds }
  }
}

export const fleet = async <A>(
  targets: readonly string[],
  work: (target: string) => Promise<A>,
  { concurrency = 4, allOrNothing }: FleetOptions = {},
): Promise<readonly FleetResult<A>[]> => {
  const befores = new Map<string, Before>()
  const promised = <B>(make: () => Promise<B>) => Effect.tryPromise({ try: make, catch: (error) => error })
  const settled = await Effect.runPromise(
    fanOut(
      targets,
      (target) => target,
      (target) =>
        promised(async () => {
          if (allOrNothing !== undefined)
            befores.set(target, await standing(allOrNothing.flow, allOrNothing.project, target))
          return work(target)
        }),
      { concurrency, ...(allOrNothing === undefined ? {} : { onFailure: "skip-rest" }) },
    ),
  )
  const results = settled.map(told)
  if (allOrNothing === undefined || results.every(({ status }) => status === "done")) return results

  const { flow, project } = allOrNothing
  const undone = async (result: FleetResult<A>): Promise<FleetResult<A>> => {
    const before = befores.get(result.target)
    // Without it the target was not even asked, let alone changed.
    if (before === undefined) return result
    const changed =
      result.status === "failed" || (await standing(flow, project, result.target)).newest !== before.newest
    if (!changed) return result
    await undo(flow, project, result.target, before)
    return { ...result, status: "undone" }
  }
  const reversed = await Effect.runPromise(
    fanOut(
      results,
      ({ target }) => target,
      (result) => promised(() => undone(result)),
      { concurrency },
    ),
  )
  return reversed.map(({ target: result, outcome }): FleetResult<A> => {
    switch (outcome._tag) {
      case "Succeeded":
        return outcome.value
      case "Failed":
        return { ...result, status: "not-undone", undoError: outcome.error }
      case "Skipped":
        return result
    }
  })
}
