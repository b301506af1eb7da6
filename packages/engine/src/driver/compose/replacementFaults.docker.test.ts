// What nobody could see before: it fails while a container is being replaced, which then runs again; corrected, the next up converges.
import { createServer } from "node:net"
import { baseImages, session } from "@windflow/testcontainers"
import { Effect } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Service } from "../../model/StackModel.ts"
import { cleanUp, containersOf, runsOn, shown } from "./runBed.ts"
import { type Bed, modelOf, openBed, stackOf, up } from "./testBed.ts"

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

const sleeping = (seconds: string, over: Partial<Service> = {}): Partial<Service> => ({
  image: busybox,
  command: ["sleep", seconds],
  init: true,
  stop_grace_period: "0s",
  ...over,
})

test("a port that a process of the host takes between preflight and start", async () => {
  const name = await project("host-port")
  const holder = createServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => holder.once("listening", resolve))
  const address = holder.address()
  const published = typeof address === "object" && address !== null ? String(address.port) : ""
  const wanted = stackOf(
    modelOf(name, {
      web: sleeping("1001", { ports: [{ target: 80, published, host_ip: "127.0.0.1", protocol: "tcp" }] }),
    }),
  )
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(stackOf(modelOf(name, { web: sleeping("1000") })))
      const [before] = yield* containersOf(bed, name)
      expect(yield* runs.failing(wanted)).toMatchObject({ _tag: "PortInUse", service: "web" })
      expect(yield* containersOf(bed, name)).toMatchObject([{ Id: before?.Id, State: { Status: "running" } }])
      expect((yield* runs.deployments.history(name))[0]?.revision.status).toBe("rolled-back")
      yield* Effect.promise(() => new Promise((resolve) => holder.close(resolve)))
      expect(yield* runs.up(wanted)).toMatchObject({ status: "succeeded", summary: "1 replaced" })
    }),
  )
})

test("a foreign container has the name that the successor is to have", async () => {
  const name = await project("foreign")
  const wanted = stackOf(modelOf(name, { web: sleeping("1001") }))
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(stackOf(modelOf(name, { web: sleeping("1000") })))
      const [before] = yield* containersOf(bed, name)
      const temporary = `${before?.Id.slice(0, 12)}_${name}-web-1`
      const { Id } = yield* bed.api.containers.create(temporary, { Image: busybox, Cmd: ["true"], Labels: {} })
      expect(yield* runs.failing(wanted)).toMatchObject({ _tag: "NameTaken", kind: "container", name: temporary })
      expect(yield* containersOf(bed, name)).toEqual([before])
      yield* bed.api.containers.remove(Id, { volumes: true })
      expect(yield* runs.up(wanted)).toMatchObject({ status: "succeeded" })
    }),
  )
})

test("a volume whose driver is not there; and one that exists with another driver keeps its data", async () => {
  const name = await project("driver")
  const volumes = [{ type: "volume", source: "d", target: "/d" }]
  const stack = (driver: string, command: string) =>
    stackOf(
      modelOf(
        name,
        { api: sleeping(command), web: sleeping(command, { volumes }) },
        { volumes: { d: { name: `${name}_d`, driver } } },
      ),
    )
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(stackOf(modelOf(name, { api: sleeping("1000"), web: sleeping("1000") })))
      const before = yield* containersOf(bed, name)
      const error = yield* runs.failing(stack("windflow-no-such-driver", "1001"))
      expect(error?._tag).toBe("EngineFailed")
      expect(error?.message).toContain("windflow-no-such-driver")
      const ids = (yield* containersOf(bed, name)).filter(({ State }) => State.Running).map(({ Id }) => Id)
      expect(ids).toHaveLength(2)
      expect(ids).toContain(before[1]?.Id)
      yield* runs.up(stack("local", "1001"))
      expect(shown(name, yield* containersOf(bed, name))).toEqual(["api-1 running", "web-1 running"])
      // It holds data: it stays, and the plan says how to apply the change.
      const { draft } = yield* bed.draft(up(stack("windflow-no-such-driver", "1001")))
      expect(draft.operations).toEqual([])
      expect(draft.warnings.join()).toContain(`${name}_d`)
    }),
  )
})
