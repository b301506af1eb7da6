/** The live tree of a run, as lines; who draws them is `liveTree.ts`. */
import stringWidth from "string-width"
import type { Texts } from "../text/index.ts"
import type { Palette } from "./palette.ts"
import type { Progress, Step, StepState } from "./progress.ts"
import { kindWord, mark } from "./steps.ts"
import { formatElapsed } from "./time.ts"

/** Cuts a text to a width in columns; colours must be added afterwards. */
export const fit = (text: string, width: number): string => {
  if (stringWidth(text) <= width) return text
  let cut = ""
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - 1) break
    cut += segment
  }
  return `${cut}…`
}

export interface View {
  /** Columns and rows of the terminal. */
  readonly columns: number
  readonly rows: number
  readonly now: number
  readonly frame: number
}

const elapsed = (step: Step, now: number): string =>
  step.startedAt === undefined ? "" : formatElapsed((step.endedAt ?? now) - step.startedAt)

const line = (step: Step, texts: Texts, colors: Palette, view: View): string => {
  const time = elapsed(step, view.now)
  const what = `${kindWord(step.kind, texts)} ${step.resource}`
  const detail = step.detail === undefined || step.detail === "" ? "" : `  ${step.detail}`
  const text = fit(`${what}${detail}`, Math.max(10, view.columns - time.length - 6))
  const shown = step.state === "failed" ? colors.bad(text) : step.state === "pending" ? colors.faint(text) : text
  return `  ${mark(step.state, colors, view.frame)} ${shown}${time === "" ? "" : ` ${colors.faint(time)}`}`
}

const importance: { readonly [S in StepState]: number } = { failed: 0, running: 1, pending: 2, skipped: 3, done: 4 }

/** At most as many lines as fit; when too many, what has ended gives way to what goes on, and the rest is counted. */
export const renderTree = (progress: Progress, texts: Texts, colors: Palette, view: View): string => {
  const { steps } = progress
  const room = Math.max(3, view.rows - 3)
  const chosen =
    steps.length <= room
      ? steps
      : steps
          .map((step, index) => ({ step, index }))
          .sort((a, b) => importance[a.step.state] - importance[b.step.state] || a.index - b.index)
          .slice(0, room)
          .sort((a, b) => a.index - b.index)
          .map(({ step }) => step)
  const ended = steps.filter((step) => step.state === "done").length
  const total = `${ended}/${steps.length} ${texts.states.done}`
  const lines = chosen.map((step) => line(step, texts, colors, view))
  return [...lines, ...(steps.length === 0 ? [] : [colors.faint(`  ${total}`)])].join("\n")
}
