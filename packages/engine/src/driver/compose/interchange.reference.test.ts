// Docker Compose 5.5.0 takes over what we deployed, and we what it deployed. (Equality is the difference suite's subject.)
import { execFileSync } from "node:child_process"
import { baseImages, composeReference, orSkip, session } from "@windflow/testcontainers"
import { Effect, Schema } from "effect"
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest"
import { StackModel } from "../../model/StackModel.ts"
import { changes, down, folder, openBed, stackOf, up, type Bed } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-interchange-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}
const withBed = <A, R>(body: (bed: Bed) => Effect.Effect<A, unknown, R>) =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body) as Effect.Effect<A, unknown>)) // folders live in this scope

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})
afterAll(() => withBed((bed) => Effect.forEach(projects, (name) => bed.down(name, { volumes: true }))))

/** Runs Compose in a folder; its model of the file is what the loader must give us too. */
const reference = async (context: TestContext) => {
  const { binary } = orSkip(await composeReference(), context)
  const compose = (directory: string, ...args: ReadonlyArray<string>) =>
    execFileSync(binary, ["-f", `${directory}/compose.yaml`, ...args], { encoding: "utf8", stdio: "pipe" })
  const stack = (directory: string) =>
    stackOf(
      Schema.decodeUnknownSync(Schema.fromJsonString(StackModel))(compose(directory, "config", "--format", "json")),
      directory,
    )
  return { compose, stack }
}

const inFolder = (text: string) => folder({ "compose.yaml": text })

const small = (name: string, command: string) => `
name: ${name}
services:
  db:
    image: ${busybox}
    command: [sleep, "1000"]
    init: true
    healthcheck: { test: [CMD, "true"], interval: 1s, start_period: 5s, start_interval: 1s }
  web:
    image: ${busybox}
    command: ${command}
    init: true
    scale: 2
    depends_on: { db: { condition: service_healthy } }
    volumes: ["data:/data", "/anonymous"]
volumes: { data: }
`
const ids = (name: string) =>
  execFileSync("docker", ["ps", "-aq", "--no-trunc", "--filter", `label=com.docker.compose.project=${name}`], {
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .toSorted()

test("Compose recreates nothing of ours, we nothing of Compose's; ls, ps, logs and down work on ours", async (context) => {
  const name = await project("both")
  const { compose, stack } = await reference(context)
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* inFolder(small(name, "sh -c 'echo hello; sleep 1000'"))
      yield* bed.up(stack(directory))
      const ours = ids(name)
      expect(ours).toHaveLength(3)
      compose(directory, "up", "-d")
      expect(ids(name)).toEqual(ours)
      expect(compose(directory, "ls", "--format", "json")).toContain(`${directory}/compose.yaml`)
      expect(compose(directory, "ps", "--services").trim().split("\n").toSorted()).toEqual(
        ["db", "web", "web"].slice(0, 2),
      )
      expect(compose(directory, "logs", "web")).toContain("hello")
      compose(directory, "down", "-t", "0")
      expect(ids(name)).toEqual([""])

      compose(directory, "up", "-d")
      const theirs = ids(name)
      expect(yield* Effect.map(bed.draft(up(stack(directory))), ({ draft }) => draft.operations)).toEqual([])
      expect((yield* bed.driver.instances(name)).map(({ managedBy }) => managedBy)).toEqual([
        "compose",
        "compose",
        "compose",
      ])
      const edited = yield* inFolder(small(name, "sleep 2000"))
      expect(changes(yield* bed.up(stack(edited)))).toEqual([
        "replace service:web:1 (configuration changed)",
        "replace service:web:2 (configuration changed)",
      ])
      const mixed = ids(name)
      expect(mixed.filter((id) => theirs.includes(id))).toHaveLength(1)
      compose(edited, "up", "-d")
      expect(ids(name)).toEqual(mixed)
      yield* bed.run(down(name, { volumes: true }))
      expect(ids(name)).toEqual([""])
    }),
  )
})

test("Compose goes on where we were interrupted, and we leave alone what it made", async (context) => {
  const name = await project("crash")
  const { compose, stack } = await reference(context)
  await withBed((bed) =>
    Effect.gen(function* () {
      const first = yield* inFolder(small(name, "sleep 1000"))
      const second = yield* inFolder(small(name, "sleep 2000"))
      yield* bed.up(stack(first))
      let count = 0
      yield* bed.run(up(stack(second)), () => count++ === 4)
      compose(second, "up", "-d", "-t", "0")
      const goneOn = ids(name)
      expect(goneOn).toHaveLength(3)
      // Compose leaves a replacement under its temporary name; giving it its own moves no container.
      const finished = "an interrupted replacement is finished"
      for (const change of changes(yield* bed.up(stack(second)))) expect(change).toContain(finished)
      expect(ids(name)).toEqual(goneOn)
      expect(changes((yield* bed.draft(up(stack(second)))).draft)).toEqual([])
    }),
  )
})
