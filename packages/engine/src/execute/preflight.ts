/** Asks the driver what stands in the way of a plan that changes something, and refuses it. */
import { Effect } from "effect"
import { PreflightRefused, type WindFlowError } from "../model/errors/union.ts"
import { type Plan, waitsOf } from "../plan/Plan.ts"
import { deploymentOf, type Looked, type Session } from "./Session.ts"

/** Whether a plan changes something: waits alone do not. */
export const hasWork = (plan: Pick<Plan, "groups" | "operations">): boolean => {
  const waits = waitsOf(plan)
  return plan.operations.some((operation) => !waits.has(operation.id))
}

export const refuseUnsafe = <Desired, Observed>(
  session: Session<Desired, Observed>,
  { desired, plan }: Looked<Desired>,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const { preflight } = session.driver
    if (preflight === undefined || !hasWork(plan)) return
    const [first, ...others] = yield* preflight(desired, plan.operations)
    if (first !== undefined)
      yield* new PreflightRefused({ deployment: deploymentOf(session, plan.project), findings: [first, ...others] })
  })
