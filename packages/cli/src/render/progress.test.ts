/** What a run shows: the tree on a terminal and the plain lines, from the same events. */
import { describeError, type Event, type Locale, PortInUse } from "@windflow/engine/model"
import { describe, expect, it } from "vitest"
import { textsOf } from "../text/index.ts"
import { linesOf } from "./lines.ts"
import { palette } from "./palette.ts"
import { advance, noProgress, type Progress } from "./progress.ts"
import { fit, renderTree } from "./tree.ts"

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString()
const groups = [
  { id: "net", kind: "create", resource: "network:default", operations: ["net/create"] },
  { id: "db", kind: "create", resource: "service:db:1", operations: ["db/create", "db/start"] },
  { id: "web", kind: "replace", resource: "service:web:1", operations: ["web/create"] },
  { id: "keep", kind: "none", resource: "service:cache:1", operations: [] },
]
const story: ReadonlyArray<Event> = [
  { _tag: "RunStarted", seq: 1, at: at(0), run: "r1", deployment: "shop@local" },
  { _tag: "RunResumed", seq: 2, at: at(0), run: "r0", operation: "db/create", done: 1 },
  { _tag: "Planned", seq: 3, at: at(0), hash: "h", groups },
  { _tag: "OperationStarted", seq: 4, at: at(1), operation: "net/create" },
  { _tag: "OperationSucceeded", seq: 5, at: at(2), operation: "net/create" },
  { _tag: "OperationStarted", seq: 6, at: at(2), operation: "db/create" },
  {
    _tag: "Progress",
    seq: 7,
    at: at(3),
    operation: "db/create",
    current: 1_500_000,
    total: 3_000_000,
    text: "pulling",
  },
  { _tag: "OperationSucceeded", seq: 8, at: at(4), operation: "db/create" },
  { _tag: "OperationStarted", seq: 9, at: at(4), operation: "db/start" },
  {
    _tag: "OperationFailed",
    seq: 10,
    at: at(5),
    operation: "db/start",
    error: new PortInUse({ service: "db", port: "5432", detail: "bind" }),
  },
  { _tag: "OperationSkipped", seq: 11, at: at(5), operation: "web/create", because: "db/start failed" },
]
const step = (locale: Locale) => (progress: Progress, event: Event) =>
  advance(progress, event, (error) => describeError(error, locale).message)
const told = (events: ReadonlyArray<Event>, locale: Locale = "en"): Progress => events.reduce(step(locale), noProgress)
const view = { columns: 80, rows: 24, now: Date.parse(at(10)), frame: 0 }
const colors = palette(false)

const plainLines = (locale: Locale) => {
  let progress = noProgress
  return story.flatMap((event) => {
    const before = progress
    progress = step(locale)(before, event)
    return linesOf(event, before, progress, textsOf(locale), colors)
  })
}

describe("the live tree", () => {
  it("shows what waits, runs and has ended, with times and progress", () => {
    expect(`\n${renderTree(told(story.slice(0, 7)), textsOf("en"), colors, view)}\n`).toMatchInlineSnapshot(`
      "
        ✓ create network:default 1.0s
        ⠋ create service:db:1  pulling 1.5 MB/3.0 MB 8.0s
        · replace service:web:1
        1/3 done
      "
    `)
  })

  it("ends with what failed, why, and what was never started, in French too", () => {
    expect(`\n${renderTree(told(story, "fr"), textsOf("fr"), colors, view)}\n`).toMatchInlineSnapshot(`
      "
        ✓ créer network:default 1.0s
        ✗ créer service:db:1  Le port 5432 du service db est déjà pris sur la c… 3.0s
        - remplacer service:web:1  db/start failed
        1/3 fait
      "
    `)
  })

  it("shows what goes on before what has ended when the terminal is too low", () => {
    const many = {
      ...noProgress,
      steps: Array.from({ length: 50 }, (_, index) => ({
        ...told(story.slice(0, 3)).steps[0]!,
        id: `s${index}`,
        resource: `service:s${index}:1`,
        state: index === 40 ? ("running" as const) : ("done" as const),
      })),
    }
    const lines = renderTree(many, textsOf("en"), colors, { ...view, rows: 8 }).split("\n")
    expect(lines).toHaveLength(6)
    expect(lines.some((line) => line.includes("service:s40:1"))).toBe(true)
  })

  it("cuts at the width of the terminal, counting wide characters twice", () => {
    expect(fit("数据库服务", 5)).toBe("数据…")
    expect(fit("abc", 3)).toBe("abc")
  })
})

describe("plain lines", () => {
  it("print a line when a step ends, and that a run resumes and where", () => {
    expect(`\n${plainLines("en").join("\n")}\n`).toMatchInlineSnapshot(`
      "
      Resuming an unfinished run: 1 operation done, outcome of db/create was open.
      ✓ create network:default 1.0s
      ✗ create service:db:1 3.0s: Port 5432 of service db is in use on the target: bind
      - replace service:web:1: not started: db/start failed
      "
    `)
  })

  it("speak French", () => {
    expect(`\n${plainLines("fr").join("\n")}\n`).toMatchInlineSnapshot(`
      "
      Reprise d’une exécution inachevée : 1 opération faite, l’issue de db/create était ouverte.
      ✓ créer network:default 1.0s
      ✗ créer service:db:1 3.0s: Le port 5432 du service db est déjà pris sur la cible : bind
      - remplacer service:web:1: non démarré : db/start failed
      "
    `)
  })
})
