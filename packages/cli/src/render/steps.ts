/** How one step of a run is called and marked, in the tree and in plain lines. Loads nothing: most runs change nothing. */
import type { GroupKind } from "@windflow/engine/plan"
import type { Texts } from "../text/index.ts"
import type { Palette } from "./palette.ts"
import type { StepState } from "./progress.ts"

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

const isKind = (kind: string, texts: Texts): kind is GroupKind => Object.hasOwn(texts.kinds, kind)

/** The word for a kind of step in the reader's language. */
export const kindWord = (kind: string, texts: Texts): string => (isKind(kind, texts) ? texts.kinds[kind] : kind)

export const mark = (state: StepState, colors: Palette, frame: number): string => {
  switch (state) {
    case "pending":
      return colors.faint("·")
    case "running":
      return colors.change(frames[frame % frames.length]!)
    case "done":
      return colors.good("✓")
    case "failed":
      return colors.bad("✗")
    case "skipped":
      return colors.faint("-")
    default:
      return state satisfies never
  }
}
