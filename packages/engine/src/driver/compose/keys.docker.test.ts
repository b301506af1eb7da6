// Keys of the model whose behaviour only an engine shows.
import { baseImages, session } from "@windflow/testcontainers"
import { Effect, Redacted, Stream } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Stack } from "../../model/Stack.ts"
import type { Service, StackModel } from "../../model/StackModel.ts"
import { checkConformance } from "../conformance/index.ts"
import { type Bed, changes, down, folder, modelOf, openBed, stackOf, up, walk } from "./testBed.ts"

let busybox = ""
const projects = new Set<string>()

const project = async (name: string): Promise<string> => {
  const full = `windflow-test-keys-${name}`
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

const shell = (bed: Bed, project: string, service: string, command: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* bed.driver.exec({ project, service, argv: ["sh", "-c", command] })
      const output = yield* Stream.runCollect(session.output)
      return Buffer.concat(output.map(({ bytes }) => bytes)).toString()
    }),
  )

const labelsOf = (bed: Bed, name: string) =>
  Effect.map(bed.api.containers.list({ label: [`com.docker.compose.project=${name}`] }), (list) =>
    list.map(({ Labels }) => Labels),
  )

describe("configs and secrets", () => {
  const stackFor = (name: string, model: Partial<StackModel>, value: string): Stack => {
    const grants: Partial<Service> = {
      configs: [{ source: "inline", target: "/etc/app.conf", mode: "0440", uid: "5", gid: "6" }, { source: "plain" }],
      secrets: [{ source: "token" }],
    }
    const objects = { secrets: { token: { name: `${name}_token`, environment: "TOKEN" } } }
    const base = stackOf(modelOf(name, { web: { ...sleeping, image: busybox, ...grants } }, { ...objects, ...model }))
    return { ...base, origin: { ...base.origin, content: () => Redacted.make(value) } }
  }

  test("from content and environment: there before the start, replaced when they change, no value left behind", async () => {
    const name = await project("contents")
    const value = "a secret of the environment"
    const configs = { inline: { content: "one\n" }, plain: { content: "plain\n" } }
    const stack = stackFor(name, { configs }, value)
    await withBed((bed) =>
      Effect.gen(function* () {
        const { desired, draft } = yield* bed.draft(up(stack))
        expect(JSON.stringify([desired, draft])).not.toContain(value)
        yield* bed.up(stack)
        const look =
          "stat -c '%n %a %u %g' /etc/app.conf /plain /run/secrets/token; cat /etc/app.conf /plain /run/secrets/token"
        expect(yield* shell(bed, name, "web", look)).toBe(
          `/etc/app.conf 440 5 6\n/plain 444 0 0\n/run/secrets/token 444 0 0\none\nplain\n${value}`,
        )
        expect(JSON.stringify(yield* labelsOf(bed, name))).not.toContain(value)
        expect((yield* bed.draft(up(stack))).draft.operations).toEqual([])
        const edited = stackFor(name, { configs: { ...configs, inline: { content: "two\n" } } }, value)
        expect(changes(yield* bed.up(edited))).toEqual([
          "replace service:web:1 (config changed: configs.inline.content)",
        ])
        expect(yield* shell(bed, name, "web", "cat /etc/app.conf")).toBe("two\n")
        const rotated = stackFor(name, { configs: edited.model.configs ?? {} }, "another")
        expect(changes((yield* bed.draft(up(rotated))).draft)).toEqual([
          "replace service:web:1 (secret changed: secrets.token.content)",
        ])
      }),
    )
  })

  test("a run that died between create and upload goes on with it; one in another process asks the variable", async () => {
    const name = await project("resumed")
    const stack = stackFor(name, { configs: { inline: { content: "x" }, plain: { content: "y" } } }, "hush")
    await withBed((bed) => bed.run(up(stack), ({ verb }) => verb === "UploadFiles"))
    await withBed((bed) =>
      Effect.gen(function* () {
        const { desired, draft } = yield* bed.draft(up(stack))
        expect(draft.operations.map(({ verb }) => verb)).toEqual([
          "UploadFiles",
          "UploadFiles",
          "StartContainer",
          "Wait",
        ])
        const upload = draft.operations[0]!
        const elsewhere = yield* Effect.flip(
          Effect.flatMap(openBed(), (other) =>
            other.driver.execute(upload, { desired, inputs: {}, report: () => Effect.void }),
          ),
        )
        expect(elsewhere.message).toContain("TOKEN")
        yield* bed.up(stack)
        expect(yield* shell(bed, name, "web", "cat /run/secrets/token")).toBe("hush")
      }).pipe(Effect.scoped),
    )
  })
})

describe("hooks", () => {
  test("before the start, after it and before the stop; a replacement runs those of the container that goes", async () => {
    const name = await project("hooks")
    const say = (text: string) => ({ command: ["sh", "-c", `echo ${text} >> /log/said; echo said ${text}`] })
    const service = (version: string): Partial<Service> => ({
      ...sleeping,
      image: busybox,
      environment: { V: version },
      volumes: [{ type: "volume", source: "log", target: "/log" }],
      pre_start: [say("prepare-$V-$W")].map((hook) => ({ ...hook, environment: { W: "w" } })),
      post_start: [{ ...say("started-$(id -g)-$PWD"), user: "0:7", working_dir: "/tmp" }, say(`tell-${version}`)],
      pre_stop: [say(`drain-${version}`)],
    })
    const stack = (version: string) =>
      stackOf(modelOf(name, { web: service(version) }, { volumes: { log: { name: `${name}_log` } } }))
    await withBed((bed) =>
      Effect.gen(function* () {
        const told: Array<string> = []
        const { desired, draft } = yield* bed.draft(up(stack("one")))
        expect(draft.operations.map(({ verb }) => verb)).toContain("RunPreStart")
        yield* walk(bed.driver, desired, draft.operations, undefined, ({ text }) =>
          Effect.sync(() => void told.push(text ?? "")),
        )
        expect(told).toEqual(["said prepare-one-w", "said started-7-/tmp", "said tell-one"])
        expect((yield* bed.draft(up(stack("one")))).draft.operations).toEqual([])
        yield* bed.up(stack("two"))
        const said = (yield* shell(bed, name, "web", "cat /log/said")).trim().split("\n")
        const second = said.slice(3)
        expect(said.slice(0, 3)).toEqual(["prepare-one-w", "started-7-/tmp", "tell-one"])
        // Nothing orders the new preparation and the old one's end.
        expect(second.slice(0, 2).toSorted()).toEqual(["drain-one", "prepare-two-w"])
        expect(second.slice(2)).toEqual(["started-7-/tmp", "tell-two"])
        const left = yield* bed.api.containers.list({ label: ["windflow.hook", `com.docker.compose.project=${name}`] })
        expect(left).toEqual([])
        const since = (from: number) =>
          Effect.map(shell(bed, name, "web", "cat /log/said"), (all) => all.trim().split("\n").slice(from))
        // With no grace Docker 26 may tidy up twice after a stop, and takes the file system of what starts next with it.
        const [stop, start] = [
          { _tag: "Stop", project: name, stopTimeout: 5 },
          { _tag: "Start", project: name, wait: false, waitTimeout: 60 },
        ] as const
        yield* bed.run(stop)
        yield* bed.run(start)
        expect(yield* since(said.length)).toEqual(["drain-two", "started-7-/tmp", "tell-two"])
        yield* bed.run({ _tag: "Restart", project: name, stopTimeout: 5, noDeps: false, waitTimeout: 60 })
        expect(yield* since(said.length + 3)).toEqual(["drain-two", "started-7-/tmp", "tell-two"])
        const gone = yield* bed.down(name)
        expect(gone.operations.map(({ verb }) => verb)).toContain("RunHook")
      }),
    )
  })

  test.each([
    ["pre_start", "pre_start[0]", "created"],
    ["post_start", "post_start[0]", "running"],
  ] as const)(
    "a %s that fails ends the run with its output, and leaves nothing of its own",
    async (key, hook, state) => {
      const name = await project(`failing-${key.replace("_", "-")}`)
      const failing = { command: ["sh", "-c", "echo no luck; exit 3"] }
      const stack = stackOf(modelOf(name, { web: { ...sleeping, image: busybox, [key]: [failing] } }))
      await withBed((bed) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(bed.up(stack))
          expect(error).toMatchObject({ _tag: "HookFailed", service: "web", hook, exitCode: 3, log: "no luck" })
          const there = yield* bed.api.containers.list({ label: [`com.docker.compose.project=${name}`] })
          expect(there.map(({ State }) => State)).toEqual([state])
        }),
      )
    },
  )
})

describe("other keys", () => {
  test("the engine's socket, a seccomp profile from a file", async () => {
    const name = await project("others")
    const profile = '{ "defaultAction": "SCMP_ACT_ALLOW" }'
    await withBed((bed) =>
      Effect.gen(function* () {
        const directory = yield* folder({ "profile.json": profile })
        const web = { ...sleeping, image: busybox, use_api_socket: true, security_opt: ["seccomp=./profile.json"] }
        const stack = stackOf(modelOf(name, { web }), directory)
        yield* bed.up(stack)
        const look = "ls /var/run/docker.sock; echo $DOCKER_CONFIG; cat /run/secrets/docker/config.json"
        expect(yield* shell(bed, name, "web", look)).toMatch(
          /^\/var\/run\/docker\.sock\n\/run\/secrets\/docker\n\{\n\t"auths": /,
        )
        expect((yield* bed.draft(up(stack))).draft.operations).toEqual([])
      }).pipe(Effect.scoped),
    )
  })

  test("an anonymous volume moves along as long as it is declared, unless new ones are asked for", async () => {
    const name = await project("inherited")
    const stack = (version: string, volumes: Service["volumes"]) =>
      stackOf(modelOf(name, { web: { ...sleeping, image: busybox, environment: { version }, volumes: volumes ?? [] } }))
    await withBed((bed) =>
      Effect.gen(function* () {
        const targets = Effect.map(bed.api.containers.list({ label: [`com.docker.compose.project=${name}`] }), (list) =>
          (list[0]?.Mounts ?? []).map(({ Destination, Name }) => `${Destination} ${Name}`),
        )
        yield* bed.up(
          stack("1", [
            { type: "volume", target: "/one" },
            { type: "volume", target: "/two" },
          ]),
        )
        const before = yield* targets
        yield* bed.up(stack("2", [{ type: "volume", target: "/one" }]))
        expect(yield* targets).toEqual(before.filter((mount) => mount.startsWith("/one ")))
        yield* bed.up(stack("3", [{ type: "volume", target: "/one" }]), { renewAnonymousVolumes: true })
        const renewed = yield* targets
        expect([renewed.length, before.includes(renewed[0] ?? "")]).toEqual([1, false])
      }),
    )
  })
})

describe("crashes", () => {
  /** Everything whose operations depend on each other: an id that another operation gives, files, hooks. */
  const stackFor = (name: string, version: string): Stack => {
    const web: Partial<Service> = {
      ...sleeping,
      image: busybox,
      environment: { version },
      configs: [{ source: "app" }],
      post_start: [{ command: ["true"] }],
      pre_stop: [{ command: ["true"] }],
    }
    const side: Partial<Service> = {
      ...sleeping,
      image: busybox,
      networks: {},
      network_mode: "service:web",
      volumes_from: ["web"],
      depends_on: { web: { condition: "service_started", restart: true, required: true } },
    }
    return stackOf(modelOf(name, { web, side }, { configs: { app: { content: version } } }))
  }
  const network = (bed: Bed, name: string) =>
    Effect.gen(function* () {
      const list = yield* bed.api.containers.list({ label: [`com.docker.compose.project=${name}`] })
      const find = (service: string) => list.find(({ Labels }) => Labels?.["com.docker.compose.service"] === service)
      const names = list.map(({ Names, State }) => `${Names?.join()} ${State}`).toSorted()
      return { names, sharesWith: find("side")?.HostConfig?.NetworkMode, web: find("web")?.Id }
    })

  test("the laws of the contract hold for them", async () => {
    const name = await project("laws")
    const results = await withBed((bed) =>
      checkConformance(bed.driver, {
        up: up(stackFor(name, "one")),
        edit: up(stackFor(name, "two")),
        down: down(name, { volumes: true }),
        recordName: `windflow.test.${name}`,
      }),
    )
    expect(results.filter(({ broken }) => broken !== undefined)).toEqual([])
    expect(results.map(({ law }) => law)).toContain("up: UploadFiles may be repeated")
  })

  test("a run that dies before any operation of an edit is finished by the next", async () => {
    const name = await project("sweep")
    await withBed((bed) =>
      Effect.gen(function* () {
        yield* bed.up(stackFor(name, "0"))
        const { draft } = yield* bed.draft(up(stackFor(name, "1")))
        const operations = draft.operations.filter(({ verb }) => verb !== "Wait").length
        expect(operations).toBeGreaterThan(10)
        // One in three; all of them with WINDFLOW_NIGHTLY=1.
        for (let crash = 0; crash < operations; crash += process.env["WINDFLOW_NIGHTLY"] === "1" ? 1 : 3) {
          const stack = stackFor(name, `crash ${crash}`)
          let count = 0
          yield* bed.run(up(stack), () => count++ === crash)
          yield* bed.up(stack)
          const { names, sharesWith, web } = yield* network(bed, name)
          expect(names).toEqual([`/${name}-side-1 running`, `/${name}-web-1 running`])
          expect(sharesWith).toBe(`container:${web}`)
          expect(yield* shell(bed, name, "web", "cat /app")).toBe(`crash ${crash}`)
          expect((yield* bed.draft(up(stack))).draft.operations).toEqual([])
        }
      }),
    )
  })
})
