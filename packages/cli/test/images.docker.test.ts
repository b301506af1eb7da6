/** `windflow pull` and `build` against an engine: a registry on loopback that serves, refuses, and an image made of nothing. */
import { baseImages, docker, type Registry, startRegistry } from "@windflow/testcontainers"
import { Schema } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { documents } from "../src/json.ts"
import { type Bed, bundle, clearBeds, makeBed } from "./bed.ts"

let registry: Registry
let bed: Bed
const image = (name: string) => `127.0.0.1:${registry.port}/${bed.project}/${name}:1`
const own = () => `${bed.project}-made:1`
const find = async (reference: string) => (await docker()).listImages({ filters: { reference: [reference] } })
const remove = async (reference: string) => {
  if ((await find(reference)).length > 0) await (await docker()).getImage(reference).remove()
}

beforeAll(async () => {
  registry = await startRegistry((await baseImages(["busybox"])).busybox)
  await bundle()
  bed = await makeBed("images")
  mkdirSync(path.join(bed.directory, "made"))
  writeFileSync(
    path.join(bed.directory, "made/Dockerfile"),
    "FROM scratch\nARG MARK=none\nLABEL mark=$MARK\nCOPY . /\n",
  )
  bed.write(`services:
  web: { image: "${image("web")}" }
  db: { image: "${image("db")}" }
  made: { image: "${own()}", build: made, pull_policy: build }
`)
})
afterAll(async () => {
  for (const reference of [image("web"), image("db"), own()]) await remove(reference)
  await clearBeds()
  await registry.stop()
})

const read = <A>(schema: Schema.Codec<A, unknown>, text: string) =>
  Schema.decodeUnknownSync(Schema.fromJsonString(schema), { onExcessProperty: "error" })(text)

it("pull must bring the images, and end with an error when the registry refuses, unless failures are to be ignored", async () => {
  const pulled = await bed.windflow(["pull", "--format", "json", "web"])
  expect(pulled).toMatchObject({ code: 0 })
  expect(read(documents.pull, pulled.out)).toEqual([{ image: image("web"), services: ["web"], outcome: "pulled" }])
  expect(await find(image("web"))).toHaveLength(1)
  const present = await bed.windflow(["pull", "--policy", "missing", "--format", "json", "web"])
  expect(read(documents.pull, present.out)).toMatchObject([{ outcome: "skipped", reason: "present" }])

  registry.refuse(404)
  const refused = await bed.windflow(["pull", "db"])
  expect(refused.code).not.toBe(0)
  expect(refused.err).toContain(image("db"))
  const ignored = await bed.windflow(["pull", "--ignore-pull-failures", "--format", "json", "db"])
  expect(ignored.code).toBe(0)
  expect(read(documents.pull, ignored.out)).toMatchObject([{ image: image("db"), outcome: "failed" }])
  registry.refuse(undefined)
  expect(await bed.windflow(["pull", "-q", "db"])).toMatchObject({ code: 0, out: "" })
  expect(await find(image("db"))).toHaveLength(1)
})

it("build must make the image with the given arguments, and tell its id", async () => {
  const built = await bed.windflow(["build", "--build-arg", "MARK=given", "--format", "json"])
  expect(built).toMatchObject({ code: 0 })
  const [entry] = read(documents.build, built.out)
  const { Id, Config } = await (await docker()).getImage(own()).inspect()
  expect(entry).toEqual({ service: "made", image: own(), id: Id })
  expect(Config.Labels).toMatchObject({ mark: "given" })
  const plain = await bed.windflow(["build", "--no-cache", "made"])
  expect(plain).toMatchObject({ code: 0, out: `Built ${own()}\n` })
  expect((await (await docker()).getImage(own()).inspect()).Config.Labels).toMatchObject({ mark: "none" })
})
