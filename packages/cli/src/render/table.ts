/** Columns without borders, aligned by what a terminal shows (wide characters, no colour codes). */
import Table from "cli-table3"

const none = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"] as const
const inner = ["left", "left-mid", "mid", "mid-mid", "right", "right-mid"] as const

export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const rendered = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    chars: { ...Object.fromEntries([...none, ...inner].map((name) => [name, ""])), middle: "   " },
  })
  rendered.push(...rows.map((row) => [...row]))
  return rendered
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
}
