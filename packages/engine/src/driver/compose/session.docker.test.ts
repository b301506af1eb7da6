// Logs and exec on a real engine: order, halves, restarts, back-pressure; both ends of an exec.
import { baseImages, session } from "@windflow/testcontainers"
import { Deferred, Effect, Fiber, Result, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Service } from "../../model/StackModel.ts"
import type { LogLine } from "../Driver.ts"
import { modelOf, openBed, stackOf, type Bed } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-session-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}
const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body)))

beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
})
afterAll(() => withBed((bed) => Effect.forEach(projects, (name) => bed.down(name, { volumes: true }))))

const shell = (script: string, over: Partial<Service> = {}): Partial<Service> => ({
  image: busybox,
  command: ["sh", "-c", script],
  init: true,
  stop_grace_period: "0s",
  ...over,
})
const textOf = (line: LogLine) => ("text" in line ? `${line.container} ${line.stream} ${line.text}` : "dropped")

describe("logs", () => {
  test("of several containers: both streams, tail, since, services", async () => {
    const name = await project("logs")
    const model = modelOf(name, {
      a: shell("echo one; echo zwei €; echo bad >&2; sleep 1000"),
      b: shell("printf 'no end'"),
      c: shell("echo terminal; sleep 1000", { tty: true }),
    })
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(stackOf(model))
        const read = (options: {
          readonly tail?: number
          readonly services?: ReadonlyArray<string>
          readonly since?: string
        }) =>
          Stream.runCollect(bed.driver.logs(name, { follow: false, ...options })).pipe(
            Effect.map((lines) => lines.map(textOf).toSorted()),
            // The engine writes the log a moment after the process wrote.
            Effect.repeat({ until: (lines) => lines.length >= (options.services === undefined ? 3 : 1), times: 200 }),
          )
        const expected = [
          "a-1 stderr bad",
          "a-1 stdout one",
          "a-1 stdout zwei €",
          "b-1 stdout no end",
          "c-1 stdout terminal",
        ]
        const all = yield* read({}).pipe(Effect.repeat({ until: (lines) => lines.length === 5, times: 200 }))
        expect(all).toEqual(expected)
        expect(yield* read({ services: ["b", "c"] })).toEqual(expected.slice(3))
        expect(yield* read({ tail: 1 })).toHaveLength(3)
        const later = new Date(Date.now() + 3_600_000).toISOString()
        expect(yield* Stream.runCollect(bed.driver.logs(name, { follow: false, since: later }))).toEqual([])
        const wrong = yield* Effect.result(Stream.runCollect(bed.driver.logs(name, { follow: false, since: "soon" })))
        expect(Result.isFailure(wrong) && wrong.failure._tag).toBe("Usage")
      }),
    )
  })

  test("followed over a restart: no line lost, none twice", async () => {
    const name = await project("follow")
    const model = modelOf(name, { a: shell("echo start; sleep 1000") })
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(stackOf(model))
        const id = (yield* bed.driver.instances(name))[0]?.id ?? ""
        const first = yield* Deferred.make<void>()
        const following = yield* Effect.forkChild(
          bed.driver.logs(name, { follow: true }).pipe(
            Stream.tap(() => Deferred.succeed(first, undefined)),
            Stream.take(3),
            Stream.runCollect,
          ),
        )
        yield* Deferred.await(first)
        for (let restart = 0; restart < 2; restart++) {
          yield* bed.api.containers.stop(id, 0)
          yield* bed.api.containers.start(id)
        }
        const lines = yield* Fiber.join(following).pipe(Effect.timeout("60 seconds"))
        expect(lines.map(textOf)).toEqual(["a-1 stdout start", "a-1 stdout start", "a-1 stdout start"])
        expect(new Set(lines.map((line) => ("at" in line ? line.at : ""))).size).toBe(3)
      }),
    )
  })

  test("a service that starts later joins", async () => {
    const name = await project("join")
    const a = shell("sleep 1000")
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(stackOf(modelOf(name, { a })))
        const following = yield* Effect.forkChild(Stream.runHead(bed.driver.logs(name, { follow: true })))
        yield* bed.up(stackOf(modelOf(name, { a, b: shell("echo here; sleep 1000") })))
        const line = yield* Fiber.join(following).pipe(Effect.timeout("60 seconds"))
        expect(line._tag === "Some" && textOf(line.value)).toBe("b-1 stdout here")
      }),
    )
  })

  test("a consumer that stops reading stops the reading", async () => {
    const name = await project("pressure")
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(
          stackOf(
            modelOf(name, { a: shell("yes 0123456789012345678901234567890123456789 | head -n 400000; sleep 1000") }),
          ),
        )
        // Endless for what a reader without back-pressure would hold; three lines are all that is taken.
        const lines = yield* Stream.runCollect(Stream.take(bed.driver.logs(name, { follow: true }), 3))
        expect(lines).toHaveLength(3)
      }),
    )
  })
})

describe("exec", () => {
  const bedWithService = async (name: string, body: (bed: Bed, full: string) => Effect.Effect<unknown, unknown>) => {
    const full = await project(name)
    await withBed((bed) =>
      Effect.andThen(bed.up(stackOf(modelOf(full, { web: shell("sleep 1000") }))), body(bed, full)),
    )
  }
  const output = (parts: ReadonlyArray<{ readonly stream: string; readonly bytes: Uint8Array }>, stream: string) =>
    Buffer.concat(parts.filter((part) => part.stream === stream).map(({ bytes }) => bytes)).toString()

  test("both streams and the exit code; input half-closed while output goes on", () =>
    bedWithService("exec", (bed, name) =>
      Effect.gen(function* () {
        const argv = ["sh", "-c", "cat; echo end of file; echo $WHO >&2; exit 5"]
        const exec = yield* bed.driver.exec({ project: name, service: "web", argv, environment: { WHO: "me" } })
        yield* exec.write(new TextEncoder().encode("in €\n"))
        yield* exec.end
        const parts = yield* Stream.runCollect(exec.output)
        expect(output(parts, "stdout")).toBe("in €\nend of file\n")
        expect(output(parts, "stderr")).toBe("me\n")
        expect(yield* exec.exitCode).toBe(5)
      }).pipe(Effect.scoped),
    ))

  test("a terminal has the size it is given, also later", () =>
    bedWithService("tty", (bed, name) =>
      Effect.gen(function* () {
        const argv = ["sh", "-c", "stty size; read line; stty size"]
        const exec = yield* bed.driver.exec({ project: name, service: "web", argv, tty: { columns: 91, rows: 33 } })
        let seen = ""
        yield* exec.output.pipe(
          Stream.runForEach(({ bytes }) =>
            Effect.gen(function* () {
              const before = seen
              seen += Buffer.from(bytes).toString()
              if (before.includes("33 91") || !seen.includes("33 91")) return
              yield* exec.resize({ columns: 120, rows: 40 })
              yield* exec.write(new TextEncoder().encode("\n"))
            }),
          ),
        )
        expect(seen).toContain("40 120")
        expect(yield* exec.exitCode).toBe(0)
      }).pipe(Effect.scoped),
    ))

  test("no such container", () =>
    bedWithService("none", (bed, name) =>
      Effect.gen(function* () {
        const result = yield* Effect.result(
          Effect.scoped(bed.driver.exec({ project: name, service: "web", index: 2, argv: ["true"] })),
        )
        expect(Result.isFailure(result) && result.failure._tag).toBe("NotDeployed")
      }),
    ))
})
