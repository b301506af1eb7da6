/** No key of the specification is left out of the difference suite: it is in one of the stacks, or refused by name. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { parse } from "yaml"
import { parity } from "../parity.ts"
import { awaiting } from "./awaiting.ts"
import { divergences } from "./divergences.ts"
import { keysUsed, specification, unproved } from "./specification.ts"
import { filesOf, steps, type Subject, subjects } from "./Subject.ts"
import { loadSubject } from "./world.ts"

const used = new Map<string, ReadonlySet<string>>()
let folder = ""

/** As written and as resolved: short forms name no keys, and the loader takes some keys away. */
const keysOf = async (subject: Subject): Promise<ReadonlySet<string>> => {
  const keys = new Set<string>()
  const directory = join(folder, subject.name)
  for (const step of steps) {
    for (const [name, text] of Object.entries(filesOf(subject, step))) {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), text)
      if (name.endsWith(".yaml")) for (const key of keysUsed(parse(text, { merge: true }))) keys.add(key)
    }
    const env = { BUSYBOX: "busybox", PROJECT: "project" }
    const { model } = await Effect.runPromise(loadSubject(subject, step, directory, env, "project"))
    for (const key of keysUsed(model)) keys.add(key)
  }
  return keys
}

const usedWithout = (left: string): ReadonlySet<string> =>
  new Set([...used].flatMap(([name, keys]) => (name === left ? [] : [...keys])))

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "windflow-diff-"))
  for (const subject of subjects) used.set(subject.name, await keysOf(subject))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("every key of the specification is used in a stack or refused by the driver", () => {
  expect(specification.length).toBeGreaterThan(200)
  expect(unproved(usedWithout(""), parity)).toEqual([])
})

test("without the one stack that has a key, the key is missing", () => {
  expect(unproved(usedWithout("endpoint-options"), parity)).toEqual(["services.*.networks.*.driver_opts"])
  expect(unproved(usedWithout("deploy-for-clusters"), parity)).toContain(
    "services.*.deploy.placement.preferences.spread",
  )
})

test("a key that is refused needs no stack, one that is not does", () => {
  expect(
    unproved(
      usedWithout(""),
      parity.filter(({ path }) => path !== "services.*.isolation"),
    ),
  ).toEqual(["services.*.isolation"])
})

test("there are at least 60 stacks, their names are unique, and the lists name them", () => {
  const names = subjects.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.length - awaiting.length).toBeGreaterThanOrEqual(60)
  expect([...awaiting, ...divergences.map(({ subject }) => subject)].filter((name) => !names.includes(name))).toEqual(
    [],
  )
})

test("every edit edits", () => {
  expect(
    subjects
      .filter(
        (subject) =>
          JSON.stringify([filesOf(subject, "first"), subject.env, subject.flags]) ===
          JSON.stringify([
            filesOf(subject, "edited"),
            { ...subject.env, ...subject.editedEnv },
            { ...subject.flags, ...subject.editedFlags },
          ]),
      )
      .map(({ name }) => name),
  ).toEqual([])
})
