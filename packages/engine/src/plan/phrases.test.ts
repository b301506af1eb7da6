import { globSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { intentOf, type LifecycleRequest } from "../driver/Request.ts"
import { nothingChanged, summarise } from "../execute/summary.ts"
import { frenchPhrase } from "./phrases.ts"

const project = "demo"
const requests: ReadonlyArray<LifecycleRequest> = [
  { _tag: "Stop", project },
  { _tag: "Start", project, wait: false, waitTimeout: 1 },
  { _tag: "Restart", project, noDeps: false, waitTimeout: 1 },
  { _tag: "Kill", project, signal: "SIGHUP" },
  { _tag: "Remove", project, stop: true, volumes: false },
]

test.each([
  ["no container", "pas de conteneur"],
  ["not running (exited with 137)", "ne tourne pas (terminé avec 137)"],
  [
    "configuration changed: command, environment.A and 2 more",
    "configuration modifiée : command, environment.A et 2 de plus",
  ],
  ["config or secret changed: configs.a.content", "contenu modifié (config or secret) : configs.a.content"],
  ["network default changed", "le réseau default a changé"],
  ["3 created, 1 replaced", "3 créés, 1 remplacés"],
  [nothingChanged, "rien n’a été modifié"],
  ["it needs start:db, which failed", "il lui faut start:db, qui a échoué"],
])("%s", (english, french) => {
  expect(frenchPhrase(english)).toBe(french)
})

test("every summary is known", () => {
  const kinds = ["create", "update", "replace", "delete", "run"] as const
  const groups = kinds.map((kind) => ({
    id: kind,
    kind,
    resource: kind,
    cause: "",
    fields: [],
    needs: [],
    operations: [kind],
  }))
  const done = new Set(["create", "update", "replace", "delete"])
  expect(frenchPhrase(summarise(groups, done, "up"))).toBe("1 créés, 1 modifiés, 1 remplacés, 1 supprimés, 1 non faits")
  const summaries = requests.map((request) => summarise(groups, done, intentOf(request)))
  expect(summaries.filter((summary) => frenchPhrase(summary) === undefined)).toEqual([])
})

/** What stands for `${…}` in a phrase, where not anything may. */
const words: Readonly<Record<string, ReadonlyArray<string>>> = {
  "container.state": ["dead", "removing"],
  'untilWords[pending ?? "build"]': ["built", "pulled", "carried"],
}
const literal = /"((?:[^"\\\n]|\\.)*)"|`([^`\n]*)`/g
/** Where a cause is written: after its name, or as the last words that a group is made with. */
const places = [
  /\b(?:cause|because)\b\s*[:=(]\s*(?:[^"`\n;,]*\?\s*)?((?:"[^"\n]*"|`[^`\n]*`)(?:\s*:\s*(?:"[^"\n]*"|`[^`\n]*`))?)/g,
  /\bgroup\(((?:[^()]|\([^()]*\))*)\)/g,
  /\b(?:drop|create|replace)\(([^()]*)\)/g,
]
const written = globSync("../{driver,execute,host}/**/*.ts", { cwd: import.meta.dirname })
  .filter((file) => !/\.test\.ts$|Fixtures|testBed|runBed|\.fixture/.test(file))
  .flatMap((file) => {
    const source = readFileSync(`${import.meta.dirname}/${file}`, "utf8")
    return places.flatMap((place) =>
      [...source.matchAll(place)].flatMap(([, found = ""]) => [...found.matchAll(literal)]),
    )
  })
  .map(([, plain, template]) => plain ?? template ?? "")
  // A phrase has words; ids, kinds of groups and resources have none.
  .filter((text) =>
    text
      .replace(/\$\{[^}]*\}/g, "")
      .trim()
      .includes(" "),
  )

test("no cause is written in the sources that has no French", () => {
  const spelt = (text: string): ReadonlyArray<string> => {
    const hole = /\$\{([^}]*)\}/.exec(text)
    if (hole === null) return [text]
    return (words[hole[1]!] ?? ["1"]).flatMap((word) => spelt(text.replace(hole[0], () => word)))
  }
  const causes = [...new Set(written.flatMap(spelt))]
  // Found at all: each place, a template, and words of a table.
  for (const known of ["no container", "left over from a hook", "unknown until built", "it needs 1, which failed"])
    expect(causes).toContain(known)
  expect(causes.filter((cause) => frenchPhrase(cause) === undefined)).toEqual([])
})

test("what is none of ours stays with its author", () => {
  for (const text of ["", "a", "no such container", "x created", "1 created, by hand"])
    expect(frenchPhrase(text)).toBeUndefined()
})
