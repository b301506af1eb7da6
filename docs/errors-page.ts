/**
 * The page of errors, made from the catalogue itself: each text with its fields in angle brackets, each remedy by its reason, and
 * the row of the error table. Pure; `generate-errors.ts` writes the file.
 */
import { describeError, errorClasses, type ErrorTag, errorTable, type WindFlowError } from "@windflow/engine/model"
import { type Schema, SchemaAST } from "effect"

const exitMeaning: Readonly<Record<number, string>> = {
  0: "done",
  1: "failed",
  2: "there are changes (`plan --detailed-exitcode`)",
  3: "bad input or usage",
  4: "refused: policy, preflight, stale plan, locked",
  5: "unreachable or not authorised",
  124: "deadline passed",
  130: "interrupted (SIGINT)",
  143: "terminated (SIGTERM)",
}

const finding = { severity: "error", code: "<code>", message: "<finding>", path: "<path>" }

const placeholders: Readonly<Record<string, unknown>> = {
  diagnostics: [finding],
  findings: [{ check: "port", service: "<service>", what: "<port>", detail: "<container>" }],
}

interface Field {
  readonly name: string
  /** The words a field may hold, when it holds one of a few. */
  readonly choices: ReadonlyArray<string>
  readonly placeholder: unknown
}

const fieldOf = (name: string, schema: Schema.Top): Field => {
  const { ast } = schema
  const members = SchemaAST.isUnion(ast) ? ast.types : [ast]
  const choices = members.flatMap((member) =>
    SchemaAST.isLiteral(member) && typeof member.literal === "string" ? [member.literal] : [],
  )
  return { name, choices, placeholder: placeholders[name] ?? choices[0] ?? `<${name}>` }
}

interface ErrorClass {
  readonly fields: Readonly<Record<string, Schema.Top>>
}

const tagOf = (fields: Readonly<Record<string, Schema.Top>>): ErrorTag => {
  const ast = fields["_tag"]?.ast
  if (ast === undefined || !SchemaAST.isLiteral(ast)) throw new Error("an error class without a literal _tag")
  // Every member of the union carries its own tag.
  return ast.literal as ErrorTag
}

/** What the reader sees of one error: placeholders instead of values, a remedy for each word of `reason`. */
const texts = (tag: ErrorTag, fields: ReadonlyArray<Field>, locale: "en" | "fr") => {
  const reason = fields.find(({ name, choices }) => name === "reason" && choices.length > 0)
  const shown = (word: string | undefined) => {
    const values = Object.fromEntries(fields.map(({ name, placeholder }) => [name, placeholder]))
    // Catalogue functions only print their fields, so a placeholder may stand where a number would.
    const error = { _tag: tag, ...values, ...(word === undefined ? {} : { reason: word }) } as unknown as WindFlowError
    return describeError(error, locale)
  }
  const words = reason?.choices ?? [undefined]
  return {
    message: shown(words[0]).message,
    remedies: words.map((word) => ({ word, remedy: shown(word).remedy })),
  }
}

const inline = (text: string): string => text.replaceAll("\n", " · ").replaceAll("<", "‹").replaceAll(">", "›")

const section = (errorClass: ErrorClass): { readonly tag: ErrorTag; readonly text: string } => {
  const tag = tagOf(errorClass.fields)
  const fields = Object.entries(errorClass.fields)
    .filter(([name]) => name !== "_tag" && name !== "place")
    .map(([name, schema]) => fieldOf(name, schema))
  const row = errorTable[tag]
  const retry = row.retryable ? "may succeed when tried again" : "fails again until something changes"
  const block = (locale: "en" | "fr", label: string) => {
    const { message, remedies } = texts(tag, fields, locale)
    return [
      `> ${inline(message)}`,
      "",
      ...remedies.map(({ word, remedy }) => `- ${word === undefined ? label : `\`${word}\``}: ${inline(remedy)}`),
      "",
    ]
  }
  return {
    tag,
    text: [
      `## ${tag}`,
      "",
      `Exit code ${row.exit} (${exitMeaning[row.exit]}) · HTTP ${row.status} · ${retry}`,
      "",
      ...block("en", "Remedy"),
      ...block("fr", "Remède"),
    ].join("\n"),
  }
}

export const errorsPage = (): string => {
  const sections = errorClasses.map(section).sort((a, b) => a.tag.localeCompare(b.tag))
  return [
    "<!-- Made from the error catalogue by docs/generate-errors.ts: change the catalogue, not this page. -->",
    "# Errors",
    "",
    "Every error of WindFlow is one of these: `_tag` in the SDK, in JSON output and in the API, the name in front of the message on a terminal. It says where (file, line and column where there is one), why, and what to do. Texts are English or French, by `LANG`.",
    "",
    "| Exit code | Meaning |",
    "| --- | --- |",
    ...Object.entries(exitMeaning).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    "",
    ...sections.map(({ text }) => text),
  ].join("\n")
}
