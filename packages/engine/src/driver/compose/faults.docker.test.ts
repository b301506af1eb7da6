// What goes wrong on real engines: one clear error each, and the next up converges where there is something to converge.
import { createServer } from "node:net"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { baseImages, session } from "@windflow/testcontainers"
import { Effect, Result } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { Service } from "../../model/StackModel.ts"
import { changes, down, modelOf, openBed, stackOf, up, type Bed } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-fault-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}
const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown>, url?: string): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(url), body)))
const failureOf = (effect: Effect.Effect<unknown, WindFlowError>) =>
  Effect.map(Effect.result(effect), (result) => (Result.isFailure(result) ? result.failure : undefined))

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})
afterAll(() => withBed((bed) => Effect.forEach(projects, (name) => bed.down(name, { volumes: true }))))

const sleeping = (over: Partial<Service> = {}): Partial<Service> => ({
  image: busybox,
  command: ["sleep", "1000"],
  init: true,
  stop_grace_period: "0s",
  ...over,
})

test("no Docker", async () => {
  const error = await withBed((bed) => failureOf(bed.driver.instances()), "unix:///nowhere/docker.sock")
  expect(error).toMatchObject({
    _tag: "EngineUnreachable",
    reason: "not-found",
    endpoint: "unix:///nowhere/docker.sock",
  })
})

test("nobody listens", async () => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-fault-"))
  const path = join(directory, "s.sock")
  const server = createServer().listen(path)
  await new Promise((resolve) => server.once("listening", resolve))
  try {
    // A daemon that hangs up in the middle of an answer.
    server.on("connection", (socket) => socket.destroy())
    const closed = await withBed((bed) => failureOf(bed.driver.instances()), `unix://${path}`)
    expect(closed).toMatchObject({ _tag: "EngineUnreachable", reason: "closed" })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
  writeFileSync(path, "")
  const refused = await withBed((bed) => failureOf(bed.driver.instances()), `unix://${path}`)
  expect(refused).toMatchObject({ _tag: "EngineUnreachable", reason: "refused" })
  rmSync(directory, { recursive: true })
})

test.skipIf(process.getuid?.() !== 0)("no permission on the socket (needs root, to become somebody else)", async () => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-fault-"))
  chmodSync(directory, 0o755)
  const path = join(directory, "s.sock")
  const server = createServer().listen(path)
  await new Promise((resolve) => server.once("listening", resolve))
  chmodSync(path, 0o600)
  process.seteuid?.(65_534)
  try {
    const error = await withBed((bed) => failureOf(bed.driver.instances()), `unix://${path}`)
    expect(error).toMatchObject({ _tag: "EngineUnreachable", reason: "permission" })
  } finally {
    process.seteuid?.(0)
    await new Promise((resolve) => server.close(resolve))
    rmSync(directory, { recursive: true })
  }
})

test("an image that is nowhere: named with its service and place, nothing is made", async () => {
  const name = await project("image")
  const image = "windflow-fixture.invalid/nothing:1"
  await withBed((bed) =>
    Effect.gen(function* () {
      const stack = stackOf(modelOf(name, { web: { image } }))
      expect(yield* failureOf(bed.up(stack))).toMatchObject({
        _tag: "ImageMissing",
        image,
        service: "web",
        place: { file: "compose.yaml" },
      })
      expect(yield* failureOf(bed.up(stack, { pull: "never" }))).toMatchObject({ _tag: "ImageMissing" })
      expect(yield* bed.api.networks.list({ label: [`com.docker.compose.project=${name}`] })).toEqual([])
    }),
  )
})

test("a port in use at start, then free: the next up converges", async () => {
  const name = await project("port")
  const holder = createServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => holder.once("listening", resolve))
  const address = holder.address()
  const port = typeof address === "object" && address !== null ? String(address.port) : ""
  const ports = [{ target: 80, published: port, host_ip: "127.0.0.1", protocol: "tcp", mode: "ingress" }]
  const stack = stackOf(modelOf(name, { web: sleeping({ ports }) }))
  await withBed((bed) =>
    Effect.gen(function* () {
      expect(yield* failureOf(bed.up(stack))).toMatchObject({
        _tag: "PortInUse",
        service: "web",
        port: `127.0.0.1:${port}`,
      })
      yield* Effect.promise(() => new Promise((resolve) => holder.close(resolve)))
      expect(changes(yield* bed.up(stack))).toEqual(["update service:web:1 (not started yet)"])
      expect((yield* bed.draft(up(stack))).draft.operations).toEqual([])
      const { desired } = yield* bed.draft(up(stack))
      expect(yield* bed.driver.urls(desired)).toEqual([`http://127.0.0.1:${port}`])
    }),
  )
})

test("a container of somebody else has the name", async () => {
  const name = await project("name")
  await withBed((bed) =>
    Effect.gen(function* () {
      const { Id } = yield* bed.api.containers.create(`${name}-web-1`, { Image: busybox, Cmd: ["true"], Labels: {} })
      const error = yield* failureOf(bed.up(stackOf(modelOf(name, { web: sleeping() }))))
      expect(error).toMatchObject({ _tag: "NameTaken", kind: "container", name: `${name}-web-1` })
      expect(error?.message).toContain(Id.slice(0, 12))
      yield* bed.api.containers.remove(Id, { volumes: true })
    }),
  )
})

test("a renamed service that keeps its container_name is told of its orphan, and deploys without it", async () => {
  const name = await project("renamed")
  await withBed((bed) =>
    Effect.gen(function* () {
      const service = sleeping({ container_name: `${name}-fixed` })
      yield* bed.up(stackOf(modelOf(name, { web: service })))
      const renamed = stackOf(modelOf(name, { site: service }))
      const error = yield* failureOf(bed.up(renamed))
      expect(error).toMatchObject({ _tag: "NameTaken", name: `${name}-fixed`, orphan: "web" })
      expect(error?.remedy).toContain("--remove-orphans")
      yield* bed.up(renamed, { removeOrphans: true })
      expect((yield* bed.driver.instances(name)).map((instance) => instance.service)).toEqual(["site"])
    }),
  )
})

test("a network that somebody else uses cannot go; the rest has gone, and the next down ends it", async () => {
  const name = await project("network")
  await withBed((bed) =>
    Effect.gen(function* () {
      yield* bed.up(stackOf(modelOf(name, { web: sleeping() })))
      const { Id } = yield* bed.api.containers.create(`${name}-guest`, {
        Image: busybox,
        Cmd: ["sleep", "1000"],
        HostConfig: { NetworkMode: `${name}_default` },
      })
      yield* bed.api.containers.start(Id)
      const error = yield* failureOf(bed.down(name))
      expect(error).toMatchObject({ _tag: "EngineFailed", status: 403 })
      expect(error?.message).toContain("active endpoints")
      expect(yield* bed.driver.instances(name)).toEqual([])
      yield* bed.api.containers.remove(Id, { volumes: true })
      yield* bed.down(name)
      expect((yield* bed.draft(down(name))).draft.operations).toEqual([])
    }),
  )
})

test("a volume that somebody else made meanwhile is not taken for ours", async () => {
  const name = await project("volume")
  const stack = stackOf(
    modelOf(
      name,
      { web: sleeping({ volumes: [{ type: "volume", source: "d", target: "/d" }] }) },
      { volumes: { d: { name: `${name}_d` } } },
    ),
  )
  await withBed((bed) =>
    Effect.gen(function* () {
      const { desired, draft } = yield* bed.draft(up(stack))
      yield* bed.api.volumes.create({ Name: `${name}_d`, Labels: {} })
      const operation = draft.operations.find(({ verb }) => verb === "CreateVolume")!
      const error = yield* failureOf(bed.driver.execute(operation, { desired, inputs: {}, report: () => Effect.void }))
      expect(error).toMatchObject({ _tag: "NameTaken", kind: "volume" })
      yield* bed.api.volumes.remove(`${name}_d`)
    }),
  )
})

test("a failing healthcheck tells its outputs, a dying container its code and its last words", async () => {
  const name = await project("health")
  const unhealthy = sleeping({
    healthcheck: { test: ["CMD-SHELL", "echo not yet; exit 1"], interval: "100ms", retries: 1, timeout: "5s" },
  })
  const dying = sleeping({ command: ["sh", "-c", "echo last words; exit 7"] })
  await withBed((bed) =>
    Effect.gen(function* () {
      const sick = yield* failureOf(bed.up(stackOf(modelOf(name, { web: unhealthy }))))
      expect(sick).toMatchObject({ _tag: "Unhealthy", service: "web", log: expect.stringContaining("not yet") })
      const dead = yield* failureOf(
        bed.up(
          stackOf(
            modelOf(name, {
              job: dying,
              web: sleeping({ depends_on: { job: { condition: "service_completed_successfully", required: true } } }),
            }),
          ),
        ),
      )
      expect(dead).toMatchObject({ _tag: "ContainerExited", exitCode: 7, log: expect.stringContaining("last words") })
    }),
  )
})

test("a wait ends at its deadline and says what it saw", async () => {
  const name = await project("deadline")
  const slow = sleeping({ healthcheck: { test: ["CMD", "false"], interval: "100ms", start_period: "1h" } })
  const error = await withBed((bed) => failureOf(bed.up(stackOf(modelOf(name, { web: slow })), { waitTimeout: 2 })))
  expect(error).toMatchObject({ _tag: "Unhealthy", log: expect.stringContaining("within 2 s") })
})

test("bug: a service that is unhealthy already kept the change that heals it from being deployed", async () => {
  const name = await project("heal")
  const volumes = [{ type: "volume", source: "d", target: "/d" }]
  const stack = (command: string) =>
    stackOf(
      modelOf(
        name,
        {
          api: sleeping({ command: ["sh", "-c", `${command}; sleep 1000`], volumes }),
          web: sleeping({
            volumes,
            // Longer than it takes to look again: the result of before is then still the last one.
            healthcheck: { test: ["CMD", "test", "-f", "/d/ok"], interval: "2s", timeout: "5s", retries: 1 },
          }),
        },
        { volumes: { d: { name: `${name}_d` } } },
      ),
    )
  await withBed((bed) =>
    Effect.gen(function* () {
      const sick = { _tag: "Unhealthy", service: "web" }
      expect(yield* failureOf(bed.up(stack("true")))).toMatchObject(sick)
      // Still ill after the change: a newer result says so, long before the deadline.
      expect(yield* failureOf(bed.up(stack("false")))).toMatchObject(sick)
      expect(changes(yield* bed.up(stack("touch /d/ok")))).toEqual([
        "replace service:api:1 (configuration changed: command)",
      ])
      expect((yield* bed.draft(up(stack("touch /d/ok")))).draft.operations).toEqual([])
    }),
  )
})

test("bug: service_healthy on an image without healthcheck was found only while it ran", async () => {
  const name = await project("nohealth")
  const needs: Partial<Service> = { depends_on: { db: { condition: "service_healthy", required: true } } }
  const refused = (db: Partial<Service>) =>
    withBed((bed) =>
      Effect.gen(function* () {
        const error = yield* failureOf(bed.up(stackOf(modelOf(name, { db: sleeping(db), web: sleeping(needs) }))))
        expect(yield* bed.driver.instances(name)).toEqual([])
        return error
      }),
    )
  const found = {
    _tag: "ComposeInvalid",
    diagnostics: [{ path: "services.web.depends_on.db.condition", place: { file: "compose.yaml", line: 5 } }],
  }
  expect(await refused({})).toMatchObject(found)
  expect(await refused({ healthcheck: { disable: true } })).toMatchObject(found)
  expect(await refused({ healthcheck: { test: ["NONE"] } })).toMatchObject(found)
})
