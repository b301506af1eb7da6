// Files and images brought to a machine over SSH, and what breaks on the way.
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { randomBytes } from "node:crypto"
import { baseImages, buildImage, type Host, type Proxy, startHost, startProxy } from "@windflow/testcontainers"
import { Effect, Result, type Scope } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { composeDriver } from "../driver/compose/ComposeDriver.ts"
import { changes, folder, modelOf, noSecrets, stackOf, up, walk } from "../driver/compose/testBed.ts"
import type { Report } from "../driver/Driver.ts"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Stack } from "../model/Stack.ts"
import type { DockerApiShape } from "../transport/DockerApi.ts"
import { resolveEndpoint } from "../transport/endpoint.ts"
import { openDocker, processSources } from "../transport/openDocker.ts"
import { engineOf } from "../transport/ssh/sshBed.ts"
import { carryImage } from "./carryImage.ts"
import { fileLabels } from "./layout.ts"
import { readStore } from "./trees.ts"

const mebi = 1024 * 1024
let host: Host
let proxy: Proxy
let busybox = ""
const images: Array<string> = []

beforeAll(async () => {
  ;[host, { busybox }] = await Promise.all([startHost({ docker: true, disk: 300 * mebi }), baseImages(["busybox"])])
  await host.loadImage(busybox)
  proxy = await startProxy(host)
})
afterAll(async () => {
  await proxy?.stop()
  await host?.remove()
  await scoped(Effect.flatMap(here, (api) => Effect.forEach(images, (image) => api.images.untag(image))))
})

const scoped = <A>(effect: Effect.Effect<A, WindFlowError, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))
const failureOf = (effect: Effect.Effect<unknown, WindFlowError>) =>
  Effect.map(Effect.result(effect), (result) => (Result.isFailure(result) ? result.failure : undefined))

/** Whether the stream or the connection below it is noticed first. */
const broken = /^(Engine|Host)Unreachable$/

/** The engine of this machine. */
const here = Effect.flatMap(Effect.fromResult(resolveEndpoint(undefined, processSources(process.env))), (resolved) =>
  openDocker(resolved),
)
/** The host's, as another connection each time. */
const there = Effect.map(
  Effect.suspend(() => engineOf(host, proxy)),
  ({ api }) => api,
)

/** `megabytes` that nothing compresses, on top of another image. */
const build = (api: DockerApiShape, name: string, base: string, megabytes: number) =>
  Effect.gen(function* () {
    images.push(name)
    const dockerfile = `FROM ${base}\nCOPY big /big-${megabytes}\n`
    yield* Effect.promise(() => buildImage(name, { Dockerfile: dockerfile, big: randomBytes(megabytes * mebi) }))
    const image = yield* api.images.find(name)
    if (image === undefined) throw new Error(`${name} was not built`)
    return image
  })

const telling = () => {
  const told: Array<{ readonly subject: string; readonly current: number; readonly text?: string | undefined }> = []
  let act: (() => void) | undefined
  const report: Report = ({ subject, current, text }) =>
    Effect.sync(() => {
      told.push({ subject, current, text })
      if (current <= mebi) return
      const once = act
      act = undefined
      once?.()
    })
  return { report, told, onProgress: (what: () => void) => (act = what) }
}

test("an image travels without the layers that are there, and again only with what is new", async () => {
  await scoped(
    Effect.gen(function* () {
      const [source, target] = yield* Effect.all([here, there])
      const [base, next] = ["windflow-test-carry/base:1", "windflow-test-carry/next:1"]
      const first = telling()
      yield* carryImage(source, target, base, yield* build(source, base, busybox, 12), first.report)
      expect(first.told.at(-1)?.text).toContain("1 layers were there")
      const second = telling()
      yield* carryImage(source, target, next, yield* build(source, next, base, 2), second.report)
      expect(second.told.at(-1)?.text).toContain("2 layers were there")
      expect(second.told.at(-1)?.current).toBeGreaterThan(2 * mebi)
      expect(second.told.at(-1)?.current).toBeLessThan(3 * mebi)
      const seen = yield* Effect.promise(() =>
        host.run("docker", "run", "--rm", next, "sh", "-c", "cat /big-* | wc -c"),
      )
      expect(seen.output.trim()).toBe(String(14 * mebi))
    }),
  )
})

test("where an archive without the known layers is refused, the whole image travels", async () => {
  await scoped(
    Effect.gen(function* () {
      const [source, target] = yield* Effect.all([here, there])
      const name = "windflow-test-carry/whole:1"
      const image = yield* build(source, name, busybox, 1)
      // An engine that was asked a moment too early: it tells layers that are gone by now.
      const list: DockerApiShape["images"]["list"] = () => Effect.succeed([{ Id: "gone", RepoTags: null }])
      const find: DockerApiShape["images"]["find"] = (reference) =>
        reference === "gone" ? Effect.succeed(image) : target.images.find(reference)
      const { report, told } = telling()
      yield* carryImage(source, { ...target, images: { ...target.images, list, find } }, name, image, report)
      expect(told.at(-1)?.text).toContain("0 layers were there")
      expect((yield* target.images.find(name))?.RootFS).toEqual(image.RootFS)
    }),
  )
})

test("a connection cut in an image leaves nothing of it, and the next run brings it", async () => {
  const name = "windflow-test-carry/cut:1"
  await scoped(
    Effect.gen(function* () {
      const source = yield* here
      const image = yield* build(source, name, busybox, 24)
      const { report, onProgress } = telling()
      onProgress(() => proxy.cut())
      const target = yield* there
      const error = yield* failureOf(carryImage(source, target, name, image, report))
      expect(error?._tag).toMatch(broken)
      const again = yield* there
      expect(yield* again.images.find(name)).toBeUndefined()
      yield* carryImage(source, again, name, image, report)
      expect((yield* again.images.find(name))?.RootFS).toEqual(image.RootFS)
    }),
  )
})

const driverOn = (api: DockerApiShape, deployer?: DockerApiShape) =>
  composeDriver({
    api,
    ...(deployer === undefined ? {} : { deployer }),
    secrets: noSecrets,
    config: {},
    localFiles: false,
  })

const deploy = (driver: ReturnType<typeof driverOn>, stack: Stack, report: Report) =>
  Effect.gen(function* () {
    const desired = yield* driver.prepare(up(stack), { preview: false, report })
    const draft = yield* Effect.fromResult(driver.plan(desired, yield* driver.observe(desired)))
    yield* walk(driver, desired, draft.operations, () => false, report)
    return { desired, draft }
  })

const mounting = (name: string, directory: string, image = busybox): Stack =>
  stackOf(
    modelOf(name, {
      web: {
        image,
        command: ["sleep", "1000"],
        init: true,
        pull_policy: "never",
        stop_grace_period: "0s",
        volumes: [{ type: "bind", source: join(directory, "data"), target: "/data", read_only: true }],
      },
    }),
    directory,
  )
const bigFolder = (megabytes: number) =>
  Effect.map(folder({}), (directory) => {
    mkdirSync(join(directory, "data"))
    writeFileSync(join(directory, "data/big"), randomBytes(megabytes * mebi))
    return directory
  })
const inContainer = (name: string, ...argv: ReadonlyArray<string>) =>
  Effect.map(
    Effect.promise(() => host.run("docker", "exec", `${name}-web-1`, ...argv)),
    ({ output }) => output.trim(),
  )

test("a connection cut in a sync leaves no half directory in use, and the next run converges", async () => {
  await scoped(
    Effect.gen(function* () {
      const directory = yield* bigFolder(24)
      const stack = mounting("carrycut", directory)
      const { report, onProgress } = telling()
      onProgress(() => proxy.cut())
      expect((yield* failureOf(deploy(driverOn(yield* there), stack, report)))?._tag).toMatch(broken)
      const api = yield* there
      expect((yield* readStore(api, "carrycut")).trees).toEqual([])
      expect(yield* api.containers.list({ label: ["com.docker.compose.project=carrycut"] })).toEqual([])
      const driver = driverOn(api)
      const { desired } = yield* deploy(driver, stack, report)
      expect(yield* inContainer("carrycut", "wc", "-c", "/data/big")).toBe(`${24 * mebi} /data/big`)
      const after = yield* Effect.fromResult(driver.plan(desired, yield* driver.observe(desired)))
      expect(changes(after)).toEqual([])
      expect(yield* api.containers.list({ label: [`${fileLabels.carrier}=carrycut`] })).toEqual([])
    }),
  )
})

test("a full disk is told as one, for an image and for files; with space again the same run goes through", async () => {
  const name = "windflow-test-carry/full:1"
  await scoped(
    Effect.gen(function* () {
      const [source, api] = yield* Effect.all([here, there])
      const directory = yield* bigFolder(8)
      const image = yield* build(source, name, busybox, 8)
      const { report } = telling()
      const free = yield* Effect.promise(() => host.fillDisk())
      expect(yield* failureOf(carryImage(source, api, name, image, report))).toMatchObject({ _tag: "DiskFull" })
      expect(yield* failureOf(deploy(driverOn(api), mounting("carryfull", directory), report))).toMatchObject({
        _tag: "DiskFull",
      })
      yield* Effect.promise(free)
      // `pull_policy: never` and an image that only this machine has: it is carried without being asked for.
      yield* deploy(driverOn(api, source), mounting("carryfull", directory, name), report)
      expect(yield* inContainer("carryfull", "sh", "-c", "cat /data/big /big-8 | wc -c")).toBe(String(16 * mebi))
    }),
  )
})
