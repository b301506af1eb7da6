// The planner of stop, start, restart, kill and rm as text: containers with labels in, operations out.
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { renderOperations } from "../../plan/render.ts"
import { brokenRule } from "../../plan/seal.ts"
import type { LifecycleRequest } from "../Request.ts"
import type { ObservedContainer, ObservedDependency } from "./Observed.ts"
import { chain, desiredOf, expectFrench, id, running } from "./planFixtures.ts"
import { planLifecycle } from "./planLifecycle.ts"

const desired = desiredOf(chain)
const stopped = { state: "exited", exitCode: 137 } as const
const container = (service: string, letter: string, over: Partial<ObservedContainer> = {}) =>
  running(desired, service, { id: id(letter), ...over })
const on = (service: string, condition: ObservedDependency["condition"], restart = false) => ({
  service,
  condition,
  restart,
})

const plan = (request: LifecycleRequest, containers: ReadonlyArray<ObservedContainer>) => {
  const draft = Result.getOrThrow(planLifecycle(request, { containers, networks: [], volumes: [] }))
  expect(brokenRule(draft)).toBeUndefined()
  expectFrench(draft)
  return `\n${renderOperations(draft)}\n`
}
const refusal = (request: LifecycleRequest, containers: ReadonlyArray<ObservedContainer>) =>
  Result.getOrThrow(Result.flip(planLifecycle(request, { containers, networks: [], volumes: [] })))

const project = "demo"
const up = [
  container("db", "a", { health: "healthy" }),
  container("migrate", "b", { state: "exited", exitCode: 0 }),
  container("web", "c"),
]
const down = [
  container("db", "a", stopped),
  container("migrate", "b", { state: "exited", exitCode: 0 }),
  container("web", "c", stopped),
]

describe("stop", () => {
  test("dependents first, through a service that does not run; nothing of what is stopped", () => {
    expect(plan({ _tag: "Stop", project, stopTimeout: 3 }, up)).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StopContainer, stop (update:demo-web-1)
      #2 [1] service:db:1 StopContainer, stop (update:demo-db-1)
      "
    `)
    expect(plan({ _tag: "Stop", project }, down)).toBe("\n\n")
  })

  test("only what is named, still in order; a cycle of old labels is cut", () => {
    expect(plan({ _tag: "Stop", project, services: ["db"] }, up)).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 StopContainer, stop (update:demo-db-1)
      "
    `)
    const circle = [
      container("a", "a", { dependsOn: [on("b", "service_started")] }),
      container("b", "b", { dependsOn: [on("a", "service_started")] }),
    ]
    expect(plan({ _tag: "Stop", project }, circle)).toMatchInlineSnapshot(`
      "
      #1 [] service:b:1 StopContainer, stop (update:demo-b-1)
      #2 [1] service:a:1 StopContainer, stop (update:demo-a-1)
      "
    `)
  })

  test("a service without containers is refused by name; a project without any is stopped already", () => {
    expect(refusal({ _tag: "Stop", project, services: ["wbe"] }, up)).toMatchObject({
      _tag: "Usage",
      subject: "service wbe",
      expected: "db, migrate, web",
    })
    expect(plan({ _tag: "Stop", project }, [])).toBe("\n\n")
  })
})

describe("start", () => {
  const start = { _tag: "Start", project, wait: false, waitTimeout: 60 } as const

  test("dependencies first, each behind its condition; a completed one-shot stays done", () => {
    expect(plan(start, down)).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 StartContainer, start (update:demo-db-1)
      #2 [1] service:db:1 Wait, until healthy (wait:db)
      #3 [2] service:web:1 StartContainer, start (update:demo-web-1)
      "
    `)
  })

  test("draws in what the named service depends on; names a one-shot and it runs again", () => {
    expect(plan({ ...start, services: ["web"] }, down)).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 StartContainer, start (update:demo-db-1)
      #2 [1] service:db:1 Wait, until healthy (wait:db)
      #3 [2] service:web:1 StartContainer, start (update:demo-web-1)
      "
    `)
    expect(plan({ ...start, services: ["migrate"] }, up)).toMatchInlineSnapshot(`
      "
      #1 [] service:migrate:1 StartContainer, start (update:demo-migrate-1)
      "
    `)
  })

  test("with --wait the run ends when everything is up", () => {
    expect(plan({ ...start, wait: true }, [container("db", "a", stopped), container("web", "c")]))
      .toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 StartContainer, start (update:demo-db-1)
      #2 [1] service:db:1 Wait, until up (wait:db)
      "
    `)
  })

  test("a paused container goes on; a half-done replacement is left to `up`", () => {
    expect(plan(start, [container("db", "a", { state: "paused" })])).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 UnpauseContainer, start (update:demo-db-1)
      "
    `)
    const old = container("db", "a")
    const next = container("db", "b", { state: "created", name: `${old.id.slice(0, 12)}_${old.name}` })
    expect(plan(start, [old, next])).toBe("\n\n")
  })

  test("of nothing is refused", () => {
    expect(refusal(start, [])._tag).toBe("NotDeployed")
  })
})

describe("restart", () => {
  const restart = { _tag: "Restart", project, noDeps: false, waitTimeout: 60 } as const
  const linked = [
    container("db", "a", { health: "healthy", dependsOn: [] }),
    container("api", "b", { dependsOn: [on("db", "service_healthy", true)] }),
    container("web", "c", { dependsOn: [on("api", "service_started")] }),
  ]

  test("draws in dependents that ask for it, behind their conditions, and no others", () => {
    expect(plan({ ...restart, services: ["db"] }, linked)).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 RestartContainer, restart (update:demo-db-1)
      #2 [1] service:db:1 Wait, until healthy (wait:db)
      #3 [2] service:api:1 RestartContainer, a dependency is restarted (update:demo-api-1)
      "
    `)
    expect(plan({ ...restart, services: ["db"], noDeps: true, stopTimeout: 1 }, linked)).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 RestartContainer, restart (update:demo-db-1)
      "
    `)
  })

  test("of everything orders only by `restart: true`; stopped containers are started", () => {
    expect(plan(restart, [...linked.slice(0, 2), container("web", "c", stopped)])).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 RestartContainer, restart (update:demo-db-1)
      #2 [1] service:db:1 Wait, until healthy (wait:db)
      #3 [2] service:api:1 RestartContainer, restart (update:demo-api-1)
      #4 [] service:web:1 RestartContainer, restart (update:demo-web-1)
      "
    `)
  })
})

describe("kill", () => {
  test("signals what runs, one-off containers too; of nothing that runs is refused", () => {
    const once = container("web", "d", { name: "demo-web-run-0123", oneOff: true })
    expect(plan({ _tag: "Kill", project, signal: "SIGHUP" }, [...up, once])).toMatchInlineSnapshot(`
      "
      #1 [] service:db:1 KillContainer, kill SIGHUP (update:demo-db-1)
      #2 [] service:web:1 KillContainer, kill SIGHUP (update:demo-web-1)
      #3 [] service:web:1 KillContainer, kill SIGHUP (update:demo-web-run-0123)
      "
    `)
    expect(refusal({ _tag: "Kill", project, signal: "SIGKILL" }, down)._tag).toBe("NotDeployed")
  })
})

describe("rm", () => {
  test("removes what does not run", () => {
    expect(plan({ _tag: "Remove", project, stop: false, volumes: true }, up)).toMatchInlineSnapshot(`
      "
      #1 [] service:migrate:1 RemoveContainer, rm (delete:demo-migrate-1)
      "
    `)
  })

  test("with --stop stops dependents first and removes then", () => {
    expect(plan({ _tag: "Remove", project, stop: true, volumes: false }, up)).toMatchInlineSnapshot(`
      "
      #1 [] service:web:1 StopContainer, rm (delete:demo-web-1)
      #2 [1] service:web:1 RemoveContainer, rm (delete:demo-web-1)
      #3 [] service:migrate:1 RemoveContainer, rm (delete:demo-migrate-1)
      #4 [1] service:db:1 StopContainer, rm (delete:demo-db-1)
      #5 [4] service:db:1 RemoveContainer, rm (delete:demo-db-1)
      "
    `)
  })
})
