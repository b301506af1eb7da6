// What a preflight sees of a real engine: refused before anything is changed, with everything at once.
import { baseImages, buildImage, session } from "@windflow/testcontainers"
import { Effect, Result } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Service } from "../../model/StackModel.ts"
import { cleanUp, runsOn } from "./runBed.ts"
import { modelOf, openBed, stackOf, up, type Bed } from "./testBed.ts"

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

const sleeping = (over: Partial<Service> = {}): Partial<Service> => ({
  image: busybox,
  command: ["sleep", "1000"],
  init: true,
  stop_grace_period: "0s",
  ...over,
})
const port = (published: string) => [{ target: 80, published, host_ip: "127.0.0.1", protocol: "tcp" }]
const publishedBy = (bed: Bed, name: string) =>
  Effect.map(
    bed.api.containers.list({ label: [`com.docker.compose.project=${name}`] }),
    (found) => (found[0]?.Ports ?? []).flatMap(({ PublicPort }) => PublicPort ?? [])[0] ?? 0,
  )

test("a port of another project's container: refused by plan and up, nothing is made; its own is no obstacle", async () => {
  const [holder, name] = [await project("holder"), await project("port")]
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(stackOf(modelOf(holder, { web: sleeping({ ports: port("0") }) })))
      const taken = String(yield* publishedBy(bed, holder))
      const stack = (command: string) =>
        stackOf(modelOf(name, { api: sleeping(), web: sleeping({ ports: port(taken), command: ["sleep", command] }) }))
      const refused = {
        _tag: "PreflightRefused",
        findings: [{ check: "port", service: "web", what: `127.0.0.1:${taken}/tcp`, detail: `${holder}-web-1` }],
      }
      expect(Result.getFailure(yield* Effect.result(runs.deployments.plan(up(stack("1000")))))).toMatchObject({
        value: refused,
      })
      const error = yield* runs.failing(stack("1000"))
      expect(error).toMatchObject(refused)
      expect(error?.message).toContain(`${holder}-web-1`)
      expect(yield* bed.driver.instances(name)).toEqual([])
      expect(yield* bed.api.networks.list({ label: [`com.docker.compose.project=${name}`] })).toEqual([])
      // Free again: it is made. And who replaces its own container does not stand in its own way.
      yield* cleanUp(bed, holder)
      yield* runs.up(stack("1000"))
      yield* runs.up(stack("1001"))
      expect(yield* bed.driver.instances(name)).toHaveLength(2)
    }),
  )
})

test("what would have to be pulled: a preview asks the registry and says what it would refuse", async () => {
  const name = await project("registry")
  const image = "windflow-fixture.invalid/nothing:1"
  await withBed((bed) =>
    Effect.gen(function* () {
      const planned = runsOn(bed).deployments.plan(up(stackOf(modelOf(name, { web: sleeping({ image }) }))))
      expect(Result.getFailure(yield* Effect.result(planned))).toMatchObject({
        value: { _tag: "PreflightRefused", findings: [{ check: "registry", service: "web", what: image }] },
      })
    }),
  )
})

test("an image for another platform, unless the file names one", async () => {
  const name = await project("platform")
  const image = `${name}:other`
  await withBed((bed) =>
    Effect.gen(function* () {
      const files = { Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" }
      yield* Effect.promise(() => buildImage(image, files, { platform: "linux/s390x" }))
      const stack = stackOf(modelOf(name, { web: sleeping({ image }) }))
      expect(yield* runsOn(bed).failing(stack)).toMatchObject({
        _tag: "PreflightRefused",
        findings: [{ check: "platform", service: "web", what: image, detail: expect.stringContaining("linux/s390x") }],
      })
      expect(yield* bed.driver.instances(name)).toEqual([])
      yield* bed.api.images.untag(image)
    }),
  )
})
