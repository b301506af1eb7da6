/** The command as users start it: the built bundle, its entry, and real signals. */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const packageRoot = path.join(import.meta.dirname, "..")
const entry = path.join(packageRoot, "bin/windflow.js")
const cwd = mkdtempSync(path.join(tmpdir(), "windflow-process-"))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))
beforeAll(() => {
  const rolldown = path.join(packageRoot, "../../node_modules/rolldown/bin/cli.mjs")
  execFileSync(process.execPath, [rolldown, "-c", "rolldown.config.ts"], { cwd: packageRoot, stdio: "pipe" })
  writeFileSync(
    path.join(cwd, "compose.yaml"),
    `name: shop\nservices:\n  web:\n    image: a\n    healthcheck: { test: "true" }\n`,
  )
})

const env = { PATH: process.env["PATH"], HOME: cwd, LANG: "C" }
const windflow = (...argv: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...argv], { cwd, env, encoding: "utf8" })
  return { status, stdout, stderr }
}

describe("the bundle", { timeout: 60_000 }, () => {
  it("answers --version from its entry alone", () => {
    const { version } = JSON.parse(readFileSync(path.join(packageRoot, "package.json"), "utf8")) as { version: string }
    expect(windflow("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" })
    expect(windflow("-V").stdout).toBe(`${version}\n`)
  })

  it("explains itself, prints the model, and refuses in the documented way", () => {
    expect(windflow("--help").stdout).toContain("Commands:")
    expect(windflow("help", "up").stdout).toContain("--force-recreate")
    expect(windflow("config", "--services")).toEqual({ status: 0, stdout: "web\n", stderr: "" })
    expect(windflow("up", "--nonsense")).toMatchObject({ status: 3, stdout: "" })
    const unreachable = windflow("-t", `unix://${cwd}/absent.sock`, "ps")
    expect(unreachable.status).toBe(5)
    expect(unreachable.stderr).toContain("No Docker engine answers")
    expect(windflow("-t", "kubernetes://kind/shop", "ps")).toMatchObject({ status: 4 })
  })

  it("holds no gRPC and is split by verb", () => {
    const bundle = path.join(packageRoot, "dist/bundle")
    expect(readFileSync(path.join(bundle, "windflow.js"), "utf8")).not.toContain("grpc")
    expect(readFileSync(path.join(bundle, "windflow.js"), "utf8")).not.toContain("ComposeInvalid")
  })

  it("holds of Effect only what is used: a namespace that is taken as a whole would bring all of it", () => {
    const bundle = path.join(packageRoot, "dist/bundle")
    const effect = readdirSync(bundle).filter((file) => file.startsWith("effect-"))
    expect(effect).toHaveLength(1)
    expect(readFileSync(path.join(bundle, effect[0]!), "utf8").length).toBeLessThan(200_000)
  })

  it("imports no module of Node whole, which evaluates every getter among its exports", () => {
    const bundle = path.join(packageRoot, "dist/bundle")
    const whole = readdirSync(bundle).filter((file) =>
      /from\s*["'`]node:(?!module)/.test(readFileSync(path.join(bundle, file), "utf8")),
    )
    expect(whole).toEqual([])
  })
})

describe("completion", { timeout: 60_000 }, () => {
  it.each(["bash", "zsh", "fish"])("prints a script for %s that asks the command", (shell) => {
    const { status, stdout } = windflow("completion", shell)
    expect(status).toBe(0)
    expect(stdout).toContain("windflow complete")
  })

  it("offers verbs and their options", () => {
    expect(windflow("complete", "--", "").stdout).toMatch(/^up\b/m)
    expect(windflow("complete", "--", "up", "--force").stdout).toContain("--force-recreate")
  })

  it("offers the services of the file that is meant, and nothing where there is none", () => {
    writeFileSync(path.join(cwd, "other.yaml"), "services: { api: { image: a }, worker: { image: b } }")
    expect(windflow("complete", "--", "logs", "").stdout).toMatch(/^web\b/m)
    expect(windflow("complete", "--", "exec", "w").stdout).toMatch(/^web\b/m)
    const other = windflow("complete", "--", "-f", "other.yaml", "logs", "").stdout
    expect(other).toMatch(/^api\b/m)
    expect(other).toMatch(/^worker\b/m)
    expect(other).not.toMatch(/^web\b/m)
    expect(windflow("complete", "--", "-f", "absent.yaml", "logs", "")).toMatchObject({ status: 0, stderr: "" })
  })

  it("gives bash a script that it can read", () => {
    const { stdout } = windflow("completion", "bash")
    expect(spawnSync("bash", ["-n"], { input: stdout }).status).toBe(0)
  })
})

describe("a run that is stopped", { timeout: 60_000 }, () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s ends in order with %i", async (signal, code) => {
    const child = spawn(
      process.execPath,
      ["--conditions=@windflow/source", path.join(import.meta.dirname, "fakeCli.ts"), "up"],
      { cwd, env, stdio: ["ignore", "pipe", "pipe"] },
    )
    let err = ""
    let sent = false
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text
      // The container is there and will never be healthy: the run waits.
      if (!sent && err.includes("create container:web")) {
        sent = true
        child.kill(signal)
      }
    })
    const [status] = (await once(child, "close")) as [number | null]
    expect(err).toContain("Stopping: operations in flight end first.")
    expect(status).toBe(code)
  })
})

describe("a closed pipe", () => {
  it("ends the command quietly", () => {
    const { stderr } = spawnSync("sh", ["-c", `"${process.execPath}" "${entry}" config | true`], {
      cwd,
      env,
      encoding: "utf8",
    })
    expect(stderr).toBe("")
  })
})
