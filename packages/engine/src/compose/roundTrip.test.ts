/* oxlint-disable vitest/no-standalone-expect -- `it.effect` is a test block */
/** Code → model → YAML → model, and files without their variables replaced. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { fromObject, imagesOf, load, type LoadCapability, loadVariables, render, renderUnresolved } from "./index.ts"

const reading = (
  text: string,
): readonly [{ workingDirectory: string; files: string[]; stdin: string }, LoadCapability] => [
  { workingDirectory: "/w", files: ["-"], stdin: text },
  {
    env: { ROOT: "1", PORT: "1" },
    readFile: () => Effect.succeed(undefined),
    allowRemote: false,
    allowProvider: true,
  },
]

const opt = Schema.optionalKey
const Word = Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9]{0,6}$/))
// Everything a text may hold: dollars, quotes, colons, spaces at the ends, words that look like numbers. None begins with a line
// break: spaces behind that one are lost on the way through YAML as the reference prints it (and so must we).
const Text = Schema.String.check(Schema.isPattern(/^(?:[ -~äß€][ -~äß€\n]{0,23})?$/u))
// The reference doubles dollars in keys when it prints, and does not halve them when it reads.
const Key = Schema.String.check(Schema.isPattern(/^[ -#%-~äß€]{1,24}$/u))
const Service = Schema.Struct({
  image: Word,
  command: opt(Schema.Array(Text)),
  environment: opt(Schema.Record(Word, Text)),
  labels: opt(Schema.Record(Key, Text)),
  ports: opt(Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 }))).check(Schema.isMaxLength(1))),
  init: opt(Schema.Boolean),
  cpus: opt(Schema.Literals([0.1, 0.5, 1, 2.25])),
  mem_limit: opt(Schema.Literals(["64m", "1g", 1024])),
  stop_grace_period: opt(Schema.Literals(["90s", "1h", "1.5s"])),
  deploy: opt(Schema.Struct({ replicas: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })) })),
})
const Services = Schema.Record(Word, Service)

describe("a stack from code", () => {
  it.effect.prop("is the same stack after it was printed and read", [Services], ([services]) =>
    Effect.gen(function* () {
      const made = yield* fromObject({ services }, { name: "p", workingDirectory: "/w" })
      const text = render(made.model, "yaml")
      const read = yield* load(...reading(text))
      expect(read.model).toEqual(made.model)
      expect(render(read.model, "yaml")).toBe(text)
      expect(JSON.parse(render(read.model, "json"))).toEqual(JSON.parse(render(made.model, "json")))
    }),
  )
})

const FILE = `x-a: \${ROOT:?root}
services:
  web:
    image: "web:\${TAG:-1}"
    ports: ["\${PORT}:80", "81:81"]
    environment: {B: "\${B:+set}"}
    pre_start: [{command: a, image: "hook:\${TAG:-1}"}]
  db: {build: ., scale: 2}
name: p
`

describe("a file with variables", () => {
  it.effect("is joined without replacing them", () =>
    Effect.gen(function* () {
      const text = yield* renderUnresolved(...reading(FILE), "yaml")
      expect(text).toContain("image: web:${TAG:-1}\n")
      // A short syntax that cannot be read yet stays as it is, with its neighbours.
      expect(text).toContain("    ports:\n      - ${PORT}:80\n      - 81:81\n")
      expect(JSON.parse(yield* renderUnresolved(...reading(FILE), "json"))).toMatchObject({ "x-a": "${ROOT:?root}" })
    }),
  )
  it.effect("tells which it asks for", () =>
    Effect.gen(function* () {
      expect(yield* loadVariables(...reading(FILE))).toEqual([
        { name: "B", required: false, defaultValue: "", alternateValue: "set" },
        { name: "PORT", required: false, defaultValue: "", alternateValue: "" },
        { name: "ROOT", required: true, defaultValue: "", alternateValue: "" },
        { name: "TAG", required: false, defaultValue: "1", alternateValue: "" },
      ])
    }),
  )
  it.effect("tells its images", () =>
    Effect.gen(function* () {
      expect(imagesOf((yield* load(...reading(FILE))).model)).toEqual(["p-db", "web:1", "hook:1"])
    }),
  )
})
