/** A plan for people: groups with their cause and the fields that changed. */
import { type FieldChange, type GroupKind, groupSign, type OperationGroup, type Plan } from "@windflow/engine/plan"
import type { Texts } from "../text/index.ts"
import type { Palette } from "./palette.ts"

const style = (kind: GroupKind, colors: Palette): ((text: string) => string) => {
  switch (kind) {
    case "create":
      return colors.good
    case "update":
    case "replace":
    case "run":
      return colors.change
    case "delete":
      return colors.bad
    case "wait":
    case "none":
      return colors.faint
    default:
      return kind satisfies never
  }
}

/** Groups that people are shown: what changes. */
export const shownGroups = (plan: Pick<Plan, "groups">): ReadonlyArray<OperationGroup> =>
  plan.groups.filter((group) => group.kind !== "none" && group.kind !== "wait")

export const renderPlan = (plan: Plan, texts: Texts, colors: Palette): string => {
  const groups = shownGroups(plan)
  const value = (text: string | undefined) => (text === undefined ? texts.plan.nothing : texts.phrase(text))
  const field = ({ path, before, after }: FieldChange) =>
    `      ${path}: ${colors.bad(value(before))} → ${colors.good(value(after))}`
  const width = Math.max(0, ...groups.map((group) => texts.kinds[group.kind].length))
  const lines = groups.flatMap((group) => {
    const word = texts.kinds[group.kind].padEnd(width)
    const what = style(group.kind, colors)(`${groupSign[group.kind]} ${word}`)
    return [
      `  ${what} ${colors.strong(group.resource)}  ${colors.faint(texts.phrase(group.cause))}`,
      ...group.fields.map(field),
    ]
  })
  const head =
    groups.length === 0
      ? colors.good(texts.plan.upToDate(plan.deployment))
      : texts.plan.changes(plan.deployment, groups.length)
  const warnings = plan.warnings.map((warning) => `  ${colors.change(`! ${warning}`)}`)
  return [head, ...lines, ...warnings].join("\n")
}

/** Volumes whose data the plan deletes. */
export const deletedData = (plan: Pick<Plan, "groups">): ReadonlyArray<string> =>
  plan.groups
    .filter((group) => group.resource.startsWith("volume:") && (group.kind === "delete" || group.kind === "replace"))
    .map((group) => group.resource.slice("volume:".length))

/** A plan as `--format json` prints it (`PlanShown`): its desired state holds environment values, which do not belong in logs. */
export const planDocument = ({ desired: _desired, ...shown }: Plan): string => JSON.stringify(shown)
