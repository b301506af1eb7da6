/** Small Compose projects by section of the specification, each with the answer that the reference gave (`record.ts`). */
import { Schema } from "effect"
import { parse } from "yaml"

const Texts = Schema.Record(Schema.String, Schema.String)
const opt = Schema.optionalKey

const CaseData = Schema.Struct({
  name: Schema.NonEmptyString,
  /** The whole `compose.yaml`. */
  compose: opt(Schema.String),
  /** Or the lines of one service `app`, which has an image. */
  service: opt(Schema.String),
  /** Further files of the project's folder. */
  files: opt(Texts),
  env: opt(Texts),
  /** Compose files in merge order; default `compose.yaml`. */
  use: opt(Schema.Array(Schema.String)),
  profiles: opt(Schema.Array(Schema.String)),
  envFiles: opt(Schema.Array(Schema.String)),
  services: opt(Schema.Array(Schema.String)),
  projectName: opt(Schema.String),
})
export type Case = typeof CaseData.Type

/** What the reference said: nothing when it refuses the project. */
export const Answer = Schema.Struct({ config: opt(Schema.Unknown), hash: opt(Texts) })
export type Answer = typeof Answer.Type
export const Answers = Schema.Record(Schema.String, Answer)

/** The folder that every case stands in, so that its paths and hashes are the same everywhere. */
export const HOME = "/tmp/windflow-cases/case"

/** The cases of one section's table. */
export const readCases = (text: string): ReadonlyArray<Case> =>
  Schema.decodeUnknownSync(Schema.Array(CaseData), { onExcessProperty: "error" })(parse(text))

/** The files of a case by name. */
export const filesOf = ({ compose, service, files = {} }: Case): Readonly<Record<string, string>> => {
  const lines = (service ?? "").split("\n").map((line) => (line === "" ? "" : `    ${line}`))
  const text = compose ?? `services:\n  app:\n    image: app\n${lines.join("\n")}\n`
  return { "compose.yaml": text, ...files }
}
