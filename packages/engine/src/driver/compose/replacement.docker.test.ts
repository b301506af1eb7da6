// A replaced container is kept until its successor is healthy, and comes back when it is not: on a real engine.
import { baseImages, session } from "@windflow/testcontainers"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Service } from "../../model/StackModel.ts"
import type { Operation, Outputs } from "../../plan/Operation.ts"
import { owed } from "../../plan/Compensation.ts"
import { cleanUp, containersOf, runsOn, shown } from "./runBed.ts"
import { modelOf, openBed, silent, stackOf, up, type Bed } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-safe-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}
const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body)))

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})
afterAll(() => withBed((bed) => Effect.forEach(projects, (name) => cleanUp(bed, name))))

type Config = NonNullable<NonNullable<Service["deploy"]>["update_config"]>
const shell = (script: string, update: Config = {}, over: Partial<Service> = {}): Partial<Service> => ({
  image: busybox,
  command: ["sh", "-c", script],
  init: true,
  stop_grace_period: "0s",
  deploy: { update_config: update, resources: {}, placement: {} },
  ...over,
})
/** Healthy once it has written the file. */
const checked: Partial<Service> = {
  healthcheck: { test: ["CMD", "test", "-f", "/ok"], interval: "200ms", timeout: "5s", retries: 2 },
}
const healthy = (version: string) => `touch /ok; echo ${version}; sleep 1000`
const sick = "sleep 1000"

const web = (name: string, script: string, update: Config = {}, over: Partial<Service> = checked) =>
  stackOf(modelOf(name, { web: shell(script, update, over) }))

test("a successor that never becomes healthy: the old one runs again, and the error and the history say so", async () => {
  const name = await project("back")
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(web(name, healthy("one")))
      const [before] = yield* containersOf(bed, name)
      const error = yield* runs.failing(web(name, sick))
      expect(error).toMatchObject({ _tag: "Unhealthy", service: "web", container: `${name}-web-1`, restored: true })
      expect(error?.message).toContain("the previous container is running again")
      const [after, ...others] = yield* containersOf(bed, name)
      expect(others).toEqual([])
      expect(after).toMatchObject({ Id: before?.Id, Name: `/${name}-web-1`, State: { Status: "running" } })
      expect((yield* runs.deployments.history(name)).map(({ revision }) => revision.status)).toEqual([
        "rolled-back",
        "succeeded",
      ])
      expect(runs.events.find((event) => event._tag === "Compensating")).toMatchObject({
        operations: ["service:web:1/undo-stop", "service:web:1/undo-start", "service:web:1/undo-remove"],
      })
      // The file as it was: nothing to do. And a version that works goes over.
      expect(yield* runs.up(web(name, healthy("one")))).toMatchObject({ status: "succeeded" })
      expect((yield* containersOf(bed, name))[0]?.Id).toBe(before?.Id)
      yield* runs.up(web(name, healthy("two")))
      const [next] = yield* containersOf(bed, name)
      expect(next?.Id).not.toBe(before?.Id)
      expect(next?.Name).toBe(`/${name}-web-1`)
    }),
  )
})

test("a pod: what lives in the namespace of a container that comes back runs again too", async () => {
  const name = await project("pod")
  const pod = (script: string) =>
    stackOf(
      modelOf(name, {
        web: shell(script, {}, checked),
        side: shell(
          "sleep 1000",
          {},
          {
            network_mode: "service:web",
            // As the loader has it.
            depends_on: { web: { condition: "service_started", required: true, restart: true } },
          },
        ),
      }),
    )
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(pod(healthy("one")))
      const ids = (all: ReadonlyArray<{ readonly Id: string }>) => all.map(({ Id }) => Id).toSorted()
      const before = ids(yield* containersOf(bed, name))
      expect(yield* runs.failing(pod(sick))).toMatchObject({ _tag: "Unhealthy", service: "web", restored: true })
      const after = yield* containersOf(bed, name)
      expect(ids(after)).toEqual(before)
      expect(after.map(({ State }) => State.Status)).toEqual(["running", "running"])
    }),
  )
})

test("a successor that dies at once, without a healthcheck", async () => {
  const name = await project("dies")
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(web(name, healthy("one"), {}, {}))
      const [before] = yield* containersOf(bed, name)
      expect(yield* runs.failing(web(name, "echo last words; sleep 0.3; exit 7", {}, {}))).toMatchObject({
        _tag: "ContainerExited",
        exitCode: 7,
        restored: true,
        log: expect.stringContaining("last words"),
      })
      expect(yield* containersOf(bed, name)).toMatchObject([{ Id: before?.Id, State: { Status: "running" } }])
      // One that is restarted again and again is running whenever somebody looks.
      const flapping = web(name, "sleep 0.3; exit 7", {}, { restart: "always" })
      expect(yield* runs.failing(flapping)).toMatchObject({ _tag: "ContainerExited", restored: true })
      expect(yield* containersOf(bed, name)).toMatchObject([{ Id: before?.Id, State: { Status: "running" } }])
    }),
  )
})

test("start-first: the old one is not stopped before its successor has passed, so not at all when it does not", async () => {
  const name = await project("first")
  const order: Config = { order: "start-first" }
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(web(name, healthy("one"), order))
      const [before] = yield* containersOf(bed, name)
      expect(yield* runs.failing(web(name, sick, order))).toMatchObject({ _tag: "Unhealthy", restored: true })
      const [after, ...others] = yield* containersOf(bed, name)
      expect(others).toEqual([])
      expect(after).toMatchObject({ Id: before?.Id, State: { StartedAt: before?.State.StartedAt } })
      yield* runs.up(web(name, healthy("two"), order))
      expect(shown(name, yield* containersOf(bed, name))).toEqual(["web-1 running"])
    }),
  )
})

describe("two replicas, of which only the first to come becomes healthy", () => {
  const stack = (name: string, version: string, update: Config = {}) =>
    stackOf(
      modelOf(
        name,
        {
          web: shell(version === "one" ? healthy("one") : `mkdir /d/${version} && touch /ok; sleep 1000`, update, {
            ...checked,
            scale: 2,
            volumes: [{ type: "volume", source: "d", target: "/d" }],
          }),
        },
        { volumes: { d: { name: `${name}_d` } } },
      ),
    )
  const idsOf = (containers: ReadonlyArray<{ readonly Id: string }>) => containers.map(({ Id }) => Id)

  test("the service goes back as a whole", async () => {
    const name = await project("whole")
    await withBed((bed) =>
      Effect.gen(function* () {
        const runs = runsOn(bed)
        yield* runs.up(stack(name, "one"))
        const before = yield* containersOf(bed, name)
        expect(yield* runs.failing(stack(name, "two"))).toMatchObject({ _tag: "Unhealthy", restored: true })
        const after = yield* containersOf(bed, name)
        expect(idsOf(after)).toEqual(idsOf(before))
        expect(shown(name, after)).toEqual(["web-1 running", "web-2 running"])
      }),
    )
  })

  test("a borne share goes over; the run says who is ill", async () => {
    const name = await project("share")
    const update: Config = { max_failure_ratio: 0.5 }
    await withBed((bed) =>
      Effect.gen(function* () {
        const runs = runsOn(bed)
        yield* runs.up(stack(name, "one", update))
        const before = idsOf(yield* containersOf(bed, name))
        expect(yield* runs.failing(stack(name, "two", update))).toMatchObject({ _tag: "Unhealthy", service: "web" })
        const after = yield* containersOf(bed, name)
        expect(shown(name, after)).toEqual(["web-1 running", "web-2 running"])
        expect(idsOf(after).filter((id) => before.includes(id))).toEqual([])
      }),
    )
  })

  test("pause: both stay as they are; the run after a correction goes on", async () => {
    const name = await project("pause")
    const update: Config = { failure_action: "pause" }
    await withBed((bed) =>
      Effect.gen(function* () {
        const runs = runsOn(bed)
        yield* runs.up(stack(name, "one", update))
        const before = yield* containersOf(bed, name)
        expect(yield* runs.failing(stack(name, "two", update))).toMatchObject({ _tag: "Unhealthy" })
        const temporary = `${before[1]?.Id.slice(0, 12)}_web-2`
        expect(shown(name, yield* containersOf(bed, name)).toSorted()).toEqual(
          [`${temporary} running`, "web-1 running", "web-2 exited"].toSorted(),
        )
        yield* runs.up(stack(name, "one", update))
        expect(shown(name, yield* containersOf(bed, name))).toEqual(["web-1 running", "web-2 running"])
        expect((yield* containersOf(bed, name))[1]?.Id).toBe(before[1]?.Id)
      }),
    )
  })
})

/** What a process does until it dies after `count` operations, those it owes after a failure included. */
const dyingAfter = (bed: Bed, request: ReturnType<typeof up>, count: number) =>
  Effect.gen(function* () {
    const { desired, draft } = yield* bed.draft(request)
    const sent = new Set<string>()
    const outputs = new Map<string, Outputs>()
    let left = count
    const walk = (operations: ReadonlyArray<Operation>) =>
      Effect.gen(function* () {
        for (const operation of operations) {
          if (left-- <= 0) return
          sent.add(operation.id)
          const inputs = Object.fromEntries(
            Object.entries(operation.inputs ?? {}).map(([key, from]) => [
              key,
              outputs.get(from.operation)?.[from.output] ?? "",
            ]),
          )
          outputs.set(operation.id, yield* bed.driver.execute(operation, { desired, inputs, report: silent }))
        }
      })
    const failed = yield* Effect.isFailure(walk(draft.operations))
    if (failed) yield* walk(owed(draft.compensations ?? [], { sent, outputs }))
    return left >= 0
  })

describe("killed after any operation of a replacement that fails, compensations too", () => {
  // Of a nightly run all; else what leaves: only the new one created, the old one stopped, the new one stopped again.
  const counts = process.env["WINDFLOW_NIGHTLY"] === "1" ? [1, 2, 3, 4, 5, 6] : [1, 2, 4]
  const done = { tag: undefined, same: true }
  test.each([
    ["the same again: it fails again, and the old one is back", "same", sick, { tag: "Unhealthy", same: true }],
    ["a version that works: it goes over", "works", healthy("three"), { ...done, same: false }],
    ["the file as it was: what is left over goes", "was", healthy("one"), done],
  ])("%s", async (_, short, script, outcome) => {
    const name = await project(`crash-${short}`)
    const seen = await withBed((bed) =>
      Effect.forEach(counts, (count) =>
        Effect.gen(function* () {
          const runs = runsOn(bed)
          yield* runs.up(web(name, healthy("one")))
          const [before] = yield* containersOf(bed, name)
          const ended = yield* dyingAfter(bed, up(web(name, sick)), count)
          const error = yield* runs.failing(web(name, script))
          const after = yield* containersOf(bed, name)
          const same = after[0]?.Id === before?.Id
          return { count, ended, tag: error?._tag, same, left: shown(name, after) }
        }),
      ),
    )
    expect(seen).toEqual(counts.map((count) => ({ count, ended: count === 6, ...outcome, left: ["web-1 running"] })))
  })
})

test("images are had before anything is stopped: a service that cannot be built or pulled stops no other", async () => {
  const name = await project("prepare")
  const nowhere = "windflow-fixture.invalid/nothing:1"
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      const stack = (script: string, image: string) =>
        stackOf(modelOf(name, { api: shell(script), web: { ...shell(sick), image } }))
      yield* runs.up(stack(healthy("one"), busybox))
      const before = yield* containersOf(bed, name)
      expect(yield* runs.failing(stack(healthy("two"), nowhere))).toMatchObject({
        _tag: "ImageMissing",
        image: nowhere,
      })
      expect(yield* containersOf(bed, name)).toEqual(before)
      const unbuildable = stackOf(
        modelOf(name, {
          api: shell(healthy("two")),
          web: { ...shell(sick), image: `${name}-built`, build: { context: "/nowhere/to/be/found" } },
        }),
      )
      expect(yield* runs.failing(unbuildable)).toBeDefined()
      expect(yield* containersOf(bed, name)).toEqual(before)
    }),
  )
})
