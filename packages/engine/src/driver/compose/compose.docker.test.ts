// The five steps against a real engine: deploy, change nothing, edit, scale, survive a crash at every operation, remove.
import { baseImages, session } from "@windflow/testcontainers"
import { Effect, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Service } from "../../model/StackModel.ts"
import { checkConformance } from "../conformance/index.ts"
import { changes, down, modelOf, openBed, secretsOf, stackOf, up, type Bed } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()

/** A project of this file, whose remains the reaper removes should this process be killed. */
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-compose-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}

const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown>, ...args: Parameters<typeof openBed>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(...args), body)))

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})
afterAll(() =>
  withBed((bed) => Effect.forEach(projects, (name) => bed.down(name, { volumes: true }), { concurrency: 4 })),
)

const sleeping: Partial<Service> = { command: ["sleep", "1000"], stop_grace_period: "0s", init: true }
const healthy = { test: ["CMD", "true"], interval: "100ms", start_period: "5s", start_interval: "100ms" }
const services = (webCommand = "1000"): Readonly<Record<string, Partial<Service>>> => ({
  db: { ...sleeping, image: busybox, healthcheck: healthy },
  job: { image: busybox, command: ["true"], depends_on: { db: { condition: "service_healthy", required: true } } },
  web: {
    ...sleeping,
    image: busybox,
    command: ["sleep", webCommand],
    depends_on: { job: { condition: "service_completed_successfully", required: true } },
    volumes: [
      { type: "volume", source: "data", target: "/data" },
      { type: "volume", target: "/anonymous" },
    ],
  },
})
const stackFor = (name: string, webCommand?: string) =>
  stackOf(modelOf(name, services(webCommand), { volumes: { data: { name: `${name}_data` } } }))

const containersOf = (bed: Bed, name: string) =>
  Effect.map(bed.driver.instances(name), (list) => list.map(({ name, state, health }) => `${name} ${state} ${health}`))

describe("compose driver", () => {
  test("the laws of the contract hold", async () => {
    const name = await project("laws")
    const results = await withBed((bed) =>
      checkConformance(bed.driver, {
        up: up(stackFor(name)),
        edit: up(stackFor(name, "2000")),
        down: down(name, { volumes: true }),
        recordName: `windflow.test.${name}`,
      }),
    )
    expect(results.filter(({ broken }) => broken !== undefined)).toEqual([])
    expect(results.length).toBeGreaterThan(50)
  })

  test("up, nothing, edit, down", async () => {
    const name = await project("life")
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(stackFor(name))
        const first = yield* containersOf(bed, name)
        expect(first).toEqual([
          `${name}-db-1 running healthy`,
          `${name}-job-1 exited none`,
          `${name}-web-1 running none`,
        ])

        const fresh = yield* openBed()
        const { draft } = yield* fresh.draft(up(stackFor(name)))
        expect(draft.operations).toEqual([])
        expect(yield* fresh.api.calls).toBeLessThanOrEqual(5)

        const before = yield* bed.driver.instances(name)
        const edit = yield* bed.up(stackFor(name, "2000"))
        expect(changes(edit)).toEqual(["replace service:web:1 (configuration changed: command)"])
        const after = yield* bed.driver.instances(name)
        const ids = (list: typeof before, service: string) => list.find((found) => found.service === service)?.id
        expect(ids(after, "db")).toBe(ids(before, "db"))
        expect(ids(after, "web")).not.toBe(ids(before, "web"))

        yield* bed.down(name)
        expect(yield* bed.driver.instances(name)).toEqual([])
        expect(yield* bed.api.networks.list({ label: [`com.docker.compose.project=${name}`] })).toEqual([])
        const volumes = yield* bed.api.volumes.list({ label: [`com.docker.compose.project=${name}`] })
        expect(volumes.map((volume) => volume.Name)).toEqual([`${name}_data`])
        yield* bed.down(name, { volumes: true })
        expect(yield* bed.api.volumes.list({ label: [`com.docker.compose.project=${name}`] })).toEqual([])
      }).pipe(Effect.scoped),
    )
  })

  test("an anonymous volume keeps its data over a replacement", async () => {
    const name = await project("anonymous")
    const volume = (bed: Bed) =>
      Effect.map(bed.api.containers.list({ name: [`^/${name}-web-1$`] }), (found) =>
        found[0]?.Mounts?.find((mount) => mount.Destination === "/anonymous"),
      )
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(stackFor(name))
        const before = yield* volume(bed)
        yield* bed.up(stackFor(name, "2000"))
        expect((yield* volume(bed))?.Name).toBe(before?.Name)
        expect(before?.Name).toMatch(/^[0-9a-f]{64}$/)
      }),
    )
  })

  test("interrupted before any operation of an edit, the next up converges to the same", async () => {
    const name = await project("crash")
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(stackFor(name))
        const total = (yield* bed.draft(up(stackFor(name, "0")))).draft.operations.length
        expect(total).toBe(6)
        for (let stop = 0; stop < total; stop++) {
          const stack = stackFor(name, String(2000 + stop))
          let count = 0
          yield* bed.run(up(stack), () => count++ === stop)
          yield* bed.up(stack)
          expect(yield* containersOf(bed, name)).toEqual([
            `${name}-db-1 running healthy`,
            `${name}-job-1 exited none`,
            `${name}-web-1 running none`,
          ])
          expect((yield* bed.draft(up(stack))).draft.operations).toEqual([])
        }
      }),
    )
  })

  test("interrupted before any operation of the first up or of a down, it converges as well", async () => {
    const name = await project("first")
    await withBed((bed) =>
      Effect.gen(function* () {
        const total = (yield* bed.draft(up(stackFor(name)))).draft.operations.length
        for (let stop = 1; stop < total; stop += 2) {
          let count = 0
          yield* bed.run(up(stackFor(name)), () => count++ === stop)
          yield* bed.up(stackFor(name))
          expect((yield* bed.draft(up(stackFor(name)))).draft.operations).toEqual([])
          let downs = 0
          yield* bed.run(down(name), () => downs++ === stop % 5)
          yield* bed.down(name)
          expect(yield* bed.driver.instances(name)).toEqual([])
        }
      }),
    )
  })

  test("scale up and down; a changed network is made anew under its containers", async () => {
    const name = await project("scale")
    const model = modelOf(name, { web: { ...sleeping, image: busybox } })
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(stackOf(model), { scale: { web: 3 } })
        expect(yield* containersOf(bed, name)).toHaveLength(3)
        yield* bed.up(stackOf(model))
        expect(yield* containersOf(bed, name)).toEqual([`${name}-web-1 running none`])
        const network = { default: { name: `${name}_default`, ipam: {}, labels: { changed: "yes" } } }
        const changed = stackOf({ ...model, networks: network })
        expect(changes(yield* bed.up(changed))).toEqual([
          "replace network:default (configuration changed)",
          "replace service:web:1 (network default changed)",
        ])
        expect((yield* bed.draft(up(changed))).draft.operations).toEqual([])
      }),
    )
  })

  test("secrets arrive as values, only their version enters labels and plans", async () => {
    const name = await project("secret")
    const value = "canary-3f9a"
    const stack = {
      ...stackOf(modelOf(name, { web: { ...sleeping, image: busybox } })),
      secretReferences: { web: { KEY: "key" } },
    }
    await withBed(
      (bed) =>
        Effect.gen(function* () {
          const { desired, draft } = yield* bed.draft(up(stack))
          expect(JSON.stringify([desired, draft])).not.toContain(value)
          yield* bed.up(stack)
          const session = yield* bed.driver.exec({ project: name, service: "web", argv: ["sh", "-c", "echo $KEY"] })
          const output = yield* Stream.runCollect(session.output)
          expect(Buffer.concat(output.map(({ bytes }) => bytes)).toString()).toBe(`${value}\n`)
          const labels = (yield* bed.api.containers.list({ label: [`com.docker.compose.project=${name}`] }))[0]?.Labels
          expect(JSON.stringify(labels)).not.toContain(value)
          expect((yield* bed.draft(up(stack))).draft.operations).toEqual([])
        }).pipe(Effect.scoped),
      undefined,
      secretsOf({ key: { version: "v1", value } }),
    )
    const rotated = await withBed(
      (bed) => bed.draft(up(stack)),
      undefined,
      secretsOf({ key: { version: "v2", value: "other" } }),
    )
    expect(changes(rotated.draft)).toEqual(["replace service:web:1 (secret changed: environment.KEY)"])
  })

  test("a one-off container of Compose is nobody's orphan and nobody's replica; a down takes it along", async () => {
    const name = await project("oneoff")
    const stack = stackOf(modelOf(name, { web: { ...sleeping, image: busybox } }))
    await withBed((bed) =>
      Effect.gen(function* () {
        const { Id } = yield* bed.api.containers.create(`${name}-web-run-1`, {
          Image: busybox,
          Cmd: ["true"],
          Labels: {
            "com.docker.compose.project": name,
            "com.docker.compose.service": "web",
            "com.docker.compose.oneoff": "True",
          },
        })
        const draft = yield* bed.up(stack, { removeOrphans: true })
        expect(changes(draft)).toEqual(["create network:default (no network)", "create service:web:1 (no container)"])
        yield* bed.down(name, { removeOrphans: false })
        expect((yield* bed.api.containers.inspect(Id)).Id).toBe(Id)
        yield* bed.down(name)
        expect(yield* bed.api.containers.list({ label: [`com.docker.compose.project=${name}`] })).toEqual([])
      }),
    )
  })

  test("the images of a revision are kept by a tag each, over a down, until the revision is forgotten", async () => {
    const name = await project("retain_1")
    const stack = stackOf(modelOf(name, { web: { ...sleeping, image: busybox }, zoe: { ...sleeping, image: busybox } }))
    await withBed((bed) =>
      Effect.gen(function* () {
        const { desired } = yield* bed.draft(up(stack))
        const tags = Effect.map(bed.api.images.list({ reference: [`windflow/${name}/*`] }), (images) =>
          images
            .flatMap((image) => image.RepoTags ?? [])
            .filter((tag) => tag.startsWith(`windflow/${name}/`))
            .sort(),
        )
        const { retain, forget } = bed.driver
        if (retain === undefined || forget === undefined) throw new Error("the driver keeps no images")
        for (const revision of [1, 2, 3]) yield* retain(desired, revision)
        yield* bed.down(name)
        expect(yield* tags).toEqual([1, 2, 3].map((revision) => `windflow/${name}/web:r${revision}`))
        yield* forget(name, [3, 2])
        expect(yield* tags).toEqual([2, 3].map((revision) => `windflow/${name}/web:r${revision}`))
        yield* forget(name, [])
        expect(yield* tags).toEqual([])
      }),
    )
  })
})
