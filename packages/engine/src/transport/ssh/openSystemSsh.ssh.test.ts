// The same host over the system's `ssh`: one process, one connection, the user's configuration; and what its words mean.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Host, type Proxy, startHost, startProxy, until } from "@windflow/testcontainers"
import { Effect, type Scope } from "effect"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { SshAccess } from "../../model/Target.ts"
import { openDocker } from "../openDocker.ts"
import { openSystemSsh } from "./openSystemSsh.ts"
import { accessTo, sshEndpointOf } from "./sshBed.ts"
import type { SystemChoices } from "./systemArguments.ts"

let host: Host
let strict: Host
let proxy: Proxy
const runtime = mkdtempSync(join(tmpdir(), "wf-run-"))

beforeAll(async () => {
  process.env["XDG_RUNTIME_DIR"] = runtime
  ;[host, strict] = await Promise.all([
    startHost({ docker: true }),
    startHost({ docker: true, sshd: ["AllowStreamLocalForwarding no"] }),
  ])
  proxy = await startProxy(host)
})
afterEach(() => {
  // Sockets and pinned keys are gone with the scope.
  const left = readdirSync(runtime)
  if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`)
})
afterAll(async () => {
  await proxy?.stop()
  await Promise.all([host?.remove(), strict?.remove()])
  rmSync(runtime, { recursive: true, force: true })
})

const batch: SystemChoices = { batch: true }
const to = (url: string, access: SshAccess, choices: Partial<SystemChoices> = {}) =>
  openSystemSsh(sshEndpointOf(url), access, { ...batch, ...choices })
const scoped = <A>(effect: Effect.Effect<A, WindFlowError, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))
const failure = (effect: Effect.Effect<unknown, WindFlowError, Scope.Scope>): Promise<WindFlowError> =>
  Effect.runPromise(Effect.scoped(effect).pipe(Effect.flip, Effect.orDie))
const at = ({ address, port }: { readonly address: string; readonly port: number }, user = "deploy") =>
  `ssh://${user}@${address}:${port}`

const engine = (url: string, access: SshAccess) =>
  Effect.gen(function* () {
    const ssh = yield* to(url, access)
    return { ssh, api: yield* openDocker({ endpoint: sshEndpointOf(url), config: {} }, ssh.dial) }
  })
const many = (count: number) => Array.from({ length: count }, (_, index) => index)

test("a hundred calls at once and a program are one connection", async () => {
  const before = proxy.accepted()
  await scoped(
    Effect.gen(function* () {
      const { api, ssh } = yield* engine(at(proxy), accessTo(host))
      yield* Effect.forEach(many(100), () => api.images.list({}), { concurrency: "unbounded", discard: true })
      const { stdout } = yield* ssh.run(["printf", "%s|", "$(id)", "it's", ""])
      expect(stdout.toString()).toBe("$(id)|it's||")
      expect(ssh.connections()).toBe(1)
    }),
  )
  expect(proxy.accepted() - before).toBe(1)
  await until("the connection's end", async () => proxy.open() === 0)
})

test("where forwarding is forbidden the host's own command serves, a few at a time", async () => {
  const version = await scoped(
    Effect.gen(function* () {
      const { api } = yield* engine(at(strict), accessTo(strict))
      yield* Effect.forEach(many(30), () => api.images.list({}), { concurrency: "unbounded", discard: true })
      return yield* api.version
    }),
  )
  expect(version).toMatch(/^1\.\d+$/)
})

test("an unknown host is refused with its whole key, without a login", async () => {
  const none = join(runtime, "none")
  const logins = async () => [...(await host.sshdLog()).matchAll(/Accepted|Failed|Postponed/g)].length
  const before = await logins()
  const error = await failure(
    Effect.flatMap(to(at(host), { identity: host.privateKey }, { knownHosts: [none] }), ({ connect }) => connect),
  )
  expect(error).toMatchObject({ _tag: "HostKeyUnknown", key: host.hostKey })
  expect(error).toHaveProperty("fingerprint", expect.stringMatching(/^SHA256:/))
  expect(await logins()).toBe(before)
})

test("another key than the pinned one is a mismatch, and a known one is taken", async () => {
  const wrong = await failure(
    Effect.flatMap(to(at(host), { ...accessTo(host), hostKey: strict.hostKey }), ({ connect }) => connect),
  )
  expect(wrong).toMatchObject({ _tag: "HostKeyMismatch" })
  const facts = await scoped(
    Effect.flatMap(
      to(at(host), { identity: host.privateKey }, { knownHosts: [host.knownHosts] }),
      ({ connect }) => connect,
    ),
  )
  expect(facts).toEqual({ credential: "publickey" })
})

test.each([
  ["a stranger", () => to(at(host), accessTo(strict)), { _tag: "HostKeyMismatch" }],
  [
    "a key that is not let in",
    () => to(at(host), { identity: strict.privateKey, hostKey: host.hostKey }),
    { _tag: "LoginRefused", user: "deploy", accepted: "publickey" },
  ],
  ["a name that does not exist", () => to("ssh://nowhere.invalid", {}), { _tag: "HostUnreachable", reason: "name" }],
  ["a port where nobody listens", () => to("ssh://127.0.0.1:1", {}), { _tag: "HostUnreachable", reason: "refused" }],
] as const)("%s is told as what it is", async (_, open, expected) => {
  expect(await failure(Effect.flatMap(open(), ({ connect }) => connect))).toMatchObject(expected)
})

test("a user who may not use the engine is told so", async () => {
  const error = await failure(Effect.flatMap(engine(at(host, "plain"), accessTo(host)), ({ api }) => api.now))
  expect(error).toMatchObject({ _tag: "EngineUnreachable", reason: "permission" })
})

test("after the connection was cut the next call makes a new one", async () => {
  await scoped(
    Effect.gen(function* () {
      const { api, ssh } = yield* engine(at(proxy), accessTo(host))
      yield* api.now
      proxy.cut()
      yield* Effect.promise(() => until("the end of ssh", async () => proxy.open() === 0))
      yield* Effect.retry(api.now, { times: 5 })
      expect(ssh.connections()).toBe(2)
    }),
  )
})

test("the user's own configuration leads to the host: an alias, and a command that carries the connection", async () => {
  const directory = mkdtempSync(join(tmpdir(), "wf-config-"))
  const config = join(directory, "config")
  writeFileSync(
    config,
    `Host box\n  HostName ${host.address}\n  Port ${host.port}\n  User deploy\n  IdentityFile ${host.privateKey}\n  IdentitiesOnly yes\n`,
  )
  // ssh reads the configuration of the user the system knows, not of HOME: a wrapper on PATH names another file.
  writeFileSync(
    join(directory, "ssh"),
    `#!/bin/sh\nexec /usr/bin/env PATH="${process.env["PATH"]}" ssh -F ${config} "$@"\n`,
    {
      mode: 0o755,
    },
  )
  const path = process.env["PATH"]
  process.env["PATH"] = `${directory}:${path}`
  try {
    const found = await scoped(
      Effect.gen(function* () {
        const ssh = yield* to("ssh://box", { hostKey: host.hostKey })
        return { first: yield* ssh.first, who: (yield* ssh.run(["id", "-un"])).stdout.toString() }
      }),
    )
    expect(found).toEqual({ first: { host: host.address, port: host.port }, who: "deploy\n" })
  } finally {
    process.env["PATH"] = path
    rmSync(directory, { recursive: true, force: true })
  }
})
