// Proxies of Docker's client configuration: the same variables in containers as with Compose, and none of them in its hash.
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { baseImages, composeReference, orSkip, session } from "@windflow/testcontainers"
import { Effect, Schema } from "effect"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { StackModel } from "../../model/StackModel.ts"
import { changes, folder, openBed, stackOf, up } from "./testBed.ts"

const project = "windflow-test-build-proxies"
let busybox = ""
beforeAll(async () => {
  busybox = (await baseImages(["busybox"])).busybox
  ;(await session()).addProject(project)
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), (bed) => bed.down(project)))))

const Inspected = Schema.fromJsonString(
  Schema.Tuple([
    Schema.Struct({
      Id: Schema.String,
      Config: Schema.Struct({ Env: Schema.Array(Schema.String), Labels: Schema.Record(Schema.String, Schema.String) }),
    }),
  ]),
)
const inspect = (service: string) => {
  const [{ Id, Config }] = Schema.decodeUnknownSync(Inspected)(
    execFileSync("docker", ["inspect", `${project}-${service}-1`], { encoding: "utf8" }),
  )
  return { id: Id, env: Config.Env.toSorted(), hash: Config.Labels["com.docker.compose.config-hash"] }
}

const host = "unix:///var/run/docker.sock"
const proxies = (name: string) => ({ httpProxy: `http://${name}:1`, noProxy: "localhost", allProxy: "" })

test.for<[string, Record<string, Record<string, string>>, ReadonlyArray<string>]>([
  [
    "for every engine",
    { default: proxies("all") },
    ["HTTP_PROXY=http://all:1", "NO_PROXY=localhost", "http_proxy=http://all:1", "no_proxy=localhost"],
  ],
  [
    "for this engine",
    { default: proxies("all"), [host]: { ftpProxy: "http://one:2" } },
    ["FTP_PROXY=http://one:2", "ftp_proxy=http://one:2"],
  ],
  ["for another engine only", { "tcp://elsewhere:2376": proxies("none") }, []],
])("%s", async ([, configured, expected], context) => {
  const { binary } = orSkip(await composeReference(), context)
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* folder({
          "config.json": JSON.stringify({ proxies: configured }),
          "compose.yaml": `
name: ${project}
services:
  plain: { image: ${busybox}, command: sleep 1000, stop_grace_period: 0s, network_mode: none }
  own:
    image: ${busybox}
    command: sleep 1000
    stop_grace_period: 0s
    network_mode: none
    environment: { HTTP_PROXY: "http://own:3", no_proxy: "", OTHER: x }
`,
        })
        vi.stubEnv("DOCKER_CONFIG", directory)
        vi.stubEnv("DOCKER_HOST", host)
        const compose = (...args: ReadonlyArray<string>) =>
          execFileSync(binary, ["-f", join(directory, "compose.yaml"), ...args], { encoding: "utf8", stdio: "pipe" })
        const model = Schema.decodeUnknownSync(Schema.fromJsonString(StackModel))(compose("config", "--format", "json"))
        const stack = stackOf(model, directory)
        compose("up", "-d")
        const theirs = { plain: inspect("plain"), own: inspect("own") }
        const bed = yield* openBed()
        expect(changes((yield* bed.draft(up(stack))).draft)).toEqual([])
        compose("down")
        yield* bed.up(stack, { until: "started" })
        const ours = { plain: inspect("plain"), own: inspect("own") }
        for (const service of ["plain", "own"] as const)
          expect({ ...ours[service], id: "" }).toEqual({ ...theirs[service], id: "" })
        const found = ours.plain.env.filter((variable) => /proxy/i.test(variable))
        expect(found).toEqual([...expected].sort())

        // Other proxies are no other configuration: nothing is recreated, by neither.
        writeFileSync(join(directory, "config.json"), JSON.stringify({ proxies: { default: proxies("later") } }))
        const again = yield* openBed()
        expect(changes((yield* again.draft(up(stack))).draft)).toEqual([])
        compose("up", "-d")
        expect(inspect("plain").id).toBe(ours.plain.id)
        yield* again.down(project)
      }),
    ),
  )
})
