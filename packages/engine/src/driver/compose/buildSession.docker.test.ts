// What a build asks of its session: secrets, an SSH agent, credentials of registries, named contexts; and what it is refused.
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { join } from "node:path"
import { baseImages } from "@windflow/testcontainers"
import { Effect, Redacted, Result, Schema, type Scope } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Build, StackModel } from "../../model/StackModel.ts"
import type { DockerConfig } from "../../transport/dockerConfig.ts"
import { type BuildOptions, defaultBuildOptions } from "../Request.ts"
import { buildImages } from "./buildImages.ts"
import { makeHeldContents } from "./contents.ts"
import { composeDriver } from "./ComposeDriver.ts"
import { startRegistry } from "./registry.fixture.ts"
import { type Bed, changes, folder, modelOf, noSecrets, openBed, stackOf, up } from "./testBed.ts"

let [busybox, debian] = ["", ""]
const project = "windflow-test-build-session"
const built = (service = "web") => `${project}-${service}`

const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body)))

beforeAll(async () => {
  ;({ busybox, debian } = await baseImages(["busybox", "debian"]))
})
afterAll(() =>
  withBed((bed) =>
    Effect.gen(function* () {
      yield* bed.down(project, { volumes: true })
      for (const name of ["web", "base", "top"]) yield* bed.api.images.untag(`${built(name)}:latest`)
      const filters = ["--filter", "dangling=true", "--filter", `label=com.docker.compose.project=${project}`]
      const dangling = execFileSync("docker", ["image", "ls", "-q", ...filters], { encoding: "utf8" })
      for (const id of new Set(dangling.split("\n"))) if (id !== "") yield* bed.api.images.untag(id)
    }),
  ),
)

type Builds = Readonly<Record<string, typeof Build.Type>>
const stackOfBuilds = (directory: string, builds: Builds, rest: Partial<StackModel> = {}): Stack =>
  stackOf(
    modelOf(
      project,
      Object.fromEntries(
        Object.entries(builds).map(([name, build]) => [
          name,
          { build: { context: directory, ...build }, command: ["true"] },
        ]),
      ),
      rest,
    ),
    directory,
  )

/** What a build told, and how it ended. */
const run = (bed: Bed, stack: Stack, options: Partial<BuildOptions> = {}, config: DockerConfig = {}) =>
  Effect.gen(function* () {
    const texts: Array<string> = []
    const context = { api: bed.api, secrets: noSecrets, config, localFiles: true, contents: makeHeldContents() }
    const result = yield* Effect.result(
      buildImages(context, stack, { ...defaultBuildOptions, ...options }, ({ text }) =>
        Effect.sync(() => void texts.push(text ?? "")),
      ),
    )
    return { log: texts.join("\n"), error: Result.isFailure(result) ? result.failure : undefined }
  })
const jsonOf = Schema.encodeUnknownSync(Schema.fromJsonString(WindFlowError))
const inspected = (reference: string) => execFileSync("docker", ["image", "inspect", reference], { encoding: "utf8" })
const history = (reference: string) =>
  execFileSync("docker", ["history", "--no-trunc", reference], { encoding: "utf8" })

test("secrets from a file and from the environment reach the step, and nothing else", async () => {
  const [fromFile, fromEnvironment] = ["canary-file-4f1c", "canary-env-9d2e"]
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({
        "secret.txt": `${fromFile}\n`,
        ".dockerignore": "secret.txt\n",
        Dockerfile: `FROM ${busybox}
RUN --mount=type=secret,id=one,required --mount=type=secret,id=other,required \\
  test "$(cat /run/secrets/one):$(cat /run/secrets/other)" = "$(printf %s%s canary-file -4f1c):$(printf %s%s canary-env -9d2e)" && cat /run/secrets/one > /dev/null
RUN --mount=type=secret,id=one cat /run/secrets/one; echo no more
`,
      })
      const plain = stackOfBuilds(
        directory,
        {
          web: {
            secrets: [
              { source: "file", target: "one" },
              { source: "variable", target: "other" },
            ],
          },
        },
        { secrets: { file: { file: join(directory, "secret.txt") }, variable: { environment: "CANARY" } } },
      )
      const content = (kind: string, name: string) =>
        kind === "secrets" && name === "variable" ? Redacted.make(fromEnvironment) : undefined
      const stack: Stack = { ...plain, origin: { ...plain.origin, content } }
      const { log, error } = yield* run(bed, stack, { noCache: true })
      expect(error).toBeUndefined()
      // A step that prints its secret is shown without it.
      expect(log).toContain("[secret]")
      expect(log).toContain("no more")
      for (const canary of [fromFile, fromEnvironment]) {
        expect(log).not.toContain(canary)
        expect(inspected(built())).not.toContain(canary)
        expect(history(built())).not.toContain(canary)
        expect(JSON.stringify(stack.model)).not.toContain(canary)
      }
      const left = ["sh", "-c", "find / -xdev -type f | xargs grep -l 'canary-.*-' ; true"]
      expect(execFileSync("docker", ["run", "--rm", "--network=none", built(), ...left], { encoding: "utf8" })).toBe("")
    }),
  )
})

test("a step that fails after printing a secret, and a secret that was not given", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({
        s: "canary-fails-77aa",
        Dockerfile: `FROM ${busybox}\nRUN --mount=type=secret,id=s cat /run/secrets/s; exit 3\n`,
        Absent: `FROM ${busybox}\nRUN --mount=type=secret,id=absent,required cat /run/secrets/absent\n`,
      })
      const secrets = { s: { file: join(directory, "s") } }
      const printed = yield* run(bed, stackOfBuilds(directory, { web: { secrets: [{ source: "s" }] } }, { secrets }))
      expect(printed.error).toMatchObject({ _tag: "BuildFailed", detail: expect.stringContaining("[secret]") })
      expect(printed.log + jsonOf(printed.error)).not.toContain("canary-fails")
      const absent = yield* run(bed, stackOfBuilds(directory, { web: { dockerfile: "Absent" } }))
      expect(absent.error).toMatchObject({ _tag: "BuildFailed", detail: expect.stringContaining("absent") })
      const gone = { s: { file: join(directory, "gone") } }
      const unset = stackOfBuilds(
        directory,
        { web: { secrets: [{ source: "s" }] } },
        { secrets: { s: { environment: "UNSET" } } },
      )
      expect((yield* run(bed, unset)).error).toMatchObject({ _tag: "VariableMissing", variable: "UNSET", place: {} })
      const missing = yield* run(
        bed,
        stackOfBuilds(directory, { web: { secrets: [{ source: "s" }] } }, { secrets: gone }),
      )
      expect(missing.error).toMatchObject({ _tag: "FileUnreadable", reason: "missing", path: gone.s.file, place: {} })
    }),
  )
})

test("an SSH agent, by default and by name; without one the build does not start", async () => {
  const asked: Array<number> = []
  // Answers every request with an empty list of keys.
  const agent = createServer((socket) =>
    socket.on("data", (bytes: Buffer) => {
      asked.push(bytes.readUInt8(4))
      socket.write(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]))
    }),
  )
  try {
    await withBed((bed) =>
      Effect.gen(function* () {
        const directory = yield* folder({
          // Debian's perl speaks to Unix sockets; busybox does not.
          Dockerfile: `FROM ${debian}
COPY ask.pl /
RUN --mount=type=ssh,required perl /ask.pl 11 000000050c00000000
RUN --mount=type=ssh,id=other,required perl /ask.pl 19 0000000105
`,
          "ask.pl": `use IO::Socket::UNIX;
my $agent = IO::Socket::UNIX->new($ENV{SSH_AUTH_SOCK}) or die "no agent";
syswrite($agent, pack("NC", 1, $ARGV[0]));
my $answer = "";
while (length($answer) < length($ARGV[1]) / 2) { sysread($agent, $answer, 100, length($answer)) or last }
die "answer " . unpack("H*", $answer) unless unpack("H*", $answer) eq $ARGV[1];
`,
        })
        const path = join(directory, "agent.sock")
        agent.listen(path)
        yield* Effect.promise(() => once(agent, "listening"))
        const plain = stackOfBuilds(directory, { web: { ssh: ["default", `other=${path}`] } })
        const none = yield* run(bed, plain)
        expect(none.error).toMatchObject({
          _tag: "BuildFailed",
          step: "ssh: default",
          detail: expect.stringContaining("SSH_AUTH_SOCK"),
        })
        const variable = (name: string) => (name === "SSH_AUTH_SOCK" ? path : undefined)
        const { error } = yield* run(bed, { ...plain, origin: { ...plain.origin, variable } }, { noCache: true })
        expect(error).toBeUndefined()
        // The second step wanted to remove all keys: the agent never heard of it.
        expect(asked).toEqual([11])
        const key = yield* run(
          bed,
          stackOfBuilds(directory, { web: { ssh: [`default=${join(directory, "Dockerfile")}`] } }),
        )
        expect(key.error).toMatchObject({ _tag: "BuildFailed", detail: expect.stringContaining("not the socket") })
      }),
    )
  } finally {
    agent.close()
  }
})

test("base images: credentials go to the registry that is asked, others are never told", async () => {
  const account = { username: "deployer", password: "pass:word" }
  const registry = await startRegistry({ "hello.txt": "from the registry" }, account)
  try {
    await withBed((bed) =>
      Effect.gen(function* () {
        const auth = Buffer.from(`${account.username}:${account.password}`).toString("base64")
        const directory = yield* folder({
          Dockerfile: `FROM ${registry.host}/team/base:1\nCOPY --from=${busybox} /bin /bin\nRUN test "$(cat /hello.txt)" = "from the registry"\n`,
        })
        const stack = stackOfBuilds(directory, { web: {} })
        const denied = yield* run(bed, stack)
        expect(denied.error).toMatchObject({ _tag: "BuildFailed", detail: expect.stringMatching(/401|authoriz/i) })
        const allowed = yield* run(
          bed,
          stack,
          {},
          { auths: { [registry.host]: { auth }, "other.example": { auth: "bm86bm8=" } } },
        )
        expect(allowed.error).toBeUndefined()
        expect(new Set(registry.credentials())).toEqual(new Set(["deployer:pass:word"]))
        const broken = yield* run(bed, stack, { pull: true, noCache: true }, { credsStore: "windflow-none" })
        expect(broken.error).toMatchObject({ _tag: "NotAuthorised", detail: expect.stringContaining("not in PATH") })
      }),
    )
  } finally {
    await registry.close()
  }
})

test("named contexts: folders with their own .dockerignore, images, and images of other services built before", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({
        "more/kept": "kept",
        "more/dropped": "dropped",
        "more/.dockerignore": "dropped\n",
        Base: `FROM ${busybox}\nRUN echo base > /base\n`,
        Top: `FROM start\nCOPY --from=more . /more/\nCOPY --from=image /bin/busybox /copied\nRUN test "$(cat /base):$(ls /more)" = base:kept\n`,
      })
      const stack = stackOfBuilds(directory, {
        top: {
          dockerfile: "Top",
          additional_contexts: {
            start: "service:base",
            more: join(directory, "more"),
            image: `docker-image://${busybox}`,
          },
        },
        base: { dockerfile: "Base" },
      })
      const { error } = yield* run(bed, stack, { services: ["top"] })
      expect(error).toBeUndefined()
      expect(yield* bed.api.images.find(`${built("base")}:latest`)).toBeDefined()
    }),
  )
})

test("limits, hosts, networks, platforms and caches as the engine can do them; the rest is refused by name", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({
        Dockerfile: `FROM ${busybox} AS base
RUN test "$(ulimit -n)" = 1234 && grep -q "10.1.2.3.*db" /etc/hosts && ! grep -q host-gateway /etc/hosts && grep -q gw /etc/hosts
RUN df -k /dev/shm | grep -q 131072
RUN --network=none echo again > /again
`,
      })
      const build: typeof Build.Type = {
        ulimits: { nofile: { soft: 1234, hard: 2000 } },
        extra_hosts: ["db=10.1.2.3", "gw=host-gateway"],
        shm_size: String(128 * 1024 * 1024),
        network: "none",
        platforms: ["linux/amd64"],
        no_cache_filter: ["base"],
        cache_from: [`${built()}:latest`],
        cache_to: ["type=inline"],
      }
      const first = yield* run(bed, stackOfBuilds(directory, { web: build }))
      expect(first.error).toBeUndefined()
      const id = (yield* bed.api.images.find(built()))?.Id
      expect(
        execFileSync("sh", ["-c", `docker save ${built()} | grep -ac moby.buildkit.cache.v0`], { encoding: "utf8" }),
      ).not.toBe("0")
      // The filter names the only stage: its steps run again, and the image is another one.
      const second = yield* run(bed, stackOfBuilds(directory, { web: build }))
      expect(second.log).toContain(`importing cache manifest from ${built()}`)
      expect((yield* bed.api.images.find(built()))?.Id).not.toBe(id)

      for (const [key, value] of Object.entries({
        platforms: ["linux/amd64", "linux/arm64"],
        provenance: "true",
        sbom: "true",
        cache_to: ["type=registry,ref=127.0.0.1:1/cache"],
      })) {
        const refused = yield* run(bed, stackOfBuilds(directory, { web: { [key]: value } }))
        expect(refused.error).toMatchObject({
          _tag: "Unsupported",
          diagnostics: [{ path: `services.web.build.${key}`, place: { file: "compose.yaml" } }],
        })
      }
      const insecure = yield* run(bed, stackOfBuilds(directory, { web: { privileged: true } }))
      expect(insecure.error).toMatchObject({
        _tag: "BuildFailed",
        detail: expect.stringContaining("security.insecure"),
      })
    }),
  )
})

test("proxies of Docker's configuration are build arguments where the build has none of its own", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({
        Dockerfile: `FROM ${busybox}
RUN test "$HTTP_PROXY:$http_proxy:$NO_PROXY" = "http://own:1:http://own:1:localhost"
`,
      })
      const proxies = { default: { httpProxy: "http://configured:2", noProxy: "localhost" } }
      const stack = stackOfBuilds(directory, { web: { args: { HTTP_PROXY: "http://own:1" } } })
      expect((yield* run(bed, stack, {}, { proxies })).error).toBeUndefined()
      expect(history(built())).not.toContain("http://configured")
    }),
  )
})

test("an identical image replaces nothing, and Docker's own client finds the cache of our build", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const directory = yield* folder({
        "a/b.sh": "#!/bin/sh\n",
        "x.log": "left out",
        ".dockerignore": "*.log\n",
        Dockerfile: `FROM ${busybox}\nCOPY . /all/\nCOPY a/*.sh /scripts/\nRUN ls -lR /all > /listing\n`,
      })
      execFileSync("chmod", ["755", join(directory, "a/b.sh")])
      execFileSync("ln", ["-s", "a/b.sh", join(directory, "link")])
      const stack = stackOfBuilds(directory, { web: {} })
      yield* bed.up(stack, { until: "started", build: "always" })
      const id = (yield* bed.api.images.find(built()))?.Id
      const again = yield* bed.draft(up(stack, { build: "always" }))
      expect((yield* bed.api.images.find(built()))?.Id).toBe(id)
      expect(changes(again.draft).filter((change) => change.startsWith("replace"))).toEqual([])
      // A preview builds nothing, so it cannot tell.
      const preview = yield* bed.draft(up(stack, { build: "always" }), true)
      expect(changes(preview.draft)).toContain("replace service:web:1 (unknown until built)")

      const labels = ["project=" + project, "service=web", "version=5.5.0"].flatMap((label) => [
        "--label",
        `com.docker.compose.${label}`,
      ])
      execFileSync("docker", ["buildx", "build", "--load", "-t", `${built("top")}:latest`, ...labels, directory], {
        stdio: "pipe",
      })
      expect((yield* bed.api.images.find(built("top")))?.Id).toBe(id)
    }),
  )
})

test("a build that is interrupted is cancelled at the engine", async () => {
  await withBed((bed) =>
    Effect.gen(function* () {
      const marker = `windflow-cancel-${process.pid}`
      const directory = yield* folder({ Dockerfile: `FROM ${busybox}\nRUN echo ${marker}; sleep 1234567\n` })
      const running = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes("sleep 1234567")
      const started = Promise.withResolvers<void>()
      const controller = new AbortController()
      const driver = composeDriver({ api: bed.api, secrets: noSecrets, config: {}, localFiles: true })
      const build = Effect.runPromise(
        driver.build(stackOfBuilds(directory, { web: {} }), { ...defaultBuildOptions, noCache: true }, ({ text }) =>
          Effect.sync(() => {
            if (text === marker) started.resolve()
          }),
        ),
        { signal: controller.signal },
      ).catch((error: unknown) => error)
      yield* Effect.promise(() => started.promise)
      expect(running()).toBe(true)
      controller.abort()
      yield* Effect.promise(() => build)
      yield* Effect.promise(() => expect.poll(running, { timeout: 30_000 }).toBe(false))
    }),
  )
})
