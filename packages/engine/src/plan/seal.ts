/** From a driver's draft to a plan: checks the DAG rules, derives group needs, counts changes, hashes. */
import type { Schema } from "effect"
import { Internal } from "../model/errors/union.ts"
import type { Target } from "../model/Target.ts"
import { digestJson } from "./digest.ts"
import type { Operation } from "./Operation.ts"
import type { OperationGroup, Plan, PlanDraft } from "./Plan.ts"

/** What the plan is for; `desired` is encoded by the driver's codec. */
export interface PlanSubject {
  readonly project: string
  readonly target: Target
  readonly driver: string
  readonly intent: string
  readonly desired: Schema.Json
}

/**
 * The first broken DAG rule, or undefined: ids are unique; `needs` and `inputs` name earlier operations (so there is no cycle);
 * each input is also a need; each group has an operation and each operation a group; what waits may be done again; a
 * compensation names operations of the plan and needs earlier compensations only.
 */
export const brokenRule = (draft: PlanDraft): string | undefined => {
  const groups = new Map(draft.groups.map((group) => [group.id, group.kind]))
  if (groups.size !== draft.groups.length) return "two groups share an id"
  const seen = new Set<string>()
  const used = new Set<string>()
  for (const operation of draft.operations) {
    if (seen.has(operation.id)) return `two operations have the id ${operation.id}`
    const missing = operation.needs.find((id) => !seen.has(id))
    if (missing !== undefined) return `${operation.id} needs ${missing}, which does not stand before it`
    const input = Object.values(operation.inputs ?? {}).find(
      (reference) => !operation.needs.includes(reference.operation),
    )
    if (input !== undefined) return `${operation.id} reads an output of ${input.operation} without needing it`
    if (!groups.has(operation.group)) return `${operation.id} belongs to the unknown group ${operation.group}`
    if (groups.get(operation.group) === "wait" && operation.recovery !== "idempotent")
      return `${operation.id} waits, so it must be idempotent`
    seen.add(operation.id)
    used.add(operation.group)
  }
  const empty = draft.groups.find((group) => !used.has(group.id) && group.kind !== "none")
  return empty === undefined ? brokenCompensation(draft, seen) : `group ${empty.id} has no operation`
}

const brokenCompensation = (draft: PlanDraft, operations: ReadonlySet<string>): string | undefined => {
  const groups = new Set(draft.groups.map(({ id }) => id))
  const seen = new Set<string>()
  for (const { id, undoes, until, needs, inputs, group } of draft.compensations ?? []) {
    if (operations.has(id) || seen.has(id)) return `two operations have the id ${id}`
    const unknown = [undoes, until, ...Object.values(inputs ?? {}).map(({ operation }) => operation)].find(
      (name) => !operations.has(name),
    )
    if (unknown !== undefined) return `${id} compensates for ${unknown}, which is not in the plan`
    const missing = needs.find((need) => !seen.has(need))
    if (missing !== undefined) return `${id} needs ${missing}, which does not stand before it`
    if (!groups.has(group)) return `${id} belongs to the unknown group ${group}`
    seen.add(id)
  }
  return undefined
}

const groupsOf = (draft: PlanDraft): ReadonlyArray<OperationGroup> => {
  const byGroup = new Map<string, Array<Operation>>(draft.groups.map((group) => [group.id, []]))
  const groupOf = new Map<string, string>()
  for (const operation of draft.operations) {
    byGroup.get(operation.group)?.push(operation)
    groupOf.set(operation.id, operation.group)
  }
  return draft.groups.map((group) => {
    const operations = byGroup.get(group.id) ?? []
    const needs = new Set(
      operations
        .flatMap((operation) => operation.needs.flatMap((id) => groupOf.get(id) ?? []))
        .filter((id) => id !== group.id),
    )
    return { ...group, needs: [...needs], operations: operations.map((operation) => operation.id) }
  })
}

const changing = new Set(["create", "update", "replace", "delete", "run"])

type Agreed = Omit<Plan, "format" | "hash" | "changes" | "warnings">

/** The digest that names a plan: what is done and why as a person was shown it, and where; `snapshot` is a digest already. */
export const planHash = ({
  deployment,
  project,
  target,
  driver,
  intent,
  snapshot,
  groups,
  operations,
  compensations,
  desired,
}: Agreed): string =>
  digestJson({
    deployment,
    project,
    target,
    driver,
    intent,
    snapshot,
    groups,
    operations,
    desired,
    ...(compensations === undefined ? {} : { compensations }),
  })

/**
 * Throws `Internal` when a rule is broken: a driver's planner has a defect then, and nothing must run.
 */
export const seal = (draft: PlanDraft, subject: PlanSubject): Plan => {
  const broken = brokenRule(draft)
  if (broken !== undefined)
    throw new Internal({ detail: `the ${subject.driver} planner made an invalid plan: ${broken}` })
  const groups = groupsOf(draft)
  const agreed: Agreed = {
    deployment: `${subject.project}@${subject.target.name}`,
    project: subject.project,
    target: subject.target,
    driver: subject.driver,
    intent: subject.intent,
    snapshot: digestJson(draft.snapshot),
    groups,
    operations: draft.operations,
    ...(draft.compensations === undefined ? {} : { compensations: draft.compensations }),
    desired: subject.desired,
  }
  return {
    format: 1,
    ...agreed,
    hash: planHash(agreed),
    changes: groups.filter((group) => changing.has(group.kind)).length,
    warnings: draft.warnings,
  }
}
