/** Deploying over SSH from a program: one connection for fifty services, and two laptops that share one host. */
import { defineStack, isError, target, type Target, WindFlow } from "@windflow/sdk"
import { baseImages, type Host, type Proxy, startHost, startProxy } from "@windflow/testcontainers"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"

let host: Host
let proxy: Proxy
let image = ""
const directories: Array<string> = []

beforeAll(async () => {
  ;[host, { busybox: image }] = await Promise.all([startHost({ docker: true }), baseImages(["busybox"])])
  await host.loadImage(image)
  proxy = await startProxy(host)
})
afterAll(async () => {
  await proxy?.stop()
  await host?.remove()
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** A state directory of its own, as another machine has it. */
const laptop = () => {
  const stateDirectory = mkdtempSync(path.join(tmpdir(), "windflow-laptop-"))
  directories.push(stateDirectory)
  return WindFlow.open({ config: false, stateDirectory })
}

const box = (name: string, to: { readonly address: string; readonly port: number } = proxy): Target =>
  target(`ssh://deploy@${to.address}:${to.port}`, { name, identity: host.privateKey, hostKey: host.hostKey })

const sleeper = { image, init: true, stop_grace_period: "0s", command: ["sleep", "100000"] }
const services = (names: ReadonlyArray<string>, extra: object = {}) =>
  Object.fromEntries(names.map((name) => [name, { ...sleeper, image, ...extra }]))

const logins = async () => [...(await host.sshdLog()).matchAll(/Accepted \S+ for /g)].length

it("carries fifty services up, again, listed and down over one TCP connection and one login", async () => {
  await using flow = await laptop()
  const stack = defineStack("ssh-fifty", { services: services(Array.from({ length: 50 }, (_, n) => `s${n}`)) })
  const [accepted, before] = [proxy.accepted(), await logins()]
  const at = { target: box("fifty") }
  await flow.up(stack, { ...at, until: "started", concurrency: 16 })
  const again: Array<string> = []
  await flow.up(stack, { ...at, onEvent: (event) => again.push(event._tag) })
  expect(again).not.toContain("OperationStarted")
  expect(await flow.ps({ project: "ssh-fifty", ...at })).toHaveLength(50)
  await flow.down({ project: "ssh-fifty", ...at }, { stopTimeout: 0 })
  expect(await flow.ps({ project: "ssh-fifty", ...at })).toEqual([])
  expect(proxy.accepted() - accepted).toBe(1)
  expect((await logins()) - before).toBe(1)
})

it("shows two laptops one history, and lets one run at a time", async () => {
  await using ada = await laptop()
  await using bob = await laptop()
  // They call the host by different names and reach it by different ways.
  const [hers, his] = [box("production"), box("the-box", host)]
  const stack = (seconds: string) =>
    defineStack("ssh-shared", { services: { web: { ...sleeper, image, command: ["sleep", seconds] } } })
  await ada.up(stack("100001"), { target: hers })
  await bob.up(stack("100002"), { target: his })
  const numbers = async (flow: WindFlow, at: Target) =>
    (await flow.history({ project: "ssh-shared", target: at })).map(({ number, status }) => `${number} ${status}`)
  expect(await numbers(ada, hers)).toEqual(["2 succeeded", "1 succeeded"])
  expect(await numbers(bob, his)).toEqual(["2 succeeded", "1 succeeded"])

  // Hers waits for a health that never comes and holds the lock meanwhile.
  const stop = new AbortController()
  const started = Promise.withResolvers<void>()
  const waiting = defineStack("ssh-shared", {
    services: {
      web: { ...sleeper, image, healthcheck: { test: ["CMD", "false"], interval: "60s", start_period: "60s" } },
    },
  })
  const running = ada.up(waiting, {
    target: hers,
    signal: stop.signal,
    onEvent: (event) => {
      if (event._tag === "OperationStarted") started.resolve()
    },
  })
  await Promise.race([started.promise, running])
  const refused = await bob.up(stack("100003"), { target: his }).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(isError(refused, "Locked")).toBe(true)
  stop.abort()
  await expect(running).rejects.toMatchObject({ _tag: "Cancelled" })
  await bob.up(stack("100003"), { target: his })
  expect((await numbers(ada, hers))[0]).toMatch(/^\d+ succeeded$/)
  await ada.down({ project: "ssh-shared", target: hers }, { stopTimeout: 0 })
})

it("goes through a jump host that the URL names", async () => {
  await using flow = await laptop()
  const way = `[${host.address}]:${host.port}`
  const far = target(`ssh://deploy@127.0.0.1?jump=plain@${host.address}:${host.port}`, {
    identity: host.privateKey,
    hostKey: host.hostKey,
    jumpHostKeys: { [way]: host.hostKey },
  })
  expect(await flow.ps({ target: far })).toEqual([])
})
