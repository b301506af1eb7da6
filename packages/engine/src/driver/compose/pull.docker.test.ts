// Pulls from a registry on loopback: how often, with which credentials, how a refusal is told, and the verb `pull`.
import { baseImages } from "@windflow/testcontainers"
import { Effect, Result, type Scope } from "effect"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import type { Stack } from "../../model/Stack.ts"
import type { DockerConfig } from "../../transport/dockerConfig.ts"
import type { Driver } from "../Driver.ts"
import { defaultPullOptions, type PullOptions, type UpOptions } from "../Request.ts"
import { composeDriver } from "./ComposeDriver.ts"
import type { Desired } from "./Desired.ts"
import type { Observed } from "./Observed.ts"
import { markRepository } from "./refreshMarks.ts"
import { type RegistryFixture, startRegistry } from "./registry.fixture.ts"
import { type Bed, folder, modelOf, noSecrets, openBed, silent, stackOf, up } from "./testBed.ts"

const project = "windflow-test-build-pull"
const account = { username: "deployer", password: "secret" }
let busybox = ""
let registry: RegistryFixture
const used = new Set<string>()
/** An image of the registry that is removed after the test. */
const image = (name: string): string => {
  const reference = `${registry.host}/${project}/${name}:1`
  used.add(reference)
  return reference
}

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
  registry = await startRegistry({ x: "x" }, account)
})
afterAll(() => registry.close())
const untag = (bed: Bed) =>
  Effect.forEach(
    [...used],
    (reference) =>
      Effect.gen(function* () {
        for (const { RepoTags } of yield* bed.api.images.list({ reference: [markRepository(reference)] }))
          for (const tag of RepoTags ?? []) if (tag.startsWith("windflow/pulled/")) yield* bed.api.images.untag(tag)
        yield* bed.api.images.untag(reference)
      }),
    { discard: true },
  )
afterEach(() => withBed(untag))

const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body)))

const loggedIn = (): DockerConfig => ({
  auths: { [registry.host]: { auth: Buffer.from(`${account.username}:${account.password}`).toString("base64") } },
})
const driverOf = (bed: Bed, config: DockerConfig = loggedIn()): Driver<Desired, Observed> =>
  composeDriver({ api: bed.api, secrets: noSecrets, config, localFiles: true })
const prepared = (bed: Bed, stack: Stack, options: Partial<UpOptions> = {}, config?: DockerConfig) =>
  Effect.result(driverOf(bed, config).prepare(up(stack, options), { preview: false, report: silent }))
const failureOf = <A, E>(result: Result.Result<A, E>) => (Result.isFailure(result) ? result.failure : undefined)
/** How often an image was asked for by its tag. */
const pulls = (name: string) => registry.served().filter((line) => line.endsWith(`/${name}/manifests/1`)).length

test("services that share an image pull it once, with the credentials of its registry", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const reference = image("shared")
      const services = Object.fromEntries(["a", "b", "c"].map((name) => [name, { image: reference }]))
      const texts: Array<string> = []
      const desired = yield* driverOf(bed).prepare(up(stackOf(modelOf(project, services), "/")), {
        preview: false,
        report: ({ subject, text }) => Effect.sync(() => void texts.push(`${subject}: ${text}`)),
      })
      const id = (yield* bed.api.images.find(reference))?.Id
      expect(desired).toMatchObject({ services: [1, 2, 3].map(() => ({ image: { reference, id } })) })
      // The engine looks the tag up (HEAD or GET) and fetches the manifest by its digest.
      expect(pulls("shared")).toBeLessThanOrEqual(2)
      const asked = pulls("shared")
      expect(texts.join("\n")).toContain(`image ${reference}: `)
      yield* prepared(bed, stackOf(modelOf(project, services), "/"))
      expect(pulls("shared")).toBe(asked)
    }),
  )
})

test("a registry that refuses, an image that is nowhere, a policy that forbids", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const stackFor = (reference: string, more = {}) =>
        stackOf(modelOf(project, { web: { image: reference, ...more } }), "/")
      const refused = yield* prepared(bed, stackFor(image("refused")), {}, {})
      expect(failureOf(refused)).toMatchObject({
        _tag: "NotAuthorised",
        subject: expect.stringContaining(`${registry.host} (image ${image("refused")} of service web)`),
      })
      const nowhere = yield* prepared(bed, stackFor(image("none")))
      expect(failureOf(nowhere)).toMatchObject({
        _tag: "ImageMissing",
        service: "web",
        place: { file: "compose.yaml" },
      })
      const forbidden = yield* prepared(bed, stackFor(image("forbidden"), { pull_policy: "never" }))
      expect(failureOf(forbidden)).toMatchObject({ _tag: "ImageMissing", detail: "its pull policy forbids it" })
      expect(pulls("forbidden")).toBe(0)
      const elsewhere = yield* prepared(bed, stackFor(image("elsewhere"), { platform: "linux/s390x" }))
      expect(failureOf(elsewhere)).toMatchObject({ _tag: "ImageMissing", service: "web" })
      expect(pulls("elsewhere")).toBeGreaterThan(0)
    }),
  )
})

test("an image that cannot be pulled is built where that is possible, and not with --no-build", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const reference = image("none")
      const directory = yield* folder({ Dockerfile: `FROM ${busybox}\n` })
      const stack = stackOf(modelOf(project, { web: { image: reference, build: { context: directory } } }), directory)
      expect(failureOf(yield* prepared(bed, stack, { build: "never" }))).toMatchObject({ _tag: "ImageMissing" })
      expect(failureOf(yield* prepared(bed, stack))).toBeUndefined()
      expect(yield* bed.api.images.find(reference)).toBeDefined()
    }),
  )
})

test("every_…: pulled when the image has had its name for longer", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const stackFor = (policy: string) =>
        stackOf(modelOf(project, { web: { image: image("aging"), pull_policy: policy } }), "/")
      yield* prepared(bed, stackFor("every_1h"))
      const first = pulls("aging")
      expect(first).toBeGreaterThan(0)
      yield* prepared(bed, stackFor("every_1h"))
      yield* prepared(bed, stackFor("weekly"))
      expect(pulls("aging")).toBe(first)
      // The engine's own time moves with every tag, as those of revisions: it does not count.
      yield* bed.api.images.tag(image("aging"), image("other").replace(/:1$/, ""), "1")
      const again = () => Effect.runPromise(Effect.map(prepared(bed, stackFor("every_1ms")), () => pulls("aging")))
      yield* Effect.promise(() => expect.poll(again, { timeout: 20_000 }).toBeGreaterThan(first))
      const marks = yield* bed.api.images.list({ reference: [markRepository(image("aging"))] })
      const tags = marks.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.startsWith("windflow/pulled/"))
      expect(tags).toHaveLength(1)
    }),
  )
})

test("the verb: what became of each image", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const stack = stackOf(
        modelOf(project, {
          one: { image: image("verb") },
          two: { image: image("verb"), depends_on: { lost: { condition: "service_started", required: true } } },
          built: { build: { context: "/" } },
          lost: { image: image("none") },
          kept: { image: image("kept"), pull_policy: "never" },
        }),
        "/",
      )
      const pull = (options: Partial<PullOptions>) =>
        driverOf(bed).pull(stack, { ...defaultPullOptions, ...options }, silent)
      const all = new Map((yield* pull({})).map(({ services, outcome }) => [services.join(), outcome]))
      expect(all.get("one,two")).toEqual({ _tag: "Pulled" })
      expect(all.get("built")).toEqual({ _tag: "Skipped", reason: "no-image" })
      expect(all.get("kept")).toEqual({ _tag: "Skipped", reason: "policy" })
      expect(all.get("lost")).toMatchObject({ _tag: "Failed", buildable: false, error: { _tag: "ImageMissing" } })
      expect((yield* pull({ services: ["two"] })).map(({ services }) => services)).toEqual([["two"]])
      expect(
        (yield* pull({ services: ["two"], dependencies: true })).flatMap(({ services }) => services).sort(),
      ).toEqual(["lost", "two"])
      const present = yield* pull({ services: ["one"], policy: "missing" })
      expect(present).toMatchObject([{ outcome: { _tag: "Skipped", reason: "present" } }])
    }),
  )
})
