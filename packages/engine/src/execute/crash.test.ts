/** Random stacks, and a process that dies at each row of its journal. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { describe } from "vitest"
import { openDriver } from "../driver/Driver.ts"
import type { Stack } from "../model/Stack.ts"
import type { Event } from "../model/Event.ts"
import type { JournalRow } from "../state/Journal.ts"
import { makeLocks } from "../state/lease.ts"
import { memoryJournal } from "../state/memory.ts"
import {
  type CrashPoint,
  type FakeDriverOptions,
  type FakeEngine,
  fakeStack,
  type FakeServiceInput,
  makeFakeDriver,
  makeFakeEngine,
  makeMortal,
  type Mortal,
  up,
} from "../testing/index.ts"
import { makeDeployments } from "./makeDeployments.ts"

const target = { name: "local", type: "docker", driver: "fake", endpoints: ["unix:///fake.sock"] } as const

/** Services `s0…`, each depending on some of those before it. */
const AnyServices = Schema.NonEmptyArray(
  Schema.Struct({
    replicas: Schema.Literals([1, 1, 2]),
    healthcheck: Schema.Boolean,
    version: Schema.Literals(["1", "2"]),
    after: Schema.Array(
      Schema.Struct({
        distance: Schema.Literals([1, 2, 3]),
        gate: Schema.Literals(["service_started", "service_healthy", "service_completed_successfully"]),
      }),
    ).check(Schema.isMaxLength(2)),
  }),
)

const RandomServices = AnyServices.check(Schema.isMaxLength(5))
/** The sweep runs a stack some hundred times. */
const FewServices = AnyServices.check(Schema.isMaxLength(3))

type Services = typeof AnyServices.Type
const stackOf = (services: Services, version?: string): Stack =>
  fakeStack(
    "shop",
    Object.fromEntries(
      services.map((service, index): [string, FakeServiceInput] => [
        `s${index}`,
        {
          image: `img:${version ?? service.version}`,
          replicas: service.replicas,
          healthcheck: service.healthcheck,
          after: Object.fromEntries(
            service.after
              .filter(({ distance }) => index - distance >= 0)
              .map(({ distance, gate }) => [`s${index - distance}`, gate]),
          ),
        },
      ]),
    ),
    ["data"],
  )

const resources = (engine: FakeEngine) => ({
  containers: engine
    .containers()
    .map(({ name, image, state, health }) => `${name} ${image} ${state} ${health}`)
    .sort(),
  networks: engine.networks().map(({ name }) => name),
  volumes: engine.volumes().map(({ name }) => name),
})

/** A machine: its journal, and the processes that ran on it. */
const machine = (engine = makeFakeEngine()) => {
  const journal = memoryJournal()
  const processes: Array<Mortal> = []
  const spawn = (crash?: CrashPoint, options?: FakeDriverOptions) =>
    Effect.gen(function* () {
      const process = yield* makeMortal(processes.length + 1, crash)
      processes.push(process)
      const driver = process.driver(makeFakeDriver(engine, options))
      const isDead = (owner: { readonly pid: number }) => Effect.sync(() => processes[owner.pid - 1]?.isDead() ?? false)
      const deployments = makeDeployments({
        driver: openDriver(driver),
        target,
        journal: process.journal(journal),
        locks: makeLocks(driver.records, { target: "local", isDead }),
        owner: process.owner,
        newRun: Effect.sync(() => `run-${processes.length}`),
      })
      return { process, deployments }
    })
  return { engine, journal, spawn }
}

/** Runs until it ends or its process dies; what a dead process left running is never resumed. */
const untilDeath = <A, E>(process: Mortal, run: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    yield* Effect.forkDetach(run)
    yield* process.died
  })

const rowsOf = (rows: ReadonlyArray<JournalRow>) => rows.map((row) => row._tag)

/** A bound for a machine that does other things as well. */
const patient = { timeout: 120_000 }

describe("any stack", () => {
  it.effect.prop(
    "planning after applying gives nothing",
    [RandomServices],
    ([services]) =>
      Effect.gen(function* () {
        const { spawn, engine } = machine()
        const { deployments } = yield* spawn()
        yield* deployments.run(up(stackOf(services)))
        const calls = engine.calls.length
        const again = yield* deployments.plan(up(stackOf(services)))
        assert.deepStrictEqual(again.operations, [])
        const revision = yield* deployments.run(up(stackOf(services)))
        assert.strictEqual(revision.number, 1)
        assert.strictEqual(engine.calls.length, calls)
      }),
    patient,
  )

  it.effect.prop(
    "no operation is sent before what it needs has succeeded, and none twice",
    [RandomServices, Schema.Literals([1, 2, 8])],
    ([services, concurrency]) =>
      Effect.gen(function* () {
        const order: Array<string> = []
        const { spawn } = machine()
        const { deployments } = yield* spawn(undefined, { onExecute: ({ id }) => order.push(`sent ${id}`) })
        const plan = yield* deployments.plan(up(stackOf(services)))
        yield* deployments.apply(plan, {
          concurrency,
          onEvent: (event) => event._tag === "OperationSucceeded" && order.push(`done ${event.operation}`),
        })
        assert.strictEqual(new Set(order).size, order.length)
        assert.strictEqual(order.length, 2 * plan.operations.length)
        for (const operation of plan.operations)
          for (const need of operation.needs)
            assert.isBelow(order.indexOf(`done ${need}`), order.indexOf(`sent ${operation.id}`))
      }),
    patient,
  )

  it.effect.prop(
    "dependents of a failed operation never start",
    [RandomServices, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 })), Schema.Boolean],
    ([services, nth, loses]) =>
      Effect.gen(function* () {
        const sent: Array<string> = []
        const events: Array<Event> = []
        const fault: FakeDriverOptions = loses ? { loseAnswer: (_, n) => n === nth } : { fail: (_, n) => n === nth }
        const { spawn, engine } = machine()
        const { deployments } = yield* spawn(undefined, { ...fault, onExecute: ({ id }) => sent.push(id) })
        const request = up(stackOf(services))
        const plan = yield* deployments.plan(request)
        const result = yield* Effect.exit(deployments.run(request, { onEvent: (event) => events.push(event) }))
        assert.strictEqual(result._tag, nth > plan.operations.length ? "Success" : "Failure")
        const culprit = sent[nth - 1]
        const dependents = new Set(culprit === undefined ? [] : [culprit])
        for (const { id, needs } of plan.operations) if (needs.some((need) => dependents.has(need))) dependents.add(id)
        assert.deepStrictEqual(
          sent.filter((id) => id !== culprit && dependents.has(id)),
          [],
        )
        const skipped = events.flatMap((event) => (event._tag === "OperationSkipped" ? [event.operation] : []))
        assert.sameMembers(
          [...sent, ...skipped],
          plan.operations.map(({ id }) => id),
        )
        // And the next run converges.
        const next = yield* spawn()
        yield* next.deployments.run(request)
        const clean = machine()
        yield* (yield* clean.spawn()).deployments.run(request)
        assert.deepStrictEqual(resources(engine), resources(clean.engine))
      }),
    patient,
  )

  it.effect.prop(
    "killed before and after each journal row, the next run converges and says where it resumes",
    [FewServices, Schema.Boolean],
    ([services, upgrade]) =>
      Effect.gen(function* () {
        const first = up(stackOf(services, "0"))
        const second = up(stackOf(services))
        const deploy = (request: typeof first, world: ReturnType<typeof machine>, crash?: CrashPoint) =>
          Effect.gen(function* () {
            const { process, deployments } = yield* world.spawn(crash)
            const events: Array<Event> = []
            const run = deployments.run(request, { onEvent: (event) => events.push(event) })
            if (crash === undefined) yield* run
            else yield* untilDeath(process, run)
            return events
          })
        const clean = machine()
        if (upgrade) yield* deploy(first, clean)
        const before = (yield* clean.journal.rows("shop@local")).length
        yield* deploy(second, clean)
        const rows = (yield* clean.journal.rows("shop@local")).slice(before)
        const wanted = resources(clean.engine)

        for (let row = 1; row <= rows.length; row++)
          for (const when of ["before", "after"] as const) {
            const world = machine()
            if (upgrade) yield* deploy(first, world)
            yield* deploy(second, world, { row, when })
            const events = yield* deploy(second, world)
            const at = `${when} row ${row} (${rowsOf(rows)[row - 1]})`
            assert.deepStrictEqual(resources(world.engine), wanted, at)
            const resumed = events.find((event) => event._tag === "RunResumed")
            const started = row > 1 || when === "after"
            const ended = row === rows.length && when === "after"
            assert.strictEqual(resumed !== undefined, started && !ended, at)
            if (resumed !== undefined) {
              const written = rows.slice(0, when === "after" ? row : row - 1)
              assert.strictEqual(resumed.done, written.filter((r) => r._tag === "Succeeded").length, at)
              if (written.at(-1)?._tag === "Intent") assert.isDefined(resumed.operation, at)
            }
            const { deployments } = yield* world.spawn()
            const history = yield* deployments.history("shop")
            assert.strictEqual(history[0]?.revision.status, "succeeded", at)
            assert.strictEqual((yield* deployments.plan(second)).operations.length, 0, at)
            const again: Array<Event> = []
            const current = yield* deployments.run(second, { onEvent: (event) => again.push(event) })
            assert.notInclude(
              again.map((event) => event._tag),
              "RunResumed",
              at,
            )
            assert.strictEqual(current.number, history[0]?.revision.number, at)
          }
      }),
    { arbitrary: { runs: 6 }, ...patient },
  )
})

describe("an operation of unknown outcome", () => {
  // Rows: 1 begins the run, then intent and success of each operation in turn.
  it.effect.each([
    { row: 2, when: "after", operation: "network:shop_default/CreateNetwork", happened: false },
    { row: 3, when: "before", operation: "network:shop_default/CreateNetwork", happened: true },
    { row: 9, when: "before", operation: "container:s0:1/StartContainer", happened: null },
  ] as const)("is looked at by the next run: $operation $when row $row", ({ row, when, operation, happened }) =>
    Effect.gen(function* () {
      const world = machine()
      const request = up(fakeStack("shop", { s0: {} }, ["data"]))
      const { process, deployments } = yield* world.spawn({ row, when })
      yield* untilDeath(process, deployments.run(request, { concurrency: 1 }))
      yield* (yield* world.spawn()).deployments.run(request)
      const recovered = (yield* world.journal.rows("shop@local")).filter((entry) => entry._tag === "Recovered")
      assert.strictEqual(recovered.length, 1)
      assert.deepInclude(recovered[0], { run: "run-1", operation, happened })
      assert.strictEqual(world.engine.calls.filter((call) => call.startsWith("CreateNetwork")).length, 1)
    }),
  )
})
