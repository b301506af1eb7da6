// A registry that refuses: typed, nothing that runs is touched, and the next up converges when it serves again.
import { baseImages, session, startRegistry, type Registry } from "@windflow/testcontainers"
import { Effect } from "effect"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { cleanUp, containersOf, runsOn } from "./runBed.ts"
import { modelOf, openBed, stackOf, type Bed } from "./testBed.ts"

let busybox = ""
let registry: Registry
const name = "windflow-test-safe-registry-faults"
const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body)))
const served = (version: string) => `127.0.0.1:${registry.port}/windflow-test-safe:${version}`

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
  registry = await startRegistry(busybox)
  ;(await session()).addProject(name)
})
afterEach(() => withBed((bed) => cleanUp(bed, name)))
afterAll(async () => {
  await withBed((bed) => bed.api.images.untag(served("1")))
  await registry.stop()
})

const stack = (image: string, command: string) =>
  stackOf(
    modelOf(name, {
      api: { image: busybox, command: ["sleep", command], init: true, stop_grace_period: "0s" },
      web: { image, command: ["sleep", "1000"], init: true, stop_grace_period: "0s" },
    }),
  )

test.each([
  [401, "NotAuthorised"],
  [403, "ImageMissing"],
  [404, "ImageMissing"],
  [500, "ImageMissing"],
])("it answers %i", async (status, tag) => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* bed.api.images.untag(served("1"))
      yield* runs.up(stack(busybox, "1000"))
      const before = yield* containersOf(bed, name)
      registry.refuse(status)
      const error = yield* runs.failing(stack(served("1"), "1001"))
      expect(error?._tag).toBe(tag)
      expect(error?.message).toContain(served("1"))
      expect(yield* containersOf(bed, name)).toEqual(before)
      // Refused before the lock: no revision tells of it.
      expect(yield* runs.deployments.history(name)).toHaveLength(1)

      registry.refuse(undefined)
      expect(yield* runs.up(stack(served("1"), "1001"))).toMatchObject({ status: "succeeded", summary: "2 replaced" })
    }),
  )
})
