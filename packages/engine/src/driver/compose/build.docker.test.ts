// Images built over the Engine API: what enters the context, names and labels, failures with their step and output.
import { execFileSync } from "node:child_process"
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { baseImages } from "@windflow/testcontainers"
import { Effect, Result, Schema, type Scope } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Build } from "../../model/StackModel.ts"
import { changes, folder, modelOf, openBed, stackOf, up, walk, type Bed } from "./testBed.ts"

let busybox = ""
const project = "windflow-test-build"
const image = `${project}-web`

const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body)))

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})
afterAll(() =>
  withBed((bed) =>
    Effect.gen(function* () {
      yield* bed.down(project, { volumes: true })
      yield* bed.api.images.untag(`${image}:latest`)
      yield* bed.api.images.untag(`${project}-extra:7`)
    }),
  ),
)

const stackOfBuild = (directory: string, build: typeof Build.Type) =>
  stackOf(
    modelOf(project, { web: { build: { context: directory, dockerfile: "Dockerfile", ...build }, command: ["true"] } }),
    directory,
  )

const dockerfile = () => `
FROM ${busybox} AS first
ARG WHO
RUN echo "built for $WHO" > /who
COPY . /context/
FROM first AS second
RUN echo second > /stage
`
/** What a command prints in the image. */
const inImage = (reference: string, ...argv: ReadonlyArray<string>) =>
  execFileSync("docker", ["run", "--rm", "--network=none", reference, ...argv], { encoding: "utf8" }).trim()

test("context, arguments, target, labels, name and tags", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({
        Dockerfile: dockerfile(),
        ".dockerignore": "*.log\nignored\n!kept.log\nDockerfile\n",
        "a.txt": "a",
        "x.log": "x",
        "kept.log": "k",
        "deep/b.txt": "b",
        "ignored/c.txt": "c",
      })
      symlinkSync("a.txt", join(directory, "link"))
      const build = { args: { WHO: "us" }, target: "first", labels: { team: "t" }, tags: [`${project}-extra:7`] }
      const stack = stackOfBuild(directory, build)
      const before = yield* bed.draft(up(stack), true)
      expect(before.desired).toMatchObject({ services: [{ image: { reference: image, id: null, pending: "build" } }] })

      const texts: Array<string> = []
      const desired = yield* bed.driver.prepare(up(stack), {
        preview: false,
        report: ({ text }) => Effect.sync(() => void texts.push(text ?? "")),
      })
      expect(texts.join("\n")).toContain("COPY . /context/")
      const found = (yield* bed.api.images.find(image))?.Id
      expect(desired).toMatchObject({ services: [{ image: { reference: image, id: found } }] })
      expect((yield* bed.api.images.find(`${project}-extra:7`))?.Id).toBe(found)
      expect(inImage(image, "cat", "/who")).toBe("built for us")
      expect(inImage(image, "sh", "-c", "cd /context && find . -type f -o -type l | sort").split("\n")).toEqual([
        "./.dockerignore",
        "./a.txt",
        "./deep/b.txt",
        "./kept.log",
        "./link",
      ])
      const labels = execFileSync("docker", ["inspect", "-f", "{{json .Config.Labels}}", image], { encoding: "utf8" })
      expect(JSON.parse(labels)).toMatchObject({
        team: "t",
        "com.docker.compose.project": project,
        "com.docker.compose.service": "web",
      })

      // It is there now: no second build, and a changed image replaces.
      yield* bed.up(stack, { until: "started" })
      const { draft } = yield* bed.draft(
        up(stackOfBuild(directory, { ...build, target: "second" }), { build: "always" }),
      )
      expect(changes(draft)).toContain("replace service:web:1 (image changed)")

      // A saved state gets the very image it was made with, though the name means another one now.
      yield* bed.down(project)
      const saved = yield* Schema.encodeEffect(bed.driver.desired)(desired)
      const again = yield* Schema.decodeEffect(bed.driver.desired)(saved)
      const restored = yield* Effect.fromResult(bed.driver.plan(again, yield* bed.driver.observe(again)))
      yield* walk(bed.driver, again, restored.operations, ({ verb }) => verb === "Wait")
      const [container] = yield* bed.api.containers.list({ label: [`com.docker.compose.project=${project}`] })
      expect(container?.ImageID).toBe(found)
      yield* bed.api.images.untag(`${image}:latest`)
    }),
  )
})

test("an inline Dockerfile, and one outside of the context: neither is in the context", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({
        "context/a.txt": "a",
        "Other.dockerfile": `FROM ${busybox}\nCOPY . /all/\nRUN test "$(ls -A /all)" = a.txt && echo other > /o\n`,
      })
      const context = join(directory, "context")
      const inline = `FROM ${busybox}\nCOPY . /all/\nRUN test "$(ls -A /all):$(cat /all/a.txt)" = a.txt:a\n`
      yield* bed.draft(up(stackOfBuild(context, { dockerfile_inline: inline }), { build: "always" }))
      yield* bed.draft(
        up(stackOfBuild(context, { dockerfile: join(directory, "Other.dockerfile") }), { build: "always" }),
      )
      expect(inImage(image, "cat", "/o")).toBe("other")
    }),
  )
})

test.each([
  [
    "a step that fails",
    () => `FROM ${busybox}\nRUN echo the reason; exit 3\n`,
    { step: "RUN echo the reason", detail: "the reason" },
  ],
  [
    "a base that is nowhere",
    () => "FROM windflow-fixture.invalid/x:1\n",
    { step: "", detail: "windflow-fixture.invalid" },
  ],
  ["a Dockerfile that is none", () => "NONSENSE here\n", { step: "", detail: "NONSENSE" }],
])("%s", async (_, text, expected) => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({ Dockerfile: text() })
      const result = yield* Effect.result(bed.draft(up(stackOfBuild(directory, {}), { build: "always" })))
      const error = Result.isFailure(result) ? result.failure : undefined
      expect(error).toMatchObject({
        _tag: "BuildFailed",
        service: "web",
        step: expect.stringContaining(expected.step),
        detail: expect.stringContaining(expected.detail),
        place: { file: "compose.yaml" },
      })
    }),
  )
})
