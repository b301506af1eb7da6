/**
 * A deployment that dies before or after a row of its journal, on a real engine: the next run gives what an undisturbed one gives,
 * nothing twice, nothing left over. At night every row of every subject; else a sample that is another one each day.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { baseImages, forgetDeployment, session } from "@windflow/testcontainers"
import { Effect, Fiber, type Scope } from "effect"
import { beforeAll, describe, expect, test } from "vitest"
import { makeDeployments } from "../../../execute/makeDeployments.ts"
import type { Deployments } from "../../../execute/Deployments.ts"
import { makeFileJournal } from "../../../state/fileJournal.ts"
import type { Journal } from "../../../state/Journal.ts"
import { makeLocks } from "../../../state/lease.ts"
import { memoryJournal } from "../../../state/memory.ts"
import { thisProcess } from "../../../state/owner.ts"
import { type CrashPoint, makeMortal, type Mortal } from "../../../testing/index.ts"
import { openDriver } from "../../Driver.ts"
import { type Bed, openBed } from "../testBed.ts"
import { target } from "./crash.fixture.ts"
import { type Difference, differences } from "./comparable.ts"
import { everyPoint, type Point, someOf, somePoints } from "./crashPoints.ts"
import { type Step, steps, type Subject, subjects } from "./Subject.ts"
import { type Look, type World, world } from "./world.ts"

const nightly = process.env["WINDFLOW_NIGHTLY"] === "1"
const seed = Number(process.env["WINDFLOW_SEED"] ?? Math.floor(Date.now() / 86_400_000))
const candidates = subjects.filter(({ core }) => core === true)
const swept = nightly ? candidates : someOf(candidates, 3, seed)
const points = (rows: number): ReadonlyArray<Point> => (nightly ? everyPoint(rows) : somePoints(rows, 7, seed))
const killed = ["depends-started", "orphan-removed"].flatMap((name) =>
  candidates.filter((subject) => subject.name === name),
)

let busybox = ""
beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
  const reaper = await session()
  for (const subject of candidates) reaper.addProject(projectOf(subject))
  process.stderr.write(`crash sweep: ${nightly ? "everything" : `a sample, WINDFLOW_SEED=${seed}`}\n`)
})

const projectOf = (subject: Subject) => `windflow-crash-${subject.name}`

/** One row after the other: the rows of a run are then the same each time. */
const inOrder = { concurrency: 1 } as const

/** A machine: its journal, and the processes that ran on it. */
const machine = (bed: Bed, journal: Journal = memoryJournal()) => {
  const processes: Array<Mortal> = []
  const start = (crash?: CrashPoint) =>
    Effect.map(makeMortal(processes.length + 1, crash), (process) => {
      processes.push(process)
      const driver = process.driver(bed.driver)
      const isDead = (owner: { readonly pid: number }) => Effect.sync(() => processes[owner.pid - 1]?.isDead() ?? false)
      const deployments: Deployments = makeDeployments({
        driver: openDriver(driver),
        target,
        journal: process.journal(journal),
        locks: makeLocks(driver.records, { target: target.name, isDead }),
        owner: process.owner,
      })
      return { process, deployments }
    })
  return { start, rows: (project: string) => journal.rows(`${project}@${target.name}`) }
}
type Machine = ReturnType<typeof machine>

const cleared = (bed: Bed, place: World) =>
  Effect.gen(function* () {
    yield* bed.down(place.project, { volumes: true, removeOrphans: true })
    yield* Effect.promise(() => forgetDeployment(place.project))
    const { records } = bed.driver
    for (const { name } of yield* records.list({ "windflow.lock": place.project })) yield* records.remove(name)
  })

/** A project from nothing to just before the step that will be disturbed. */
const upTo = (bed: Bed, place: World, on: Machine, step: Step) =>
  Effect.gen(function* () {
    yield* cleared(bed, place)
    place.write("first")
    if (step === "first") return
    const { deployments } = yield* on.start()
    yield* deployments.run(yield* place.request("first"), inOrder)
    place.write(step)
  })

/** What an undisturbed run gives, and how many rows it writes. */
const undisturbed = (bed: Bed, place: World, step: Step) =>
  Effect.gen(function* () {
    const on = machine(bed)
    yield* upTo(bed, place, on, step)
    const before = (yield* on.rows(place.project)).length
    const { deployments } = yield* on.start()
    yield* deployments.run(yield* place.request(step), inOrder)
    const look = yield* Effect.promise(() => place.look(step))
    return { look, rows: (yield* on.rows(place.project)).length - before }
  })

/** Runs to its death, or to its end when it is not reached. */
const untilDeath = (process: Mortal, run: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkDetach(Effect.exit(run))
    yield* Effect.raceFirst(process.died, Effect.asVoid(Fiber.await(fiber)))
    if (!process.isDead()) return yield* Effect.fail(new Error("the run ended before the row of its death"))
  })

/**
 * What is wrong after the next run: differences from the undisturbed one, work that is left, locks that stay. A run that had
 * written its last row leaves its lock to the next one that changes something: one without changes takes none.
 */
const wrongAfter = (bed: Bed, place: World, step: Step, next: Deployments, wanted: Look, ended: boolean) =>
  Effect.gen(function* () {
    const request = yield* place.request(step)
    yield* next.run(request, inOrder)
    const look = yield* Effect.promise(() => place.look(step))
    const left = (yield* next.plan(request)).operations.map(({ id }) => id)
    const locks = ended
      ? []
      : (yield* bed.driver.records.list({ "windflow.lock": place.project })).map(({ name }) => name)
    const found: ReadonlyArray<Difference | string> = [...differences(wanted.shape, look.shape), ...left, ...locks]
    return found
  })

type Wrong = Readonly<Record<string, ReadonlyArray<Difference | string>>>

const sweep = (
  subject: Subject,
  chosen: (rows: number) => ReadonlyArray<Point>,
  die: (bed: Bed, place: World, step: Step, point: Point) => Effect.Effect<Deployments, unknown, Scope.Scope>,
): Effect.Effect<{ readonly visited: number; readonly wrong: Wrong }, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const bed = yield* openBed()
      const place = yield* world(subject, projectOf(subject), busybox)
      yield* Effect.addFinalizer(() => Effect.orDie(cleared(bed, place)))
      const wrong: Record<string, ReadonlyArray<Difference | string>> = {}
      let visited = 0
      for (const step of steps) {
        const { look, rows } = yield* undisturbed(bed, place, step)
        for (const point of chosen(rows)) {
          visited++
          const next = yield* die(bed, place, step, point)
          const found = yield* wrongAfter(bed, place, step, next, look, point.row === rows && point.when === "after")
          if (found.length > 0) wrong[`${step}: ${point.when} row ${point.row}`] = found
        }
      }
      return { visited, wrong }
    }),
  )

describe.concurrent("a process that dies at a row of its journal", () => {
  for (const subject of swept)
    test(`in ${subject.name}`, { timeout: 3_600_000 }, async () => {
      const { visited, wrong } = await Effect.runPromise(
        sweep(subject, points, (bed, place, step, point) =>
          Effect.gen(function* () {
            const on = machine(bed)
            yield* upTo(bed, place, on, step)
            const { process, deployments } = yield* on.start(point)
            yield* untilDeath(process, deployments.run(yield* place.request(step), inOrder))
            return (yield* on.start()).deployments
          }),
        ),
      )
      expect(wrong).toEqual({})
      expect(visited).toBeGreaterThan(2)
    })
})

const fixture = fileURLToPath(new URL("crash.fixture.ts", import.meta.url))

describe.runIf(process.platform === "linux")("a process that is killed with -9", () => {
  test.each(killed)("$name", { timeout: 3_600_000 }, async (subject) => {
    const { visited, wrong } = await Effect.runPromise(
      sweep(
        subject,
        (rows) => (nightly ? everyPoint(rows) : somePoints(rows, 11, seed)),
        (bed, place, step, point) =>
          Effect.gen(function* () {
            const journal = join(place.directory, `journal-${step}-${point.when}-${point.row}`)
            const files = yield* makeFileJournal(journal)
            const deployments = makeDeployments({
              driver: openDriver(bed.driver),
              target,
              journal: files,
              owner: thisProcess(),
            })
            yield* cleared(bed, place)
            place.write("first")
            if (step === "edited") {
              yield* deployments.run(yield* place.request("first"), inOrder)
              place.write(step)
            }
            const signal = yield* Effect.promise(async () => {
              const args = [
                subject.name,
                step,
                place.directory,
                place.project,
                busybox,
                journal,
                String(point.row),
                point.when,
              ]
              const child = spawn(process.execPath, ["--conditions=@windflow/source", fixture, ...args], {
                stdio: "inherit",
              })
              const [, how] = await once(child, "exit")
              return String(how)
            })
            if (signal !== "SIGKILL") return yield* Effect.fail(new Error(`it was not killed: ${signal}`))
            return deployments
          }),
      ),
    )
    expect(wrong).toEqual({})
    expect(visited).toBeGreaterThan(1)
  })
})
