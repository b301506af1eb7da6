// From a bare Debian machine to a running stack, and who may not do it.
import { readFileSync } from "node:fs"
import { baseImages, type Host, startHost } from "@windflow/testcontainers"
import { Effect, Result, type Scope } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { composeDriver } from "../driver/compose/ComposeDriver.ts"
import { modelOf, noSecrets, silent, stackOf, up, walk } from "../driver/compose/testBed.ts"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Event } from "../model/Event.ts"
import type { Target } from "../model/Target.ts"
import { memoryJournal } from "../state/memory.ts"
import { engineOf } from "../transport/ssh/sshBed.ts"
import { previewBootstrap, runBootstrap } from "./bootstrap.ts"

let host: Host
let busybox = ""
beforeAll(async () => {
  ;[host, { busybox }] = await Promise.all([
    startHost({ docker: false, engineLater: true, disk: 600 * 1024 * 1024 }),
    baseImages(["busybox"]),
  ])
})
afterAll(() => host?.remove())

const scoped = <A>(effect: Effect.Effect<A, WindFlowError, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))
const target: Target = { name: "box", type: "vm", driver: "compose", endpoints: ["ssh://box"] }

const portsAs = (user: string) =>
  Effect.map(engineOf(host, host, user), ({ ssh }) => ({
    host: ssh,
    target,
    journal: memoryJournal(),
    owner: "ada@laptop",
  }))
const wish = () => ({
  detached: true,
  deploy: { user: "ship", key: readFileSync(`${host.privateKey}.pub`, "utf8").trim() },
})
const failureOf = (effect: Effect.Effect<unknown, WindFlowError>) =>
  Effect.map(Effect.result(effect), (result) => (Result.isFailure(result) ? result.failure : undefined))

test("who has no sudo is told so, and the host is as it was", async () => {
  const before = (await host.run("ls", "/etc/apt/sources.list.d", "/etc/apt/preferences.d", "/home")).output
  await scoped(
    Effect.gen(function* () {
      const ports = yield* portsAs("plain")
      expect(yield* failureOf(runBootstrap(ports, wish()))).toMatchObject({ _tag: "PrivilegeMissing", user: "plain" })
      expect(yield* ports.journal.rows("bootstrap@box")).toEqual([])
    }),
  )
  expect((await host.run("ls", "/etc/apt/sources.list.d", "/etc/apt/preferences.d", "/home")).output).toBe(before)
})

test("a host without an init system is refused, unless the daemon may be started by itself", async () => {
  await scoped(
    Effect.gen(function* () {
      const ports = yield* portsAs("deploy")
      expect(yield* failureOf(previewBootstrap(ports, { detached: false }))).toMatchObject({ _tag: "HostUnsupported" })
    }),
  )
})

test("bare Debian becomes a Docker host with a user who can deploy and nothing else; a second run has nothing to do", async () => {
  await scoped(
    Effect.gen(function* () {
      const ports = yield* portsAs("deploy")
      const preview = yield* previewBootstrap(ports, wish())
      expect((yield* Effect.promise(() => host.run("test", "-e", "/usr/sbin/dockerd"))).exitCode).toBe(1)
      const events: Array<Event["_tag"]> = []
      const done = yield* runBootstrap(ports, wish(), ({ _tag }) => events.push(_tag))
      expect(done.hash).toBe(preview.hash)
      expect(events.filter((tag) => tag === "OperationSucceeded")).toHaveLength(done.operations.length)
      const rows = yield* ports.journal.rows("bootstrap@box")
      expect(rows.at(-1)).toMatchObject({ _tag: "RunEnded", status: "succeeded" })
      const again = yield* runBootstrap(ports, wish())
      expect(again.operations).toEqual([])
    }),
  )
  await host.loadImage(busybox)
  await scoped(
    Effect.gen(function* () {
      const { api, ssh } = yield* engineOf(host, host, "ship")
      const driver = composeDriver({ api, secrets: noSecrets, config: {}, localFiles: false })
      const service = { image: busybox, command: ["sleep", "1000"], init: true, stop_grace_period: "0s" }
      const desired = yield* driver.prepare(up(stackOf(modelOf("booted", { web: service }))), {
        preview: false,
        report: silent,
      })
      const draft = yield* Effect.fromResult(driver.plan(desired, yield* driver.observe(desired)))
      yield* walk(driver, desired, draft.operations)
      expect((yield* driver.instances("booted")).map(({ state }) => state)).toEqual(["running"])
      // The forced command answers whatever is asked to run: no shell, no files.
      const { stdout } = yield* ssh.run(["id", "-un"])
      expect(stdout.toString("utf8")).not.toContain("ship")
      const log = yield* Effect.promise(() =>
        host.run("grep", "-c", "Accepted publickey for ship", "/var/log/sshd.log"),
      )
      expect(Number(log.output)).toBe(1)
    }),
  )
}, 600_000)
