/** Commands from their words to output and exit code, on a fake engine. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { Schema } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { documents, lines } from "../src/json.ts"
import { fakeTerminal } from "./fakeHost.ts"

const shop = (image = "shop/web:1") =>
  `name: shop\nservices:\n  web:\n    image: ${image}\n    depends_on: [db]\n  db:\n    image: postgres:16\n    volumes: ["data:/data"]\nvolumes: { data: {} }\n`

let cwd: string
const write = (name: string, text: string) => writeFile(path.join(cwd, name), text)
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "windflow-cli-"))
  await write("compose.yaml", shop())
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

describe("up, plan, ps, down", () => {
  it("deploy, change nothing the second time, say what an edit would do and why, and remove", async () => {
    const { run, flow } = fakeTerminal(cwd)
    expect(await run("plan", "--detailed-exitcode")).toMatchObject({ code: 2 })
    const first = await run("up")
    expect(first).toMatchObject({ code: 0 })
    expect(first.out).toMatch(/^shop@fake revision 1: .*created/)
    expect(first.err).toContain("✓ create")
    const calls = flow.calls.length
    const second = await run("up")
    expect(second).toMatchObject({ code: 0, err: "" })
    expect(second.out).toContain("shop@fake is up to date: nothing was changed.\n")
    expect(flow.calls).toHaveLength(calls)
    expect(await run("plan", "--detailed-exitcode")).toMatchObject({ code: 0 })
    await write("compose.yaml", shop("shop/web:2"))
    const plan = await run("plan", "--detailed-exitcode")
    expect(plan.code).toBe(2)
    expect(plan.out).toContain("replace")
    expect(plan.out).not.toContain("service:db")
    expect((await run("up", "--dry-run")).out).toBe(plan.out)
    expect((await run("ps")).out).toContain("shop-web-1")
    expect(await run("down")).toMatchObject({ code: 0 })
    expect(await run("ps")).toMatchObject({ code: 0, out: "Nothing to show.\n" })
  })

  it("print JSON: events as lines, one document otherwise", async () => {
    const { run } = fakeTerminal(cwd)
    const up = await run("--format", "json", "up")
    const events = up.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { _tag: string; seq: number })
    expect(events[0]).toMatchObject({ _tag: "RunStarted", seq: 1 })
    expect(events.at(-1)?._tag).toBe("RunEnded")
    expect(JSON.parse((await run("ps", "--format", "json")).out)).toMatchObject([
      { project: "shop", service: "db", state: "running" },
      { project: "shop", service: "web", state: "running" },
    ])
    expect(JSON.parse((await run("plan", "--format", "json")).out)).toMatchObject({
      deployment: "shop@fake",
      changes: 0,
    })
    expect(JSON.parse((await run("history", "--format", "json")).out)).toMatchObject([
      { number: 1, status: "succeeded" },
    ])
  })
})

describe("JSON", () => {
  const decode = (schema: Schema.Codec<unknown, unknown>, text: string) =>
    Schema.decodeUnknownSync(Schema.fromJsonString(schema), { onExcessProperty: "error" })(text)

  it("is what the schemas promise, nothing more and nothing less", async () => {
    const { run } = fakeTerminal(cwd, { env: { WINDFLOW_STATE_DIR: path.join(cwd, "state") }, input: "v" })
    const up = await run("up", "--format", "json")
    for (const line of up.out.trimEnd().split("\n")) decode(lines.run, line)
    await run("secret", "set", "db")
    for (const [verb, schema] of Object.entries(documents)) {
      const words = verb === "windflow" ? [] : verb.split(" ")
      const { code, out } = await run(...words, "--format", "json")
      expect(code).toBe(0)
      decode(schema, out)
    }
    decode(lines.failure, (await run("-t", "nowhere", "ps", "--format", "json")).err)
  })
})

describe("a saved plan", () => {
  it("is private, is applied as it is, and is refused when the target has changed", async () => {
    const { run } = fakeTerminal(cwd)
    expect(await run("plan", "-o", "shop.plan")).toMatchObject({ code: 0 })
    expect((await stat(path.join(cwd, "shop.plan"))).mode & 0o777).toBe(0o600)
    expect(await run("apply", "shop.plan")).toMatchObject({ code: 0 })
    const stale = await run("apply", "shop.plan")
    expect(stale.code).toBe(4)
    expect(stale.err).toContain("has changed since the plan was made")
    await write("broken.plan", "{")
    expect(await run("apply", "broken.plan")).toMatchObject({ code: 3 })
    expect(await run("apply", "absent.plan")).toMatchObject({ code: 3 })
  })
})

describe("failures", () => {
  it("exit with the code of the table and say what to do", async () => {
    const failing = fakeTerminal(cwd, { fail: (operation) => operation.includes("db") })
    const failed = await failing.run("up")
    expect(failed.code).toBe(1)
    expect(failed.err).toContain("error:")
    expect(failed.err).toContain("what to do:")
    const { run } = fakeTerminal(cwd)
    expect(await run("upp")).toMatchObject({ code: 3 })
    expect(await run("-f", "absent.yaml", "plan")).toMatchObject({ code: 3 })
    expect(await run("-t", "nowhere", "ps")).toMatchObject({ code: 3 })
    await write("broken.yaml", "services:\n  web:\n    imagee: a\n")
    const broken = await run("-f", "broken.yaml", "up")
    expect(broken.code).toBe(3)
    expect(broken.err).toContain(`${path.join(cwd, "broken.yaml")}:3:5`)
    expect(broken.err).toContain("3 │     imagee: a")
    await write("cycle.yaml", "services:\n  a: { image: i, depends_on: [b] }\n  b: { image: i, depends_on: [a] }\n")
    expect(await run("-f", "cycle.yaml", "up")).toMatchObject({ code: 3 })
  })

  it("are JSON when JSON is asked, even for a wrong command line", async () => {
    const { run } = fakeTerminal(cwd)
    const { code, err } = await run("upp", "--format", "json")
    expect(code).toBe(3)
    expect(JSON.parse(err)).toMatchObject({ _tag: "Failed", exit: 3, error: { _tag: "Usage", subject: "upp" } })
  })

  it("speak French by LC_ALL, LC_MESSAGES, LANG in this order", async () => {
    expect((await fakeTerminal(cwd, { env: { LANG: "fr_FR.UTF-8" } }).run("upp")).err).toContain("erreur:")
    expect((await fakeTerminal(cwd, { env: { LANG: "fr_FR.UTF-8", LC_ALL: "C" } }).run("upp")).err).toContain("error:")
  })
})

describe("data", () => {
  it("is only deleted with -y where nobody can be asked", async () => {
    const { run, flow } = fakeTerminal(cwd)
    await run("up")
    const calls = flow.calls.length
    const refused = await run("down", "-v")
    expect(refused.code).toBe(4)
    expect(refused.err).toContain("needs a confirmation")
    expect(flow.calls).toHaveLength(calls)
    expect(await run("down", "-v", "-y")).toMatchObject({ code: 0 })
    expect(flow.calls).toContain("RemoveVolume shop_data")
  })

  it("keeps a protected environment from being changed unasked", async () => {
    await write(
      "windflow.config.ts",
      `export default { targets: { vps: "tcp://vps:2376" }, environments: { production: { target: "vps", protected: true } } }\n`,
    )
    const { run, flow } = fakeTerminal(cwd)
    expect(await run("-e", "production", "up")).toMatchObject({ code: 4 })
    expect(flow.calls).toEqual([])
  })
})

describe("Ctrl-C and SIGTERM", () => {
  const stopped = async (signal: "SIGINT" | "SIGTERM") => {
    let sent = false
    const terminal = fakeTerminal(cwd, {
      onErr: (text, send) => {
        if (sent || !text.startsWith("✓")) return
        sent = true
        send(signal)
        send(signal)
      },
    })
    return { terminal, result: await terminal.run("up", "--parallel", "1") }
  }

  it("stop between operations with the code of the signal; a second one says how to force; the next up converges", async () => {
    const { terminal, result } = await stopped("SIGINT")
    expect(result.code).toBe(130)
    expect(result.err).toContain("Stopping: operations in flight end first.")
    expect(result.err).toContain("kill -9 4242")
    expect(result.err).toContain("was cancelled after")
    expect(terminal.flow.calls).not.toContain("CreateContainer shop-web-1")
    expect(await terminal.run("up")).toMatchObject({ code: 0 })
    expect(terminal.flow.calls.filter((call) => call === "CreateContainer shop-web-1")).toHaveLength(1)
    expect((await stopped("SIGTERM")).result.code).toBe(143)
  })
})

describe("the deadline", () => {
  it("stops in order with 124", async () => {
    const { run } = fakeTerminal(cwd, { health: () => "starting" })
    await write("compose.yaml", `name: shop\nservices:\n  web:\n    image: a\n    healthcheck: { test: "true" }\n`)
    const { code, err } = await run("up", "--deadline", "200ms")
    expect(code).toBe(124)
    expect(err).toContain("took longer than 0.2 s")
  })
})

describe("pull and build", () => {
  const stack = `name: shop
services:
  web: { image: "shop/web:1" }
  db: { image: "shop/db:1" }
  made: { image: "shop/made:1", build: . }
`
  const missing = (...images: ReadonlyArray<string>) =>
    fakeTerminal(cwd, { missing: (image) => images.includes(image) })
  const read = <A>(schema: Schema.Codec<A, unknown>, text: string) =>
    Schema.decodeUnknownSync(Schema.fromJsonString(schema), { onExcessProperty: "error" })(text)

  it("tell what became of each image, on the screen and as JSON", async () => {
    await write("compose.yaml", stack)
    const { run } = missing()
    expect((await run("pull")).out).toBe("Pulled shop/web:1\nPulled shop/db:1\nPulled shop/made:1\n")
    expect(await run("pull", "-q")).toMatchObject({ code: 0, out: "" })
    const { out } = await run("pull", "--ignore-buildable", "--format", "json", "web", "made")
    expect(read(documents.pull, out)).toEqual([
      { image: "shop/web:1", services: ["web"], outcome: "pulled" },
      { image: "shop/made:1", services: ["made"], outcome: "skipped", reason: "buildable" },
    ])
    expect((await run("build")).out).toBe("Built shop/made:1\n")
    expect(read(documents.build, (await run("build", "--format", "json")).out)).toEqual([
      { service: "made", image: "shop/made:1", id: "sha256:shop/made:1" },
    ])
  })

  it("end with an error for an image that cannot be had, unless it can be built or failures are to be ignored", async () => {
    await write("compose.yaml", stack)
    const failed = await missing("shop/db:1").run("pull")
    expect(failed.code).not.toBe(0)
    expect(failed.err).toContain("shop/db:1")
    const ignored = await missing("shop/db:1").run("pull", "--ignore-pull-failures")
    expect(ignored).toMatchObject({ code: 0 })
    expect(ignored.err).toContain("shop/db:1")
    expect(ignored.out).toContain("Pulled shop/web:1")
    const json = await missing("shop/db:1").run("pull", "--ignore-pull-failures", "--format", "json", "db")
    expect(read(documents.pull, json.out)).toMatchObject([{ image: "shop/db:1", outcome: "failed" }])
    expect(await missing("shop/made:1").run("pull")).toMatchObject({ code: 0 })
  })
})

describe("other verbs", () => {
  it("alone: what runs, what drifted, what to do next", async () => {
    const { run } = fakeTerminal(cwd)
    const before = await run()
    expect(before.out).toContain("Nothing runs here.")
    expect(before.out).toContain("windflow up")
    await run("up")
    expect((await run()).out).toContain("shop@fake is as the file says.")
    await rm(path.join(cwd, "compose.yaml"))
    const without = await run()
    expect(without).toMatchObject({ code: 0 })
    expect(without.out).toContain("windflow init")
    expect(without.out).toMatch(/shop\s+2/)
  })

  it("init writes what is not there, and keeps what is", async () => {
    const { run } = fakeTerminal(cwd)
    expect(await run("init")).toMatchObject({ code: 0 })
    expect(await readFile(path.join(cwd, "compose.yaml"), "utf8")).toBe(shop())
    await run("init", "--force")
    expect(await run("config", "--services")).toMatchObject({ code: 0, out: "web\n" })
  })

  it("config prints the model, hashes and names", async () => {
    const { run } = fakeTerminal(cwd)
    expect((await run("config")).out).toContain("name: shop\n")
    expect(JSON.parse((await run("config", "--format", "json")).out)).toMatchObject({ name: "shop" })
    expect((await run("config", "--hash", "*")).out).toMatch(/^db [0-9a-f]{64}\nweb [0-9a-f]{64}\n$/)
    expect(await run("config", "--hash", "nope")).toMatchObject({ code: 3 })
    expect(await run("config", "-q")).toMatchObject({ code: 0, out: "" })
    expect(await run("-p", "other", "config", "--format", "json")).toMatchObject({ code: 0 })
  })

  it("rollback goes back, history tells", async () => {
    const { run } = fakeTerminal(cwd)
    await run("up")
    await write("compose.yaml", shop("shop/web:2"))
    await run("up")
    expect(await run("rollback")).toMatchObject({ code: 0 })
    expect(
      (await run("history")).out
        .split("\n")
        .slice(1, 4)
        .map((line) => line.split(/\s+/)[0]),
    ).toEqual(["3", "2", "1"])
    expect(await run("rollback", "--to", "99")).toMatchObject({ code: 4 })
  })

  it("secret set reads standard input and never shows the value; ls tells names and versions", async () => {
    const { run } = fakeTerminal(cwd, { env: { WINDFLOW_STATE_DIR: path.join(cwd, "state") }, input: "canary-7f3a\n" })
    const set = await run("secret", "set", "db")
    expect(set).toMatchObject({ code: 0 })
    const list = await run("secret", "ls")
    expect(list.out).toContain("db")
    expect(set.out + set.err + list.out).not.toContain("canary")
    expect(await run("secret", "set", "db")).toMatchObject({ code: 0 })
  })

  it("secret rotate changes the key file and keeps values and versions", async () => {
    const state = path.join(cwd, "state")
    const { run } = fakeTerminal(cwd, { env: { WINDFLOW_STATE_DIR: state }, input: "canary-7f3a" })
    await run("secret", "set", "db")
    const before = await run("secret", "ls")
    const key = await readFile(path.join(state, "keyring.key"), "utf8")
    const rotated = await run("secret", "rotate")
    expect(rotated).toMatchObject({ code: 0 })
    expect(rotated.out).toContain("fresh key (secrets: 1)")
    expect(await readFile(path.join(state, "keyring.key"), "utf8")).not.toBe(key)
    expect(await run("secret", "ls")).toEqual(before)
    expect(await readFile(path.join(state, "keyring.json"), "utf8")).not.toContain("canary")
  })

  it("doctor tells what is wrong and exits with 1", async () => {
    const { run } = fakeTerminal(cwd, { env: { WINDFLOW_STATE_DIR: path.join(cwd, "state") } })
    expect(await run("doctor")).toMatchObject({ code: 0 })
    await write("compose.yaml", "services: 7\n")
    const sick = await run("doctor")
    expect(sick.code).toBe(1)
    expect(sick.out).toContain("1 problem.")
  })
})
