/** What a run is told as: a table for people, JSON for whoever compares runs. Pure but for the machine's facts. */
import { availableParallelism, loadavg, totalmem } from "node:os"
import type { Outcome, Ratio } from "./Scenario.ts"
import type { Estimate } from "./statistics.ts"

export interface Report {
  readonly at: string
  readonly machine: {
    readonly cores: number
    readonly memoryBytes: number
    readonly load: ReadonlyArray<number>
    readonly node: string
  }
  readonly engine: string
  readonly compose: string
  readonly outcomes: ReadonlyArray<Outcome>
  readonly calls: Readonly<Record<string, ReadonlyArray<string>>>
}

export const machine = (): Report["machine"] => ({
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  load: loadavg(),
  node: process.version,
})

const number = (value: number): string => value.toFixed(value < 0.1 ? 4 : value < 10 ? 3 : 1)
const interval = ({ low, high, confidence }: Estimate): string =>
  `[${number(low)}, ${number(high)}] (${(confidence * 100).toFixed(0)} %)`

/** A promise is missed only when the whole interval lies above it: else the data do not contradict it. */
const verdict = (estimate: Estimate, atMost: number | undefined): string => {
  if (atMost === undefined) return ""
  if (estimate.median <= atMost) return `  ≤ ${atMost}: kept`
  return estimate.low <= atMost ? `  ≤ ${atMost}: within the interval` : `  ≤ ${atMost}: MISSED`
}

const named = ({ against, plus }: Ratio): string => (plus === undefined ? against : `(${against} + ${plus})`)

const outcomeLines = (outcome: Outcome): ReadonlyArray<string> => [
  "",
  `${outcome.title} (${outcome.rounds} rounds)`,
  ...outcome.series.map((series) => {
    const cpu = series.cpuSeconds === undefined ? "" : `  CPU ${number(series.cpuSeconds)} s`
    return `  ${series.name.padEnd(22)} ${number(series.estimate.median).padStart(8)} s ${interval(series.estimate)}${cpu}${verdict(series.estimate, series.limit)}`
  }),
  ...outcome.ratios.map(
    (ratio) =>
      `  ${`${ratio.of} / ${named(ratio)}`.padEnd(30)} ${number(ratio.estimate.median)} ${interval(ratio.estimate)}${verdict(ratio.estimate, ratio.atMost)}`,
  ),
  ...outcome.missing.map((what) => `  not measured: ${what}`),
]

export const render = (report: Report): string =>
  [
    `${report.machine.cores} cores, load ${report.machine.load.map((load) => load.toFixed(1)).join(" ")}, Node ${report.machine.node}, engine ${report.engine}, ${report.compose}`,
    "Medians with intervals of order statistics; ratios are medians of the ratios within each round.",
    ...report.outcomes.flatMap(outcomeLines),
    ...Object.entries(report.calls).map(([who, calls]) => `\n${who}: ${calls.length}\n  ${calls.join("\n  ")}`),
  ].join("\n")
