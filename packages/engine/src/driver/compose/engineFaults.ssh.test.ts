// An engine whose disk is full, and one that is killed in mid-apply: an engine of our own, in a machine reached by SSH.
import { spawn, type ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import {
  baseImages,
  buildImage,
  startHost,
  startRegistry,
  until,
  type Host,
  type Registry,
} from "@windflow/testcontainers"
import { Deferred, Effect, Fiber } from "effect"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { engineOf } from "../../transport/ssh/sshBed.ts"
import { cleanUp, containersOf, runsOn, shown } from "./runBed.ts"
import { bedOver, folder, modelOf, noSecrets, openBed, stackOf, up, type Bed } from "./testBed.ts"

const megabyte = 1024 * 1024
let busybox = ""
let host: Host
let registry: Registry
let tunnel: ChildProcess

const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(engineOf(host), ({ api }) =>
        body(bedOver({ api, secrets: noSecrets, config: {}, localFiles: true })),
      ),
    ),
  )
/** On the machine's loopback, so that its engine needs no TLS. */
const served = () => `127.0.0.1:5000/windflow-test-safe:1`

const larger = "windflow-test-safe:larger"
/** The same with a layer of its own, which cannot be made smaller. */
const makeLarger = () =>
  buildImage(larger, { Dockerfile: `FROM ${busybox}\nCOPY noise /\n`, noise: randomBytes(8 * megabyte) })

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
  host = await startHost({ docker: true, disk: 200 * megabyte })
  await makeLarger()
  registry = await startRegistry(larger)
  await host.loadImage(busybox)
  tunnel = spawn(
    "ssh",
    [
      "-N",
      "-i",
      host.privateKey,
      "-p",
      String(host.port),
      "-o",
      `UserKnownHostsFile=${host.knownHosts}`,
      "-R",
      `127.0.0.1:5000:127.0.0.1:${registry.port}`,
      `root@${host.address}`,
    ],
    { stdio: "ignore" },
  )
  await until(
    "the tunnel",
    async () => (await host.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5000")).exitCode === 0,
  )
})
afterAll(async () => {
  tunnel.kill()
  if (tunnel.exitCode === null && tunnel.signalCode === null) await once(tunnel, "exit")
  await registry.stop()
  await host.remove()
  await Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), ({ api }) => api.images.untag(larger))))
})

/** One a test. */
let name = ""
let tests = 0
beforeEach(() => {
  name = `windflow-test-safe-engine-${++tests}`
})
const service = (command: string) => ({
  image: busybox,
  command: ["sh", "-c", command],
  init: true,
  stop_grace_period: "0s",
})

/** Leaves so many bytes: enough for the records of a run, not for an image. */
const fillBut = async (bytes: number): Promise<() => Promise<void>> => {
  const free = await host.fillDisk()
  await host.run("truncate", "-s", `-${bytes}`, "/var/lib/docker/full")
  return free
}

test("the disk is full while an image is pulled: typed, what runs goes on, and the next up converges", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(stackOf(modelOf(name, { api: service("sleep 1000") })))
      const before = yield* containersOf(bed, name)
      const free = yield* Effect.promise(() => fillBut(3 * megabyte))
      const wanted = stackOf(
        modelOf(name, { api: service("sleep 1001"), web: { ...service("sleep 1"), image: served() } }),
      )
      const error = yield* runs.failing(wanted)
      expect(error?._tag).toBe("ImageMissing")
      expect(error?.message).toContain("no space left on device")
      expect(yield* containersOf(bed, name)).toEqual(before)
      yield* Effect.promise(free)
      expect(
        yield* runs.up(
          stackOf(modelOf(name, { api: service("sleep 1001"), web: { ...service("sleep 1000"), image: served() } })),
        ),
      ).toMatchObject({ summary: "1 created, 1 replaced" })
      yield* cleanUp(bed, name)
    }),
  )
})

test("the disk is full while an image is built", async () => {
  await withBed((bed) =>
    Effect.scoped(
      Effect.gen(function* () {
        const runs = runsOn(bed)
        yield* runs.up(stackOf(modelOf(name, { api: service("sleep 1000") })))
        const before = yield* containersOf(bed, name)
        const directory = yield* folder({
          Dockerfile: `FROM ${busybox}\nRUN dd if=/dev/zero of=/big bs=1M count=40\nCMD ["sleep", "1000"]\n`,
        })
        const wanted = stackOf(
          modelOf(name, {
            api: service("sleep 1001"),
            web: { image: `${name}:built`, build: { context: directory }, init: true, stop_grace_period: "0s" },
          }),
          directory,
        )
        const free = yield* Effect.promise(() => fillBut(16 * megabyte))
        const error = yield* runs.failing(wanted)
        expect(error?._tag).toBe("BuildFailed")
        expect(error?.message.toLowerCase()).toContain("no space left on device")
        expect(yield* containersOf(bed, name)).toEqual(before)
        yield* Effect.promise(free)
        expect(yield* runs.up(wanted)).toMatchObject({ summary: "1 created, 1 replaced" })
        yield* cleanUp(bed, name)
      }),
    ),
  )
})

test("the engine is killed in mid-apply: the next up ends what was begun", async () => {
  const stack = (version: string) =>
    stackOf(
      modelOf(name, {
        web: {
          ...service(`touch /ok; echo ${version}; sleep 1000`),
          healthcheck: { test: ["CMD", "test", "-f", "/ok"], interval: "300ms", timeout: "10s" },
        },
      }),
    )
  await withBed((bed) => Effect.asVoid(runsOn(bed).up(stack("one"))))
  const died = await withBed((bed) =>
    Effect.gen(function* () {
      const gate = Deferred.makeUnsafe<void>()
      const { deployments } = runsOn(bed, { pid: gone })
      const run = yield* Effect.forkChild(
        Effect.flip(
          deployments.run(up(stack("two")), {
            onEvent: (event) => {
              // The old one has stopped, the new one is to start.
              if (event._tag === "OperationStarted" && event.operation === "service:web:1/start")
                Deferred.doneUnsafe(gate, Effect.void)
            },
          }),
        ),
      )
      yield* Deferred.await(gate)
      yield* Effect.promise(() => host.run("pkill", "-9", "-x", "dockerd"))
      return yield* Fiber.join(run)
    }),
  )
  expect(died._tag).toBe("EngineUnreachable")
  await host.dockerd.start()
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      expect(yield* runs.up(stack("two"))).toMatchObject({ status: "succeeded" })
      expect(shown(name, yield* containersOf(bed, name))).toEqual(["web-1 running"])
      expect((yield* bed.draft(up(stack("two")))).draft.operations).toEqual([])
      yield* cleanUp(bed, name)
    }),
  )
})

/** Of no process: a deployer that died, whose lock is taken at once. */
const gone = 2 ** 22 + 1
