/** `up --abort-on-container-exit` and its kin as a pipeline uses them: what is printed, what is stopped, with which exit code. */
import { baseImages } from "@windflow/testcontainers"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import { type Bed, bundle, clearBeds, entry, makeBed } from "./bed.ts"

let image = ""
let bed: Bed
beforeAll(async () => {
  image = (await baseImages(["busybox"])).busybox
  await bundle()
  bed = await makeBed("attached")
})
afterAll(clearBeds)
beforeEach(() => bed.windflow(["down", "-p", bed.project, "-t", "0"]))

const command = (script: string, more = "") => `
    image: ${image}
    init: true
    stop_grace_period: 0s
    command: ["sh", "-c", ${JSON.stringify(script)}]
${more}`

/** Tests that wait for a server and prepare a directory first: as in many a pipeline. */
const write = (tests: string, server = "echo serving; exec sleep 1000") =>
  bed.write(`services:
  prepare:${command("echo prepared")}
  server:${command(server)}
  tests:${command(tests, "    depends_on: { prepare: { condition: service_completed_successfully }, server: { condition: service_started } }")}
`)
const states = async () => (await bed.containers()).map((one) => one.replace(`${bed.project}-`, "").replace(/-1 /, " "))
const lines = (out: string, service: string) =>
  out
    .split("\n")
    .filter((line) => line.startsWith(`${service}-1 `))
    .map((line) => line.replace(/^[^|]*\| /, ""))

it("must end with the exit code of the tests, all of their lines printed, and everything stopped", async () => {
  write("seq 1 200; echo bad; exit 7")
  const all = [...Array.from({ length: 200 }, (_, index) => String(index + 1)), "bad"]
  for (const flags of [
    ["--abort-on-container-exit"],
    ["--exit-code-from", "tests"],
    ["--abort-on-container-failure"],
  ]) {
    const { code, out, err } = await bed.windflow(["up", ...flags])
    expect({ flags, code }).toEqual({ flags, code: 7 })
    // Of this run alone: the second one starts the same containers again.
    expect(lines(out, "tests")).toEqual(all)
    expect(lines(out, "server")).toEqual(["serving"])
    expect(err).toContain(`${bed.project}-tests-1 ended with 7: everything is stopped.`)
    expect(await states()).toEqual(["prepare exited", "server exited", "tests exited"])
  }
})

it("must end with the code of the chosen service when another one ends first; with 0 when tests succeed", async () => {
  write("trap 'exit 42' TERM; while :; do sleep 0.1; done", "echo crashed; exit 3")
  const crashed = await bed.windflow([
    "up",
    "--exit-code-from",
    "tests",
    "--no-attach",
    "prepare",
    "--timestamps",
    "-t",
    "60",
  ])
  expect(crashed.code).toBe(42)
  expect(crashed.out).toMatch(/server-1 +\| \d{4}-\d\d-\d\d \d\d:\d\d:\d\d.* crashed/)
  expect(lines(crashed.out, "prepare")).toEqual([])
  await bed.windflow(["down", "-t", "0"])
  write("echo fine")
  const fine = await bed.windflow(["up", "--exit-code-from", "tests", "--attach", "tests", "--no-log-prefix"])
  expect(fine).toMatchObject({ code: 0 })
  expect(fine.out).toMatch(/^fine$/m)
  expect(fine.out).not.toContain("serving")
})

it("must stop everything on Ctrl-C too", async () => {
  write("exec sleep 1000")
  const session = spawn(process.execPath, [entry, "up", "--abort-on-container-exit"], {
    cwd: bed.directory,
    env: bed.env,
    stdio: ["ignore", "pipe", "ignore"],
  })
  let out = ""
  session.stdout.setEncoding("utf8").on("data", (text: string) => {
    const before = out
    out += text
    if (out.includes("| serving") && !before.includes("| serving")) session.kill("SIGINT")
  })
  expect((await once(session, "close"))[0]).toBe(130)
  expect(await states()).toEqual(["prepare exited", "server exited", "tests exited"])
})

it("must refuse what has no meaning, and a service that is not there", async () => {
  write("true")
  expect(await bed.windflow(["up", "--attach", "tests"])).toMatchObject({ code: 3 })
  expect(await bed.windflow(["up", "-d", "--exit-code-from", "tests"])).toMatchObject({ code: 3 })
  const unknown = await bed.windflow(["up", "--exit-code-from", "test"])
  expect(unknown.code).toBe(3)
  expect(unknown.err).toContain("prepare, server, tests")
  expect(await states()).toEqual([])
})
