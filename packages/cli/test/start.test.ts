/** `bin/windflow` as it is installed, in a copy of the package: from a snapshot, and plain whenever the snapshot does not fit. */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { createServer, type Server } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { Effect } from "effect"
import { build } from "rolldown"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { options, output, snapshot } from "../rolldown.config.ts"
import { rehearse } from "../src/start/rehearsal.ts"
import { rehearsalEngine } from "../src/start/rehearsalEngine.ts"

const source = join(import.meta.dirname, "..")
const directory = realpathSync(mkdtempSync(join(tmpdir(), "windflow-start-")))
const installed = join(directory, "lib/cli")
/** As npm links a command. */
const launcher = join(directory, "bin/windflow")
const cache = join(directory, "cache")
const start = join(cache, "windflow/start", launcher.replaceAll("/", "%"))
const blob = `${start}.blob`
const work = join(directory, "work")
const socket = join(directory, "engine.sock")
const env = {
  PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
  HOME: directory,
  LANG: "C",
  XDG_CACHE_HOME: cache,
  WINDFLOW_STATE_DIR: join(directory, "state"),
}

let server: Server

beforeAll(async () => {
  for (const folder of ["bin", "lib", "work"]) mkdirSync(join(directory, folder))
  cpSync(join(source, "bin"), join(installed, "bin"), { recursive: true })
  copyFileSync(join(source, "package.json"), join(installed, "package.json"))
  symlinkSync("../lib/cli/bin/windflow", launcher)
  await build({ ...options, cwd: source, output: { ...output, dir: join(installed, "dist/bundle") } })
  await build({ ...snapshot, cwd: source, output: { ...snapshot.output, dir: join(installed, "dist/snapshot") } })
  writeFileSync(
    join(work, "compose.yaml"),
    "name: shop\nservices:\n  web:\n    image: a:${TAG:-1}\n    ports: ['80']\n",
  )
  const engine = rehearsalEngine()
  server = createServer(async (request, response) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk)
    const { method, url: path = "/" } = request
    if (method !== "GET" && method !== "HEAD" && method !== "POST" && method !== "DELETE") throw new Error(method)
    const body = Buffer.concat(chunks).toString()
    const answer = await Effect.runPromise(engine.send({ method, path, ...(body === "" ? {} : { body }) }))
    response.writeHead(answer.status, answer.headers).end(answer.text)
  }).listen(socket)
  await once(server, "listening")
}, 120_000)

afterAll(async () => {
  server.close()
  rmSync(directory, { recursive: true, force: true })
})

interface Told {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const windflow = async (words: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}): Promise<Told> => {
  const child = spawn(launcher, words, { cwd: work, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] })
  let [out, err] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text))
  const [code] = (await once(child, "close")) as [number | null]
  return { code, out, err }
}

const plain = { WINDFLOW_SNAPSHOT: "off" }

const prepared = async (): Promise<void> => {
  for (const deadline = Date.now() + 60_000; !existsSync(start) || existsSync(`${start}.making`); await pause(50))
    if (Date.now() > deadline) throw new Error("no snapshot was made")
}

/** A blob that Node refuses: whoever starts from it fails. */
const whileSpoilt = async (body: () => Promise<Told>): Promise<Told> => {
  const whole = readFileSync(blob)
  writeFileSync(blob, "spoilt")
  try {
    return await body()
  } finally {
    writeFileSync(blob, whole)
  }
}

const fromSnapshot = async (more: Readonly<Record<string, string>> = {}): Promise<boolean> =>
  (await whileSpoilt(() => windflow(["config", "-q"], more))).code !== 0

it("the rehearsal plays every command to its end", async () => {
  const folder = mkdtempSync(join(directory, "rehearsal-"))
  await rehearse(folder)
  expect(existsSync(join(folder, "state/journal/rehearsal%40local"))).toBe(true)
})

describe("the launcher", { timeout: 60_000 }, () => {
  it("starts plain, has a snapshot made, and starts from it the next time", async () => {
    expect(await windflow(["config", "--services"])).toEqual({ code: 0, out: "web\n", err: "" })
    await prepared()
    expect(await fromSnapshot()).toBe(true)
    expect(await windflow(["config", "--services"])).toEqual({ code: 0, out: "web\n", err: "" })
  })

  it("does the same from the snapshot as plain", async () => {
    writeFileSync(
      join(work, "windflow.config.mts"),
      "const name: string = 'own'\nexport default { defaults: { project: name } }",
    )
    try {
      for (const words of [
        ["config"],
        ["config", "--format", "json"],
        ["help", "up"],
        ["--help"],
        ["complete", "--", "up", "--force"],
        ["up", "--nonsense"],
        ["--version"],
        ["-f", "absent.yaml", "config"],
        ["-t", `unix://${directory}/absent.sock`, "ps"],
      ])
        for (const more of [{}, { TAG: "é ✓", LANG: "fr_FR.UTF-8", TERM: "xterm", FORCE_COLOR: "1" }])
          expect({ words, ...(await windflow(words, more)) }).toEqual({
            words,
            ...(await windflow(words, { ...more, ...plain })),
          })
      expect((await windflow(["config"], { TAG: "é ✓" })).out).toContain("image: a:é ✓")
      expect((await windflow(["config"])).out).toContain("name: own")
    } finally {
      rmSync(join(work, "windflow.config.mts"))
    }
  })

  it("hands none of its own variables on", async () => {
    writeFileSync(
      join(work, "env.yaml"),
      "services:\n  web:\n    image: a\n    environment: [WINDFLOW_START, WINDFLOW_LAUNCHER]\n",
    )
    rmSync(start)
    expect((await windflow(["-f", "env.yaml", "config"])).out).not.toContain(start)
    await prepared()
  })

  it("gives every process identifiers of its own", async () => {
    const runs = async () => {
      const events = await windflow(["-t", `unix://${socket}`, "--format", "json", "up", "-d"])
      expect(events).toMatchObject({ code: 0, err: "" })
      return (JSON.parse(events.out.split("\n")[0]!) as { readonly run: string }).run
    }
    const seen = [await runs(), await runs(), await runs()]
    expect(new Set(seen).size).toBe(3)
    for (const run of seen) expect(run).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(seen).not.toContain("00000000-0000-4000-8000-000000000000")
  })

  it("starts plain, and makes another snapshot, when Node or the program was replaced", async () => {
    const program = join(installed, "dist/snapshot/windflow.script")
    writeFileSync(program, `${readFileSync(program, "utf8")}\n`)
    const before = readFileSync(start, "utf8")
    expect(await whileSpoilt(() => windflow(["config", "-q"]))).toMatchObject({ code: 0 })
    for (
      const deadline = Date.now() + 60_000;
      !existsSync(start) || readFileSync(start, "utf8") === before;
      await pause(50)
    )
      if (Date.now() > deadline) throw new Error("no other snapshot was made")
    await prepared()
    expect(await fromSnapshot()).toBe(true)
  })

  it("starts plain after a boot, with options for Node, in CI, or when told so", async () => {
    for (const more of [plain, { NODE_OPTIONS: "--no-warnings" }, { CI: "true" }])
      expect(await fromSnapshot(more)).toBe(false)
    const text = readFileSync(start, "utf8")
    const lines = text.split("\n")
    writeFileSync(start, lines.with(2, "another boot").join("\n"))
    writeFileSync(`${start}.making`, "")
    expect(await fromSnapshot()).toBe(false)
    writeFileSync(start, text)
    rmSync(`${start}.making`)
    expect(await fromSnapshot()).toBe(true)
  })

  it("makes none for a version manager's node, and does not try again", async () => {
    const shims = join(directory, "shims")
    mkdirSync(shims)
    writeFileSync(join(shims, "node"), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`)
    chmodSync(join(shims, "node"), 0o755)
    const own = join(directory, "own")
    const more = { PATH: `${shims}:${env.PATH}`, XDG_CACHE_HOME: own }
    const file = join(own, "windflow/start", launcher.replaceAll("/", "%"))
    expect(await windflow(["config", "-q"], more)).toMatchObject({ code: 0 })
    for (const deadline = Date.now() + 60_000; !existsSync(file) || existsSync(`${file}.making`); await pause(50))
      if (Date.now() > deadline) throw new Error("it was not tried")
    expect(existsSync(`${file}.blob`)).toBe(false)
    utimesSync(file, 1, 1)
    expect(await windflow(["config", "-q"], more)).toMatchObject({ code: 0 })
    expect(existsSync(`${file}.making`)).toBe(false)
  })

  it("runs nothing that belongs to somebody else", async (context) => {
    if (process.getuid?.() !== 0) return context.skip("only root can give a file away")
    chownSync(blob, 65_534, 65_534)
    expect(await fromSnapshot()).toBe(false)
    chownSync(blob, 0, 0)
    expect(await fromSnapshot()).toBe(true)
    // A folder of somebody else, as with `sudo` and a user's HOME: nothing is made there.
    const foreign = join(directory, "foreign")
    const folder = join(foreign, "windflow/start")
    mkdirSync(folder, { recursive: true })
    chownSync(folder, 65_534, 65_534)
    const file = join(folder, launcher.replaceAll("/", "%"))
    const prepare = join(installed, "dist/bundle/prepare.js")
    expect(spawnSync(process.execPath, [prepare, file, launcher], { env }).status).toBe(0)
    expect(existsSync(file)).toBe(false)
  })

  it("ends by a signal as plain does", async () => {
    writeFileSync(
      join(work, "wait.yaml"),
      "name: wait\nservices:\n  web: { image: a, healthcheck: { test: ['CMD', 'x'] } }\n",
    )
    const child = spawn(launcher, ["-f", "wait.yaml", "-t", `unix://${socket}`, "up"], {
      cwd: work,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    })
    let err = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (!err.includes("create") && (err += text).includes("create")) child.kill("SIGTERM")
    })
    const [code] = (await once(child, "close")) as [number | null]
    expect(code).toBe(143)
  })
})
