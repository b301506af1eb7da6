// Where waits stand in a plan.
import { expect, test } from "vitest"
import { desiredOf, id, type Loose, nothing, planned, running, seen } from "./planFixtures.ts"

test("bug: the final wait of an unhealthy service came before the change that heals it", () => {
  const services = (command: string): Readonly<Record<string, Loose>> => ({
    api: { image: "img", command: [command] },
    web: { image: "img" },
  })
  const before = desiredOf(services("a"))
  const desired = desiredOf(services("b"))
  const containers = [
    running(before, "api", { id: id("a") }),
    running(before, "web", { id: id("b"), health: "unhealthy" }),
  ]
  const draft = planned(desired, seen(desired, containers))
  const end = "service:api:1/rename"
  expect(draft.operations.find((operation) => operation.id === "service:web:1/wait-settled")?.needs).toEqual([end])
  expect(draft.operations.findIndex((operation) => operation.id === end)).toBe(5)
})

test("a gate of an unhealthy dependency stays before what needs it, and after nothing", () => {
  const services = (command: string): Readonly<Record<string, Loose>> => ({
    db: { image: "img" },
    api: { image: "img", command: [command], depends_on: { db: { condition: "service_healthy", required: true } } },
  })
  const desired = desiredOf(services("b"))
  const containers = [
    running(desired, "db", { id: id("a"), health: "unhealthy" }),
    running(desiredOf(services("a")), "api", { id: id("b") }),
  ]
  const draft = planned(desired, seen(desired, containers))
  expect(draft.operations.find((operation) => operation.id === "service:db:1/wait-healthy")?.needs).toEqual([])
  expect(draft.operations.find((operation) => operation.id === "service:api:1/start")?.needs).toContain(
    "service:db:1/wait-healthy",
  )
})

test("the needs of final waits grow with the services, not with their square", () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`s${index}`, { image: "img" }]))
  const draft = planned(desiredOf(many), nothing)
  const needs = draft.operations.reduce((sum, operation) => sum + operation.needs.length, 0)
  expect(needs).toBeLessThan(10_000)
  const waits = draft.operations.filter(({ verb }) => verb === "Wait")
  expect(waits).toHaveLength(1000)
  expect(waits.every((wait) => wait.needs.includes("changed"))).toBe(true)
  const starts = draft.operations.filter(({ verb }) => verb === "StartContainer").map((operation) => operation.id)
  expect(draft.operations.find(({ verb }) => verb === "Barrier")?.needs).toEqual(expect.arrayContaining(starts))
})
