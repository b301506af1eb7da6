/** A plan as SDK users hold it: the engine's plain data, which reads like prose in a template string. */
import { StateCorrupt } from "@windflow/engine/model"
import { Plan as PlanSchema, renderPlan } from "@windflow/engine/plan"
import { Result, Schema } from "effect"

export interface Plan extends PlanSchema {
  /** `shop@local: 2 changes …`, the text that `windflow plan` prints. */
  toString(): string
}

/** Adds the prose. Not enumerable: the plan stays the same JSON. */
export const withProse = (plan: PlanSchema): Plan =>
  Object.defineProperty({ ...plan }, "toString", { value: () => renderPlan(plan), enumerable: false })

const decode = Schema.decodeUnknownResult(PlanSchema, { onExcessProperty: "error" })
const parseJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))

/** A value that claims to be a plan: one that was saved, sent or handed over. */
export const decodePlan = (value: unknown): Result.Result<Plan, StateCorrupt> =>
  Result.mapBoth(decode(value), {
    onSuccess: withProse,
    onFailure: (failure) => new StateCorrupt({ what: "The plan", detail: failure.message }),
  })

/** Reads a saved plan (`JSON.stringify(plan)`, `windflow plan -o FILE`); throws `StateCorrupt` when it is none. */
export const parsePlan = (text: string): Plan => {
  const json = parseJson(text)
  if (Result.isFailure(json)) throw new StateCorrupt({ what: "The plan", detail: "it is not JSON" })
  const plan = decodePlan(json.success)
  if (Result.isFailure(plan)) throw plan.failure
  return plan.success
}
