/** The screens of a session, one after another, as a terminal would have shown them. xterm's own parser plays the output. */
import xterm from "@xterm/headless"
import type { Cast } from "./Cast.ts"

/** Characters of one look, next to each other. */
export interface Run {
  readonly column: number
  /** In cells: wide characters take two. */
  readonly width: number
  readonly text: string
  /** CSS colour; undefined is the terminal's own. */
  readonly color: string | undefined
  readonly bold: boolean
  readonly dim: boolean
}

export interface Frame {
  readonly at: number
  readonly lines: ReadonlyArray<ReadonlyArray<Run>>
}

const palette = [
  "#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
  "#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc",
] as const // prettier-ignore

/** The 6 × 6 × 6 cube and the greys behind the sixteen named colours. */
const indexed = (index: number): string => {
  const named = palette[index]
  if (named !== undefined) return named
  if (index >= 232) return `rgb(${[0, 0, 0].map(() => 8 + (index - 232) * 10).join(",")})`
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40)
  const cube = index - 16
  return `rgb(${[Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(",")})`
}

const runsOf = (line: NonNullable<ReturnType<xterm.IBuffer["getLine"]>>): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  for (let column = 0; column < line.length; column++) {
    const cell = line.getCell(column)
    if (cell === undefined || cell.getWidth() === 0) continue
    const text = cell.getChars() === "" ? " " : cell.getChars()
    const value = cell.getFgColor()
    const color = cell.isFgRGB()
      ? `#${value.toString(16).padStart(6, "0")}`
      : cell.isFgPalette()
        ? indexed(value)
        : undefined
    const [bold, dim] = [cell.isBold() !== 0, cell.isDim() !== 0]
    const last = runs.at(-1)
    if (last !== undefined && last.color === color && last.bold === bold && last.dim === dim)
      runs[runs.length - 1] = { ...last, text: last.text + text, width: last.width + cell.getWidth() }
    else runs.push({ column, width: cell.getWidth(), text, color, bold, dim })
  }
  // Blanks at the end are nothing to draw.
  const end = runs.at(-1)
  if (end !== undefined) {
    const text = end.text.trimEnd()
    runs[runs.length - 1] = { ...end, text, width: end.width - (end.text.length - text.length) }
  }
  return runs.filter(({ text }) => text.trim() !== "")
}

/** A frame for each change of the screen that stays for `shortest` seconds, and one each `shortest` seconds while it moves. */
export const framesOf = async (cast: Cast, shortest = 0.25): Promise<ReadonlyArray<Frame>> => {
  const terminal = new xterm.Terminal({ cols: cast.columns, rows: cast.rows, allowProposedApi: true, scrollback: 0 })
  const frames: Array<Frame> = []
  let shown = ""
  let last = Number.NEGATIVE_INFINITY
  try {
    for (const [index, { at, text }] of cast.chunks.entries()) {
      await new Promise<void>((resolve) => terminal.write(text, resolve))
      const next = cast.chunks[index + 1]?.at ?? Number.POSITIVE_INFINITY
      if (next - at < shortest && at - last < shortest) continue
      const buffer = terminal.buffer.active
      const lines = Array.from({ length: cast.rows }, (_, row) => {
        const line = buffer.getLine(buffer.viewportY + row)
        return line === undefined ? [] : runsOf(line)
      })
      const key = JSON.stringify(lines)
      if (key === shown) continue
      shown = key
      last = at
      frames.push({ at, lines })
    }
  } finally {
    terminal.dispose()
  }
  return frames
}
