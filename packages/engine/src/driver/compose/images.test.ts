import { expect, test } from "vitest"
import { parseDuration } from "./goValues.ts"
import { familiar } from "./imageNames.ts"
import { exitCodeOf, healthOf } from "./observe.ts"
import { portInUse } from "./execute.ts"
import { EngineFailed } from "../../model/errors/union.ts"
import { logTime } from "./logs.ts"
import { repositoryOf } from "./retain.ts"
import { judge } from "./wait.ts"

test.each([
  ["nginx", "nginx:latest"],
  ["docker.io/library/nginx:1", "nginx:1"],
  ["host:5000/app", "host:5000/app:latest"],
  ["app@sha256:ab", "app@sha256:ab"],
])("%s is known as %s", (reference, name) => {
  expect(familiar(reference)).toBe(name)
})

test.each([
  ["1m30s", 90e9],
  ["500ms", 5e8],
  ["1.5h", 5400e9],
  ["0", 0],
  ["soon", undefined],
  ["10", undefined],
])("duration %s", (text, nanoseconds) => {
  expect(parseDuration(text)).toBe(nanoseconds)
})

test("times of logs keep their nanoseconds", () => {
  expect(logTime("2026-01-01T00:00:00.123456789Z", 0)).toBe("1767225600.123456789")
  expect(logTime("10s", 1_000_000)).toBe("990.000000000")
  expect(logTime("yesterday", 0)).toBeUndefined()
})

test("health and exit code out of the engine's status text", () => {
  expect(healthOf("Up 2 minutes (healthy)")).toBe("healthy")
  expect(healthOf("Up 2 seconds (health: starting)")).toBe("starting")
  expect(healthOf("Up 2 minutes (unhealthy)")).toBe("unhealthy")
  expect(healthOf("Up 2 minutes")).toBe("none")
  expect(exitCodeOf("Exited (137) 5 seconds ago")).toBe(137)
  expect(exitCodeOf("Up 2 minutes")).toBeUndefined()
})

test.each([
  [
    "driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:8080 failed: port is already allocated",
    "127.0.0.1:8080",
  ],
  ["listen tcp4 0.0.0.0:80: bind: address already in use", "0.0.0.0:80"],
])("%s", (detail, port) => {
  const error = new EngineFailed({ call: "POST /start", status: 500, detail })
  expect(portInUse("web", error)).toMatchObject({ _tag: "PortInUse", service: "web", port })
})

const up = { Status: "running", Running: true, ExitCode: 0 }
const health = (Status: string) => ({ ...up, Health: { Status } })
test.each([
  [up, "settled", "reached"],
  [up, "healthy", "no-healthcheck"],
  [up, "completed", "waiting"],
  [health("starting"), "settled", "waiting"],
  [health("healthy"), "healthy", "reached"],
  [health("unhealthy"), "settled", "unhealthy"],
  [{ Status: "exited", Running: false, ExitCode: 0 }, "completed", "reached"],
  [{ Status: "exited", Running: false, ExitCode: 0 }, "healthy", "exited"],
  [{ Status: "exited", Running: false, ExitCode: 3 }, "completed", "exited"],
  [{ Status: "restarting", Running: true, Restarting: true, ExitCode: 1 }, "settled", "waiting"],
] as const)("%j is for %s: %s", (state, condition, verdict) => {
  expect(judge(state, condition)).toBe(verdict)
})

test("a repository for the images of a project that no other project has", () => {
  expect(repositoryOf("shop_1", "web.a-b")).toBe("windflow/shop_1/web.a-b")
  const odd = ["Web", "web_", "_", "a___b", "a__-b"].map((name) => repositoryOf("shop", name))
  for (const repository of odd) expect(repository).toMatch(/^windflow\/shop\/[a-z0-9]+(-[a-z0-9]+)*$/)
  expect(new Set([...odd, repositoryOf("shop", "web"), repositoryOf("shop", "a-b")]).size).toBe(7)
})

test("what an unhealthy container said before the wait does not count, the next healthcheck does", () => {
  const Start = "2026-01-02T03:04:05.123456789+01:00"
  const state = { ...up, Health: { Status: "unhealthy", Log: [{ ExitCode: 1, Start }] } }
  const at = Date.parse("2026-01-02T02:04:05.123Z")
  expect(judge(state, "settled", at + 1)).toBe("waiting")
  expect(judge(state, "settled", at)).toBe("unhealthy")
})
