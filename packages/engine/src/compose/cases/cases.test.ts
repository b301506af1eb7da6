/* oxlint-disable vitest/no-standalone-expect, vitest/no-conditional-tests, vitest/expect-expect, vitest/valid-title, vitest/require-to-throw-message -- tests are made from tables, their checks stand in functions */
/** Ours against the recorded answers of Docker Compose 5.5.0, case by case; needs no reference. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Exit, Schema } from "effect"
import { describe, expect, it } from "vitest"
import type { ComposeInvalid, FileUnreadable } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import { StackModel } from "../../model/StackModel.ts"
import { load, render, serviceHash, withDefaultPlatform } from "../index.ts"
import { Answers, type Case, filesOf, HOME, readCases } from "./Case.ts"
import { DIFFERENCES } from "./differences.ts"

const run = (one: Case): Promise<Exit.Exit<Stack, ComposeInvalid | FileUnreadable>> => {
  const files = new Map(Object.entries(filesOf(one)).map(([name, text]) => [`${HOME}/${name}`, text]))
  return Effect.runPromiseExit(
    load(
      {
        workingDirectory: HOME,
        ...(one.use === undefined ? {} : { files: one.use }),
        ...(one.profiles === undefined ? {} : { profiles: one.profiles }),
        ...(one.envFiles === undefined ? {} : { envFiles: one.envFiles }),
        ...(one.services === undefined ? {} : { services: one.services }),
        ...(one.projectName === undefined ? {} : { projectName: one.projectName }),
      },
      {
        env: { PATH: process.env["PATH"] ?? "", HOME: "/home/case", ...one.env },
        readFile: (path) => Effect.succeed(files.get(path)),
        allowRemote: false,
        allowProvider: true,
      },
    ),
  )
}

const folder = import.meta.dirname
const sections = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => name.slice(0, -".yaml".length))
let count = 0
for (const section of sections) {
  const cases = readCases(readFileSync(join(folder, `${section}.yaml`), "utf8"))
  const answers = Schema.decodeUnknownSync(Answers)(
    JSON.parse(readFileSync(join(folder, `${section}.answers.json`), "utf8")),
  )
  count += cases.length
  describe(section, () => {
    it("has an answer for each case, and no other", () => {
      expect(Object.keys(answers)).toEqual(cases.map(({ name }) => name))
    })
    for (const one of cases) {
      const differs = DIFFERENCES[`${section}/${one.name}`]
      const check = async () => {
        const answer = answers[one.name]!
        const result = await run(one)
        if (answer.config === undefined) {
          expect(Exit.isFailure(result), "the reference refuses this").toBe(true)
          return
        }
        if (Exit.isFailure(result)) throw new Error(`the reference accepts this: ${String(result.cause)}`)
        const { model } = result.value
        expect(JSON.parse(render(model, "json"))).toEqual(answer.config)
        Schema.decodeUnknownSync(StackModel, { onExcessProperty: "error" })(model)
        if (answer.hash === undefined || one.services !== undefined) return
        const { services } = withDefaultPlatform(model, one.env?.["DOCKER_DEFAULT_PLATFORM"])
        expect(Object.fromEntries(Object.entries(services).map(([name, s]) => [name, serviceHash(s)]))).toEqual(
          answer.hash,
        )
      }
      if (differs === undefined) it(one.name, check)
      // A listed difference must still be one: else the list is wrong.
      else it(`${one.name} (differs: ${differs})`, async () => expect(check()).rejects.toThrow())
    }
  })
}

it("covers the specification with at least 300 cases", () => {
  expect(count).toBeGreaterThanOrEqual(300)
})
