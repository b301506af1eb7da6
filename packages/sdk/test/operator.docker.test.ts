/** A controller on a real engine: a container that gets unhealthy is restarted, whether before the operator started or while it runs. */
import { defineStack, state, WindFlow } from "@windflow/sdk"
import { defineController, type OperatorLogEntry, runOperator, source } from "@windflow/sdk/operator"
import { baseImages, session } from "@windflow/testcontainers"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"

const project = `windflow-test-ctl-${process.pid}`
const directory = mkdtempSync(path.join(tmpdir(), "windflow-ctl-"))
let flow: WindFlow
let image = ""

beforeAll(async () => {
  image = (await baseImages(["busybox"])).busybox
  ;(await session()).addProject(project)
  flow = await WindFlow.open({
    config: false,
    state: state.memory(),
    stateDirectory: directory,
    env: process.env,
  })
})
afterAll(async () => {
  await flow.down(project, { volumes: true, stopTimeout: 0 })
  await flow[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

/** Healthy from its start until somebody makes the mark, and again after a restart. */
const service = (mark: "marked" | "clean") => ({
  image,
  init: true,
  restart: "always",
  stop_grace_period: "0s",
  // The mark of the first start is what an application that hangs would be.
  command: [
    "sh",
    "-c",
    mark === "marked"
      ? "if test -e /first; then rm -f /mark; else touch /first /mark; fi; exec sleep 100000"
      : "rm -f /mark; exec sleep 100000",
  ],
  healthcheck: { test: ["CMD", "test", "!", "-e", "/mark"], interval: "250ms", timeout: "20s", retries: 1 },
})

it("restarts what is unhealthy when it starts and what gets unhealthy later, and ends by its signal", async () => {
  await flow.up(
    defineStack(project, { services: { before: service("marked"), later: service("clean"), well: service("clean") } }),
    { until: "started" },
  )
  const healths = async () =>
    Object.fromEntries((await flow.ps(project)).map(({ service, health }) => [service, health]))
  await expect
    .poll(healths, { timeout: 60_000, interval: 200 })
    .toEqual({ before: "unhealthy", later: "healthy", well: "healthy" })

  const restarted: Array<string> = []
  const entries: Array<OperatorLogEntry> = []
  const stop = new AbortController()
  const ended = runOperator({
    windflow: flow,
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(120_000)]),
    onLog: (entry) => entries.push(entry),
    controllers: [
      defineController({
        name: "restart-unhealthy",
        for: source.docker("local", { event: ["health_status"] }),
        async reconcile(key, { windflow, log }) {
          if (key.project !== project) return
          const instance = (await windflow.ps(project)).find(({ id }) => id === key.id)
          if (instance?.health !== "unhealthy") return
          await windflow.exec(project, key.name, ["kill", "1"])
          restarted.push(key.name)
          log.info(`restarted ${key.name}`)
        },
      }),
    ],
  })
  const well = { before: "healthy", later: "healthy", well: "healthy" }
  await expect.poll(healths, { timeout: 60_000, interval: 200 }).toEqual(well)
  expect(new Set(restarted)).toEqual(new Set(["before"]))

  await flow.exec(project, "later", ["touch", "/mark"])
  await expect.poll(() => restarted.includes("later"), { timeout: 60_000, interval: 200 }).toBe(true)
  await expect.poll(healths, { timeout: 60_000, interval: 200 }).toEqual(well)

  stop.abort()
  await ended
  expect(new Set(restarted)).toEqual(new Set(["before", "later"]))
  expect(entries.map(({ message }) => message)).toContain("restarted later")
  expect(entries.filter(({ level }) => level === "Error")).toEqual([])
})
