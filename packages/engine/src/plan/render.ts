/** Plans as text: `renderPlan` for people, `renderOperations` for planner tests and `--format` debugging. */
import type { FieldChange, GroupKind, Plan, PlanDraft } from "./Plan.ts"

/** How a kind of change is marked. */
export const groupSign: { readonly [K in GroupKind]: string } = {
  create: "+",
  update: "~",
  replace: "±",
  delete: "-",
  run: ">",
  wait: "…",
  none: " ",
}

const fieldLine = (field: FieldChange): string =>
  `    ${field.path}: ${field.before ?? "(none)"} → ${field.after ?? "(none)"}`

/** Prose for a terminal without colours; the CLI styles the same parts. */
export const renderPlan = (plan: Plan): string => {
  const groups = plan.groups.filter((group) => group.kind !== "none" && group.kind !== "wait")
  const head =
    groups.length === 0
      ? `${plan.deployment} is up to date: nothing to do.`
      : `${plan.deployment}: ${groups.length} ${groups.length === 1 ? "change" : "changes"}`
  const lines = groups.flatMap((group) => [
    `  ${groupSign[group.kind]} ${group.kind} ${group.resource}  (${group.cause})`,
    ...group.fields.map(fieldLine),
  ])
  return [head, ...lines, ...plan.warnings.map((warning) => `  ! ${warning}`)].join("\n")
}

/**
 * An operation a line: `#2 [1] service:web:1 CreateContainer, no container (create:web:1)`. Numbers are positions. Then what a
 * failed run owes: `!1 [] service:web:1 StopContainer, from #3 until #4`.
 */
export const renderOperations = (draft: Pick<PlanDraft, "operations" | "compensations">): string => {
  const compensations = draft.compensations ?? []
  const position = new Map([
    ...draft.operations.map((operation, index) => [operation.id, index + 1] as const),
    ...compensations.map((operation, index) => [operation.id, index + 1] as const),
  ])
  const needs = (operation: { readonly needs: ReadonlyArray<string> }) =>
    operation.needs.map((id) => position.get(id)).join(",")
  return [
    ...draft.operations.map(
      (operation, index) =>
        `#${index + 1} [${needs(operation)}] ${operation.resource} ${operation.verb}, ${operation.cause} (${operation.group})`,
    ),
    ...compensations.map(
      (operation, index) =>
        `!${index + 1} [${needs(operation)}] ${operation.resource} ${operation.verb}, from #${position.get(operation.undoes)} until #${position.get(operation.until)}`,
    ),
  ].join("\n")
}
