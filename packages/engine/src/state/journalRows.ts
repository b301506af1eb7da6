/** What any journal must agree on: how a row becomes a line, which rows are void, what an unfinished run is. Pure. */
import { Effect, Result, Schema } from "effect"
import { Internal, LockLost } from "../model/errors/union.ts"
import type { Operation, Outputs } from "../plan/Operation.ts"
import { JournalRow, type OpenRun } from "./Journal.ts"

const line = Schema.fromJsonString(JournalRow)
const encode = Schema.encodeResult(line)
const decode = Schema.decodeUnknownResult(line, { onExcessProperty: "error" })

/** One line, without its end. */
export const encodeRow = (row: JournalRow): Effect.Effect<string, Internal> =>
  Effect.fromResult(
    Result.mapError(encode(row), (error) => new Internal({ detail: `journal row ${row._tag}: ${error.message}` })),
  )

/** A row, or why the text is none. */
export const decodeRow = (text: string): Result.Result<JournalRow, string> =>
  Result.mapError(decode(text), (error) => error.message)

/** Who may write: the newest run, from the epoch at which it began or was settled. */
export interface Fence {
  readonly run: string | undefined
  readonly epoch: number
}

export const noFence: Fence = { run: undefined, epoch: 0 }

/**
 * Only rows by which somebody begins, settles or ends a run move the fence. A run's own rows may carry an epoch from just
 * before a renewal.
 */
export const moveFence = (fence: Fence, row: JournalRow): Fence =>
  row._tag === "RunStarted"
    ? { run: row.run, epoch: Math.max(fence.epoch, row.epoch) }
    : row._tag === "Recovered" || row._tag === "RunEnded"
      ? { run: fence.run, epoch: Math.max(fence.epoch, row.epoch) }
      : fence

/** The refusal of a row that comes from behind the fence. */
export const refusal = (fence: Fence, row: JournalRow): LockLost | undefined =>
  row.epoch >= fence.epoch && (row._tag === "RunStarted" || row.run === fence.run)
    ? undefined
    : new LockLost({
        deployment: row.deployment,
        epoch: row.epoch,
        owner: `run ${fence.run ?? "?"}, epoch ${fence.epoch}`,
      })

/** The newest run of these rows (oldest first) unless it ended. */
export const openRunOf = (rows: ReadonlyArray<JournalRow>): OpenRun | undefined => {
  const started = rows.findLast((row) => row._tag === "RunStarted")
  if (started === undefined) return undefined
  const open = new Map<string, Operation>()
  const succeeded = new Map<string, Outputs>()
  let epoch = started.epoch
  for (const row of rows) {
    if (row.run !== started.run) continue
    epoch = Math.max(epoch, row.epoch)
    switch (row._tag) {
      case "RunEnded":
        return undefined
      case "Intent":
        open.set(row.operation.id, row.operation)
        break
      case "Succeeded":
        open.delete(row.operation)
        succeeded.set(row.operation, row.outputs)
        break
      case "Failed":
        open.delete(row.operation)
        break
      case "RunStarted":
      case "Recovered":
        break
    }
  }
  return {
    run: started.run,
    epoch,
    desired: started.desired,
    intent: started.intent,
    planned: started.operations,
    succeeded,
    open: [...open.values()],
  }
}
