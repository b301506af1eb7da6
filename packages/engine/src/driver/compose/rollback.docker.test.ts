// Back to an earlier revision on a real engine: its very images, kept by our tags; and what can no longer be restored is told.
import { baseImages, session } from "@windflow/testcontainers"
import { Effect, Result } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Stack } from "../../model/Stack.ts"
import type { Service } from "../../model/StackModel.ts"
import { containersOf, cleanUp, runsOn } from "./runBed.ts"
import { type Bed, folder, modelOf, openBed, secretsOf, stackOf } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-safe-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}
const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown>, secrets?: Parameters<typeof openBed>[1]) =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(undefined, secrets), body)))

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})
afterAll(() => withBed((bed) => Effect.forEach(projects, (name) => cleanUp(bed, name))))

/** A service whose image is built anew, under the same name, for each version. */
const builtFor = (name: string, version: string) =>
  Effect.map(
    folder({ Dockerfile: `FROM ${busybox}\nRUN echo ${version} > /version\nCMD ["sleep", "1000"]\n` }),
    (directory): Stack =>
      stackOf(
        modelOf(name, {
          web: {
            image: `${name}:app`,
            build: { context: directory },
            init: true,
            stop_grace_period: "0s",
            deploy: { update_config: { monitor: "100ms" }, resources: {}, placement: {} },
          },
        }),
        directory,
      ),
  )

test("the image of a revision runs again, though its name means another one by now", async () => {
  const name = await project("rollback")
  await withBed((bed) =>
    Effect.gen(function* () {
      const { deployments, up, failing } = runsOn(bed)
      const deploy = (version: string) =>
        Effect.scoped(Effect.flatMap(builtFor(name, version), (stack) => up(stack, { build: "always" })))
      const image = Effect.map(containersOf(bed, name), (found) => found.map(({ Image }) => Image))
      yield* deploy("one")
      const [first] = yield* image
      yield* deploy("two")
      const [second] = yield* image
      expect(second).not.toBe(first)
      // Only our tag keeps it from being pruned.
      const tags = yield* bed.api.images.list({ reference: [`windflow/${name}/*`] })
      expect(tags.find(({ Id }) => Id === first)?.RepoTags).toEqual([`windflow/${name}/web:r1`])

      expect(yield* deployments.rollback(name)).toMatchObject({ number: 3, status: "succeeded", summary: "1 replaced" })
      expect(yield* image).toEqual([first])
      expect(yield* deployments.rollback(name, { to: 2 })).toMatchObject({ number: 4 })
      expect(yield* image).toEqual([second])
      expect((yield* deployments.history(name)).map(({ intent }) => intent)).toEqual([
        "rollback",
        "rollback",
        "up",
        "up",
      ])

      // An up that fails puts back what ran, and is a revision of its own; going back from there leaves what runs.
      const broken = stackOf(
        modelOf(name, { web: { image: busybox, command: ["false"], init: true, stop_grace_period: "0s" } }),
      )
      expect(yield* failing(broken)).toMatchObject({ _tag: "ContainerExited", restored: true })
      expect(yield* image).toEqual([second])
      expect(yield* deployments.rollback(name)).toMatchObject({ status: "succeeded", summary: "nothing changed" })
      expect(yield* image).toEqual([second])
    }),
  )
})

test("a revision whose image is gone is refused before anything is changed", async () => {
  const name = await project("gone")
  await withBed((bed) =>
    Effect.gen(function* () {
      const { deployments, up } = runsOn(bed)
      for (const version of ["one", "two"])
        yield* Effect.scoped(Effect.flatMap(builtFor(name, version), (stack) => up(stack, { build: "always" })))
      const before = yield* containersOf(bed, name)
      yield* bed.api.images.untag(`windflow/${name}/web:r1`)
      const [kept] = yield* bed.api.images.list({ dangling: ["true"], label: [`com.docker.compose.project=${name}`] })
      if (kept !== undefined) yield* bed.api.images.untag(kept.Id)
      expect(Result.getFailure(yield* Effect.result(deployments.rollback(name, { to: 1 })))).toMatchObject({
        value: { _tag: "PreflightRefused", findings: [{ check: "image", service: "web", what: `${name}:app` }] },
      })
      expect(yield* containersOf(bed, name)).toEqual(before)
    }),
  )
})

test("a revision with a secret that was rotated since is refused: its value is not there any more", async () => {
  const name = await project("rotated")
  const values = { key: { version: "v1", value: "old" } }
  const stack: Stack = {
    ...stackOf(
      modelOf(name, { web: { image: busybox, command: ["sleep", "1000"], init: true, stop_grace_period: "0s" } }),
    ),
    secretReferences: { web: { KEY: "key" } },
  }
  await withBed(
    (bed) =>
      Effect.gen(function* () {
        const { deployments, up } = runsOn(bed)
        yield* up(stack)
        values.key = { version: "v2", value: "new" }
        yield* up(stack)
        const before = yield* containersOf(bed, name)
        expect(Result.getFailure(yield* Effect.result(deployments.rollback(name)))).toMatchObject({
          value: { _tag: "PreflightRefused", findings: [{ check: "secret", service: "web", what: "key" }] },
        })
        expect(yield* containersOf(bed, name)).toEqual(before)
      }),
    secretsOf(values),
  )
})

test("bug: what came after a revision kept its port when one went back to it", async () => {
  const name = await project("renamed")
  const one: Partial<Service> = {
    image: busybox,
    command: ["sleep", "1000"],
    init: true,
    stop_grace_period: "0s",
    ports: [{ target: 80, published: "28471", host_ip: "127.0.0.1", protocol: "tcp" }],
  }
  await withBed((bed) =>
    Effect.gen(function* () {
      const { deployments, up } = runsOn(bed)
      const names = Effect.map(containersOf(bed, name), (found) => found.map(({ Name }) => Name))
      yield* up(stackOf(modelOf(name, { before: one })))
      yield* up(stackOf(modelOf(name, { after: one })), { removeOrphans: true })
      expect(yield* names).toEqual([`/${name}-after-1`])
      expect(yield* deployments.rollback(name)).toMatchObject({ status: "succeeded" })
      expect(yield* names).toEqual([`/${name}-before-1`])
    }),
  )
})
