/** Targets for people: the report of a test, and one target's record. Pure. */
import { describeError, type Locale, type Stage, type Target, type TargetReport } from "@windflow/engine/model"
import type { Texts } from "../text/index.ts"
import type { Palette } from "./palette.ts"
import { table } from "./table.ts"

const sign = ({ status }: Stage, colors: Palette): string => {
  switch (status) {
    case "passed":
      return colors.good("✓")
    case "warning":
      return colors.change("!")
    case "failed":
      return colors.bad("✗")
    case "skipped":
      return "-"
    default:
      return status satisfies never
  }
}

/** `vm, Debian GNU/Linux 12, 6.1.0 x86_64, 2 CPU, 3.8 GiB, kvm, docker 26.1.5, / 40.0 GiB / 80.0 GiB`. */
export const machine = ({ facts, target }: TargetReport, texts: Texts): string => {
  if (facts === undefined) return ""
  const size = (bytes: number): string => `${(bytes / (1 << 30)).toFixed(1)} ${texts.target.gibibytes}`
  const { os, kernel, architecture, cpus, memory, virtualisation, engines, disks } = facts
  return [
    target.type,
    os,
    [kernel, architecture].filter((part) => part !== undefined).join(" "),
    cpus === undefined ? undefined : `${cpus} CPU`,
    memory === undefined ? undefined : size(memory),
    virtualisation,
    ...engines.map(({ name, version }) => `${name} ${version}`),
    ...disks.map(({ mount, size: all, free }) => `${mount} ${size(free)} / ${size(all)}`),
  ]
    .filter((part) => part !== undefined && part !== "")
    .join(", ")
}

export const reportLines = (
  report: TargetReport,
  texts: Texts,
  colors: Palette,
  locale: Locale,
): ReadonlyArray<string> => {
  const rows = report.stages.map((stage) => [
    sign(stage, colors),
    texts.target.stages[stage.stage],
    stage.status === "skipped" ? texts.target.skipped : stage.error === undefined ? stage.detail : "",
  ])
  const remarks = report.stages.flatMap(({ finding, error, stage }) => {
    if (finding !== undefined) return [`${texts.target.stages[stage]}: ${texts.target.findings[finding]}`]
    if (error === undefined) return []
    const { message, remedy } = describeError(error, locale)
    return [message, `${texts.error.remedy}: ${remedy}`]
  })
  const facts = machine(report, texts)
  return [
    table(["", "", ""], rows).split("\n").slice(1).join("\n"),
    ...remarks,
    ...(facts === "" ? [] : [`${texts.target.machine}: ${facts}`]),
    ...(report.ok ? [texts.target.runs(report.projects, report.containers)] : []),
  ]
}

/** References to credentials, never values. */
const credential = ({ ssh }: Target): string => {
  if (ssh === undefined) return ""
  const named = ssh.identity ?? ssh.password
  return named === undefined ? "" : typeof named === "string" ? named : `secret ${named._secret}`
}

export const targetTable = (targets: ReadonlyArray<Target>, texts: Texts): string => {
  const { head } = texts.target
  return table(
    [texts.table.name, head.type, head.endpoint, head.groups, head.labels, head.credential],
    targets.map((target) => [
      target.name,
      target.type,
      target.endpoints.join(" "),
      (target.groups ?? []).join(","),
      Object.entries(target.labels ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(","),
      credential(target),
    ]),
  )
}
