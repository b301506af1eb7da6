/**
 * `windflow config` as users start it against Docker Compose 5.5.0 with the same words: standard output to the byte. Where the
 * reference prints names in the chance order of Go's maps, lines are compared sorted.
 * WINDFLOW_COMPOSE_REFERENCE names a binary that need not be built; WINDFLOW_CORPUS a folder of other people's files.
 */
import { execFile, execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { composeReference } from "@windflow/testcontainers"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const packageRoot = path.join(import.meta.dirname, "..")
const entry = path.join(packageRoot, "bin/windflow.js")
const corpus = path.resolve(process.env["WINDFLOW_CORPUS"] ?? path.join(packageRoot, "../../../shared/corpus"))
const built = await composeReference()
const reference = process.env["WINDFLOW_COMPOSE_REFERENCE"] ?? ("binary" in built ? built.binary : undefined)
if (reference === undefined) console.warn("skipped: there is no Docker Compose 5.5.0")

const files: Readonly<Record<string, string>> = {
  "shop/compose.yaml": `name: shop
services:
  web:
    image: nginx:\${TAG:-1.27}
    depends_on: [db]
    environment: { LEVEL: "\${LEVEL-info}", ALT: "\${ALT:+yes}", A_VERY_LONG_VARIABLE_NAME: "\${A_VERY_LONG_VARIABLE_NAME}", PRICE: "5$$" }
    ports: ["8080:80"]
    networks: [front]
  db: { image: postgres, env_file: [db.env], volumes: ["data:/var"] }
  debug: { image: busybox@sha256:${"ab".repeat(32)}, profiles: [debug, all] }
  lone: { image: ghcr.io/a/b }
volumes: { data: {}, unused: {} }
networks: { front: {}, back: {} }
`,
  "shop/db.env": "USER=u\n",
  "shop/other.env": "TAG=1.28\nLEVEL=warn\n",
  "shop/more.env": "LEVEL=debug\n",
  "build/compose.yaml": `services:
  app:
    build: { context: ., args: { A: "\${A:-1}" } }
    pre_start: [{ image: alpine:3, command: [ls] }]
    configs: [settings]
  job: { build: ., platform: linux/arm64, profiles: [job] }
configs: { settings: { content: "a=\${A:-1}" } }
x-note: { kept: true }
`,
  "plain/docker-compose.yml": `services: { one: { image: "busybox", command: "echo 'hello'" } }
`,
  "plain/docker-compose.override.yml": `services: { one: { labels: { a: "b" } } }
`,
}

const root = mkdtempSync(path.join(tmpdir(), "windflow-config-"))
for (const [name, text] of Object.entries(files)) {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
  writeFileSync(path.join(root, name), text)
}
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Ran {
  readonly code: number
  readonly out: string
}
type Environment = Readonly<Record<string, string>>
const run = (program: string, argv: ReadonlyArray<string>, cwd: string, extra: Environment = {}, input = "") =>
  new Promise<Ran>((resolve) => {
    const env = { PATH: process.env["PATH"], HOME: root, LANG: "C", ...extra }
    const child = execFile(program, argv, { cwd, env, encoding: "utf8" }, (_error, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    )
    // A command that reads nothing may be gone before its input is.
    child.stdin?.on("error", () => {})
    child.stdin?.end(input)
  })

/** Both, side by side; what the reference accepts must be equal, what it refuses must be refused. */
const both = async (directory: string, argv: ReadonlyArray<string>, extra?: Environment, input?: string) => {
  const [ours, theirs] = await Promise.all([
    run(process.execPath, [entry, ...argv], directory, extra, input),
    run(reference ?? "", argv, directory, extra, input),
  ])
  return { ours, theirs }
}

const sorted = (text: string) => text.split("\n").toSorted().join("\n")
const CHANCE_ORDER = new Set(["--services", "--volumes", "--networks", "--images", "--variables"])
const normal = (argv: ReadonlyArray<string>, text: string) =>
  argv.some((word) => CHANCE_ORDER.has(word)) && !argv.includes("--format") ? sorted(text) : text

const LINES: ReadonlyArray<ReadonlyArray<string>> = [
  ["config"],
  ["config", "--format", "json"],
  ["config", "--format", "yaml"],
  ["config", "--no-interpolate"],
  ["config", "--no-interpolate", "--format", "json"],
  ["config", "--hash", "*"],
  ["config", "--services"],
  ["config", "--services", "--no-interpolate"],
  ["config", "--images"],
  ["config", "--profiles"],
  ["config", "--volumes"],
  ["config", "--networks"],
  ["config", "--variables"],
  ["config", "--variables", "--format", "json"],
  ["config", "--variables", "--format", "yaml"],
  ["config", "-q"],
  ["--profile", "*", "config"],
  ["--profile", "*", "config", "--hash", "*"],
]

describe.skipIf(reference === undefined)("windflow config and Compose's", { timeout: 120_000 }, () => {
  beforeAll(() => {
    const rolldown = path.join(packageRoot, "../../node_modules/rolldown/bin/cli.mjs")
    execFileSync(process.execPath, [rolldown, "-c", "rolldown.config.ts"], { cwd: packageRoot, stdio: "pipe" })
  }, 120_000)

  for (const stack of ["shop", "build", "plain"])
    for (const argv of LINES)
      it(`print the same in ${stack}: ${argv.join(" ")}`, async () => {
        const { ours, theirs } = await both(path.join(root, stack), argv)
        expect(theirs.code).toBe(0)
        expect(ours.code).toBe(0)
        expect(normal(argv, ours.out)).toBe(normal(argv, theirs.out))
      })

  const shop = path.join(root, "shop")
  const CASES: ReadonlyArray<readonly [ReadonlyArray<string>, Environment?]> = [
    [["config", "web"]],
    [["config", "lone"]],
    [["config", "--images", "lone"]],
    [["config", "debug"]],
    [["config", "--hash", "web,web,db"]],
    [["config", "--hash", "l*"]],
    [["--profile", "debug", "config", "--services"]],
    [["--profile", "debug", "--profile", "x", "config"]],
    [["--env-file", "other.env", "config"]],
    [["--env-file", "other.env", "--env-file", "more.env", "config", "--format", "json"]],
    [["config"], { COMPOSE_PROFILES: "x,debug" }],
    [["--profile", "x", "config", "--services"], { COMPOSE_PROFILES: "debug" }],
    [["config"], { COMPOSE_ENV_FILES: "other.env,more.env" }],
    [["-p", "other", "config", "--hash", "*"]],
    [["config"], { TAG: "1.29", COMPOSE_PROJECT_NAME: "named" }],
  ]
  for (const [argv, env] of CASES)
    it(`print the same: ${argv.join(" ")} ${env === undefined ? "" : JSON.stringify(env)}`, async () => {
      const { ours, theirs } = await both(shop, argv, env)
      expect(theirs.code).toBe(0)
      expect(ours.code).toBe(0)
      expect(normal(argv, ours.out)).toBe(normal(argv, theirs.out))
      expect(theirs.out).not.toBe("")
    })

  it.each([
    [["config", "--hash", "nope"]],
    [["config", "--hash", "debug"]],
    [["config", "nope"]],
    [["config", "--format", "toml"]],
    [["--env-file", "none.env", "config"]],
  ])("refuse the same: %s", async (argv) => {
    const { ours, theirs } = await both(shop, argv)
    expect(theirs.code).not.toBe(0)
    expect(ours.code).not.toBe(0)
    expect(ours.out).toBe("")
  })

  it("read env files only where a hash needs them", async () => {
    const directory = path.join(root, "without")
    mkdirSync(directory)
    writeFileSync(path.join(directory, "compose.yaml"), files["shop/compose.yaml"] ?? "")
    for (const [argv, accepted] of [
      [["config", "--hash", "lone"], true],
      [["config", "--hash", "db"], false],
      [["config", "lone"], false],
      [["config", "--services"], true],
    ] as const) {
      const { ours, theirs } = await both(directory, argv)
      expect([argv, theirs.code === 0]).toEqual([argv, accepted])
      expect([argv, ours.code === 0]).toEqual([argv, accepted])
      expect(normal(argv, ours.out)).toBe(normal(argv, theirs.out))
    }
  })

  it("give built services DOCKER_DEFAULT_PLATFORM in their hashes", async () => {
    const argv = ["config", "--hash", "*"]
    const { ours, theirs } = await both(path.join(root, "build"), argv, { DOCKER_DEFAULT_PLATFORM: "linux/amd64" })
    expect(ours.out).toBe(theirs.out)
    expect(theirs.out).not.toBe((await both(path.join(root, "build"), argv)).theirs.out)
  })

  it("read standard input", async () => {
    const text = `name: piped\nservices: { a: { image: b } }\n`
    const { ours, theirs } = await both(shop, ["-f", "-", "config"], {}, text)
    expect(theirs.out).toContain("name: piped")
    expect(ours.out).toBe(theirs.out)
  })

  it("write the same file with -o", async () => {
    for (const [program, argv] of [
      [process.execPath, [entry]],
      [reference ?? "", []],
    ] as const) {
      const { code, out } = await run(program, [...argv, "config", "-o", `${argv.length}.out`], shop)
      expect([code, out]).toEqual([0, ""])
    }
    const [ours, theirs] = [1, 0].map((name) => readFileSync(path.join(shop, `${name}.out`), "utf8"))
    expect(ours).toBe(theirs)
    expect(theirs).toContain("name: shop")
  })

  describe("with an engine that knows digests", () => {
    let engine: Server
    const asked: string[] = []
    const env = () => ({ DOCKER_HOST: `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}` })
    beforeAll(async () => {
      engine = createServer(({ url = "", method }, response) => {
        response.setHeader("api-version", "1.47")
        response.setHeader("content-type", "application/json")
        if (url.endsWith("/_ping")) return response.end(method === "HEAD" ? undefined : "OK")
        const name = /\/distribution\/(.+)\/json$/.exec(decodeURIComponent(url))?.[1]
        if (name === undefined || name.includes("postgres")) {
          response.statusCode = 404
          return response.end(JSON.stringify({ message: "manifest unknown" }))
        }
        asked.push(name)
        const digest = `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0").slice(-64)}`
        return response.end(JSON.stringify({ Descriptor: { digest, mediaType: "m", size: 1 }, Platforms: [] }))
      })
      await new Promise<void>((resolve) => engine.listen(0, "127.0.0.1", resolve))
    })
    afterAll(() => void engine.close())

    it.each([
      ["shop", ["--profile", "debug", "config", "--resolve-image-digests", "lone", "debug"]],
      ["build", ["config", "--resolve-image-digests", "--format", "json"]],
      ["plain", ["config", "--resolve-image-digests"]],
    ])("pin the same in %s", async (stack, argv) => {
      asked.length = 0
      const { ours, theirs } = await both(path.join(root, stack), argv, env())
      expect(theirs.out).toContain("@sha256:")
      expect(ours.out).toBe(theirs.out)
      // Both asked for the same names.
      expect(asked.toSorted()).toEqual([...new Set(asked)].flatMap((name) => [name, name]).toSorted())
    })

    it("refuse what cannot be resolved, with its place", async () => {
      const { ours, theirs } = await both(shop, ["config", "--resolve-image-digests"], env())
      expect([ours.code === 0, theirs.code === 0, ours.out]).toEqual([false, false, ""])
    })
  })

  const CORPUS = [
    "awesome-compose/nginx-golang-mysql/compose.yaml",
    "awesome-compose/prometheus-grafana/compose.yaml",
  ].filter((name) => existsSync(path.join(corpus, name)))
  for (const name of CORPUS)
    for (const argv of LINES.slice(1, 13))
      it(`print the same in ${name}: ${argv.join(" ")}`, async () => {
        const { ours, theirs } = await both(path.dirname(path.join(corpus, name)), [
          "-f",
          path.join(corpus, name),
          ...argv,
        ])
        expect([ours.code === 0, theirs.code === 0]).toEqual([true, true])
        expect(normal(argv, ours.out)).toBe(normal(argv, theirs.out))
      })
})
