/** The report on a target: what its driver's probe found and, when that went well, what runs there. */
import type { Stage, Target, TargetReport, WindFlowError } from "@windflow/engine/model"
import { Clock, Effect, type Scope } from "effect"
import { said } from "./said.ts"
import type { Probe, Session } from "./session.ts"

export const targetReport = (
  target: Target,
  probe: Probe | undefined,
  opening: Effect.Effect<Session, WindFlowError, Scope.Scope>,
): Effect.Effect<TargetReport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { stages = [], facts, hostKey } = probe ?? {}
    const found = { target, stages, ...said({ facts, hostKey }) }
    if (stages.some(({ status }) => status === "failed")) return { ...found, ok: false, projects: [], containers: 0 }
    const start = yield* Clock.currentTimeMillis
    const asked = yield* Effect.result(
      Effect.gen(function* () {
        const session = yield* opening
        const now = yield* session.driver.use((driver) => driver.records.now)
        return { now, instances: yield* session.driver.use((driver) => driver.instances()) }
      }),
    )
    const milliseconds = (yield* Clock.currentTimeMillis) - start
    if (asked._tag === "Failure") {
      const error = asked.failure
      const failed: Stage = { stage: "engine", status: "failed", detail: error._tag, error, milliseconds }
      const others = stages.filter(({ stage }) => stage !== "engine")
      return { ...found, ok: false, stages: [...others, failed], projects: [], containers: 0 }
    }
    const { now, instances } = asked.success
    const answered: Stage = { stage: "engine", status: "passed", detail: target.driver, milliseconds }
    return {
      ...found,
      ok: true,
      stages: probe === undefined ? [answered] : stages,
      projects: [...new Set(instances.map(({ project }) => project))].sort(),
      containers: instances.length,
      at: new Date(now).toISOString(),
    }
  })

/** For callers to whom a target that cannot be used is an error. */
export const usable = (report: TargetReport): TargetReport => {
  const failed = report.stages.find(({ status }) => status === "failed")?.error
  if (failed !== undefined) throw failed
  return report
}
