/** The variables of a project as the reference lists them: a table, JSON or YAML. */
import { mapOf, struct, flag, text } from "../shape/Type.ts"
import { compareText } from "../text/order.ts"
import type { Variable } from "../text/template.ts"
import type { Format } from "./render.ts"
import { toGoYaml } from "./yaml.ts"

const yamlTable = mapOf(struct({ name: text, defaultvalue: text, presencevalue: text, required: flag }, false))

export const renderVariables = (variables: ReadonlyArray<Variable>, format: Format | "table"): string => {
  const sorted = variables.toSorted((a, b) => compareText(a.name, b.name))
  switch (format) {
    case "table":
      return table([
        ["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"],
        ...sorted.map((one) => [one.name, String(one.required), one.defaultValue, one.alternateValue]),
      ])
    case "json": {
      const members = sorted.map(({ name, defaultValue, alternateValue, required }) => [
        name,
        { Name: name, DefaultValue: defaultValue, PresenceValue: alternateValue, Required: required },
      ])
      // Go escapes these two everywhere; the reference ends the text twice.
      const json = JSON.stringify(Object.fromEntries(members), null, 4).replace(/[\u2028\u2029]/g, (char) =>
        char === "\u2028" ? "\\u2028" : "\\u2029",
      )
      return `${json}\n\n`
    }
    case "yaml": {
      const members = sorted.map(({ name, defaultValue, alternateValue, required }) => [
        name,
        { name, defaultvalue: defaultValue, presencevalue: alternateValue, required },
      ])
      // This one text is indented by four.
      return toGoYaml(Object.fromEntries(members), yamlTable).replace(/^ +/gm, (indent) => indent.repeat(2))
    }
    default:
      return format satisfies never
  }
}

/** Columns at least twenty wide, three spaces apart; the last one as wide as its text. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = rows[0]!.map((_, column) =>
    Math.max(20, ...rows.map((row) => Array.from(row[column] ?? "").length + 3)),
  )
  return rows
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : pad(cell, widths[at] ?? 0))).join("") + "\n")
    .join("")
}

const pad = (cell: string, width: number): string => cell + " ".repeat(width - Array.from(cell).length)
