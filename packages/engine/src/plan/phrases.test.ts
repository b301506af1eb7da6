import { expect, test } from "vitest"
import { nothingChanged, summarise } from "../execute/summary.ts"
import { frenchPhrase } from "./phrases.ts"

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
  expect(frenchPhrase(summarise(groups, new Set(["create", "update", "replace", "delete"]), "up"))).toBe(
    "1 créés, 1 modifiés, 1 remplacés, 1 supprimés, 1 non faits",
  )
})

test("what is none of ours stays with its author", () => {
  for (const text of ["", "a", "no such container", "x created", "1 created, by hand"])
    expect(frenchPhrase(text)).toBeUndefined()
})
