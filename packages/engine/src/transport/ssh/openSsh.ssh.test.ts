// A host over ssh2, against a stock sshd: what goes over its one connection, and what the host is told to do.
import { execFileSync, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { baseImages, type Host, type Proxy, startHost, startProxy, until } from "@windflow/testcontainers"
import { Effect, type Scope, Stream } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { WindFlowError } from "../../model/errors/union.ts"
import { textLines } from "../demultiplex.ts"
import { shellText } from "./quote.ts"
import { accessTo, engineOf, secrets, sshTo } from "./sshBed.ts"

let host: Host
let proxy: Proxy
let busybox = ""

beforeAll(async () => {
  ;[host, { busybox }] = await Promise.all([startHost({ docker: true, passwords: true }), baseImages(["busybox"])])
  await host.loadImage(busybox)
  proxy = await startProxy(host)
})
afterAll(async () => {
  await proxy?.stop()
  await host?.remove()
})

const scoped = <A>(effect: Effect.Effect<A, WindFlowError, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))
const failure = <A>(effect: Effect.Effect<A, WindFlowError, Scope.Scope>): Promise<WindFlowError> =>
  Effect.runPromise(Effect.scoped(effect).pipe(Effect.flip, Effect.orDie))

const logins = async (): Promise<number> => [...(await host.sshdLog()).matchAll(/Accepted \S+ for /g)].length

test("200 streams at once are one connection and one login", async () => {
  const [before, accepted] = [await logins(), proxy.accepted()]
  const names = await scoped(
    Effect.gen(function* () {
      const { api, ssh } = yield* engineOf(host, proxy)
      const answers = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, index) => index),
        () => api.images.list({}),
        { concurrency: "unbounded" },
      )
      expect(ssh.connections()).toBe(1)
      return answers.map((images) => images.length)
    }),
  )
  expect(new Set(names)).toEqual(new Set([1]))
  expect(proxy.accepted() - accepted).toBe(1)
  expect((await logins()) - before).toBe(1)
})

type Api = Effect.Success<ReturnType<typeof engineOf>>["api"]

/** A running container, removed with the scope. */
const container = (api: Api, ...command: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const { Id } = yield* api.containers.create(`ssh-${Math.random().toString(36).slice(2)}`, {
        Image: busybox,
        Cmd: [...command],
        HostConfig: { NetworkMode: "none" },
      })
      yield* api.containers.start(Id)
      return Id
    }),
    (id) => Effect.ignore(api.containers.remove(id, { volumes: true })),
  )

/** All that comes until the other side ends. */
const rest = (socket: Duplex, head: Buffer): Effect.Effect<string> =>
  Effect.promise(
    () =>
      new Promise((resolve, reject) => {
        const chunks = [head]
        socket.on("data", (chunk: Buffer) => chunks.push(chunk))
        socket.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")))
        socket.once("error", reject)
      }),
  )

test("a hijacked exec: half-close, output after it, exit code", async () => {
  const found = await scoped(
    Effect.gen(function* () {
      const { api } = yield* engineOf(host)
      const id = yield* container(api, "sleep", "infinity")
      const exec = yield* api.exec.create(id, {
        // Says nothing before its input ended.
        Cmd: ["sh", "-c", "wc -c; echo after; exit 7"],
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
      })
      const { socket, head } = yield* api.exec.start(exec.Id, false)
      socket.end("12345")
      const text = yield* rest(socket, head)
      return { text, exit: (yield* api.exec.inspect(exec.Id)).ExitCode }
    }),
  )
  expect(found.text).toMatch(/5\n[^]*after\n/)
  expect(found.exit).toBe(7)
})

test("a terminal's size is the one it was changed to", async () => {
  const text = await scoped(
    Effect.gen(function* () {
      const { api } = yield* engineOf(host)
      const id = yield* container(api, "sleep", "infinity")
      const exec = yield* api.exec.create(id, {
        Cmd: ["sh", "-c", "read go; stty size"],
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: true,
      })
      const { socket, head } = yield* api.exec.start(exec.Id, true)
      yield* api.exec.resize(exec.Id, 99, 44)
      socket.write("go\n")
      return yield* rest(socket, head)
    }),
  )
  expect(text).toContain("44 99")
})

test("a stream that nobody reads on stops its writer and holds up nobody else; leaving it ends it on the host", async () => {
  await scoped(
    Effect.gen(function* () {
      const { api, ssh } = yield* engineOf(host, proxy)
      const id = yield* container(
        api,
        "sh",
        "-c",
        "yes 0123456789012345678901234567890123456789 | head -n 1000000; sleep 600",
      )
      const settled = Effect.map(api.containers.inspect(id), ({ State }) => State.Running)
      expect(yield* settled).toBe(true)
      const before = proxy.received()
      const lines = yield* api.containers.logs(id, { follow: true, timestamps: false }).pipe(
        textLines,
        Stream.take(3),
        Stream.mapEffect((line) =>
          Effect.as(
            // Others are served while this one is not read.
            Effect.forEach(Array.from({ length: 20 }), () => api.images.list({}), { discard: true }),
            line,
          ),
        ),
        Stream.runCollect,
      )
      expect(lines).toHaveLength(3)
      // Its log is 41 MB and more; what was on the way is bounded by windows and buffers.
      expect(proxy.received() - before).toBeLessThan(12 << 20)
      const streams = yield* Effect.promise(() =>
        host.run("sh", "-c", "ss -xH state connected | grep -c docker.sock || true"),
      )
      expect(Number(streams.output)).toBeLessThan(8)
      expect(ssh.connections()).toBe(1)
    }),
  )
})

const canaries = [
  "plain",
  "",
  "two words",
  "quote ' quote",
  'double " quote',
  "$(touch /tmp/canary)",
  "`touch /tmp/canary`",
  "; touch /tmp/canary",
  "a\nnew line",
  "back\\slash",
  "*",
  "~",
  "-n",
  "!history",
  "é ü 漢",
  "#comment",
  "x=y",
]

test("arguments reach a program as they are", async () => {
  const result = await scoped(
    Effect.flatMap(sshTo(host.url(), accessTo(host)), (ssh) => ssh.run(["printf", "%s\\0", ...canaries])),
  )
  expect(result.stdout.toString("utf8").split("\0").slice(0, -1)).toEqual(canaries)
  expect(result.exitCode).toBe(0)
  expect((await host.run("ls", "/tmp/canary")).exitCode).not.toBe(0)
  expect(() => shellText(["a\0b"])).toThrow(/NUL/)
})

test("a program's input, its errors and its code; leaving it ends it", async () => {
  await scoped(
    Effect.gen(function* () {
      const ssh = yield* sshTo(host.url(), accessTo(host))
      const result = yield* ssh.run(["sh", "-c", "cat; echo wrong >&2; exit 3"], { input: Buffer.from("given") })
      expect([result.stdout.toString(), result.stderr.toString(), result.exitCode]).toEqual(["given", "wrong\n", 3])
      const fiber = yield* Effect.forkChild(ssh.run(["sh", "-c", "echo started >/tmp/leaving; exec cat /dev/zero"]))
      yield* Effect.promise(() =>
        until("its start", async () => (await host.run("cat", "/tmp/leaving")).exitCode === 0),
      )
      fiber.interruptUnsafe()
      yield* Effect.promise(() =>
        until("its end", async () => (await host.run("pgrep", "-f", "cat /dev/zero")).exitCode !== 0),
      )
    }),
  )
})

test.each([
  ["a key file", () => ({ access: { identity: host.privateKey } })],
  [
    "an encrypted key, its passphrase a secret",
    () => ({
      access: { identity: host.encryptedKey, passphrase: { _secret: "open" } },
      sources: { reveal: secrets({ open: host.passphrase }) },
    }),
  ],
  [
    "a key that is a secret itself",
    () => ({
      access: { identity: { _secret: "key" } },
      sources: { reveal: secrets({ key: readFileSync(host.privateKey, "utf8") }) },
    }),
  ],
  [
    "a password",
    () => ({ access: { password: { _secret: "word" } }, sources: { reveal: secrets({ word: host.password }) } }),
  ],
] as const)("logs in with %s", async (_, make) => {
  const { access, ...rest } = make()
  const result = await scoped(
    Effect.flatMap(
      sshTo(host.url(), { hostKey: host.hostKey, ...access }, "sources" in rest ? rest.sources : {}),
      (ssh) => ssh.run(["id", "-un"]),
    ),
  )
  expect(result.stdout.toString()).toBe("deploy\n")
})

test("logs in with an agent, which may hold other keys too", async () => {
  const socket = join(host.directory, "agent.sock")
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" })
  const ended = new Promise((resolve) => agent.once("close", resolve))
  try {
    await until("the agent", async () => existsSync(socket))
    const other = join(host.directory, "other")
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", other])
    for (const key of [other, host.privateKey])
      execFileSync("ssh-add", ["-q", key], { env: { SSH_AUTH_SOCK: socket }, stdio: "ignore" })
    const facts = await scoped(
      Effect.flatMap(
        sshTo(host.url(), { hostKey: host.hostKey }, { environment: { SSH_AUTH_SOCK: socket } }),
        (ssh) => ssh.connect,
      ),
    )
    expect(facts.credential).toBe("agent")
  } finally {
    agent.kill()
    await ended
  }
})

test("through a jump host, each with a key of its own to judge", async () => {
  // The machine is its own way station: from there its own port 22 answers.
  const url = `ssh://plain@127.0.0.1:22?jump=deploy@${host.address}:${host.port}`
  const jumpHostKeys = { [`[${host.address}]:${host.port}`]: host.hostKey }
  const result = await scoped(
    Effect.flatMap(sshTo(url, { ...accessTo(host), jumpHostKeys }), (ssh) => ssh.run(["id", "-un"])),
  )
  expect(result.stdout.toString()).toBe("plain\n")
  const unknown = await failure(Effect.flatMap(sshTo(url, accessTo(host)), (ssh) => ssh.connect))
  expect(unknown).toMatchObject({ _tag: "HostKeyUnknown", host: `[${host.address}]:${host.port}` })
})

test("who is not let in is told what was offered and what is taken", async () => {
  const wrong = await failure(
    Effect.flatMap(
      sshTo(
        host.url(),
        { hostKey: host.hostKey, password: { _secret: "word" } },
        { reveal: secrets({ word: "wrong" }) },
      ),
      (ssh) => ssh.connect,
    ),
  )
  expect(wrong).toMatchObject({ _tag: "LoginRefused", user: "deploy", offered: "password" })
  expect(wrong).toHaveProperty("accepted", expect.stringContaining("publickey"))
  const locked = await failure(
    Effect.flatMap(sshTo(host.url(), { hostKey: host.hostKey, identity: host.encryptedKey }), (ssh) => ssh.connect),
  )
  expect(locked).toMatchObject({ _tag: "ConfigInvalid", file: host.encryptedKey })
})

test("a user who may not use the socket is told so, and so is one without an engine", async () => {
  const refused = await failure(Effect.flatMap(engineOf(host, host, "plain"), ({ api }) => api.now))
  expect(refused).toMatchObject({ _tag: "EngineUnreachable", reason: "permission" })
  const nowhere = await failure(
    Effect.gen(function* () {
      const ssh = yield* sshTo(`${host.url()}/run/nowhere.sock`, accessTo(host))
      return yield* Effect.callback<never, WindFlowError>((resume) => {
        ssh.dial().once("error", (error) => resume(Effect.fail(error as WindFlowError)))
      })
    }),
  )
  expect(nowhere).toMatchObject({ _tag: "EngineUnreachable", reason: "not-found" })
})

test("where forwarding is forbidden the host's own command serves, a few streams at a time", async () => {
  const strict = await startHost({ docker: true, sshd: ["AllowStreamLocalForwarding no"] })
  try {
    await strict.loadImage(busybox)
    await scoped(
      Effect.gen(function* () {
        const { api, ssh } = yield* engineOf(strict)
        yield* Effect.forEach(
          Array.from({ length: 40 }, (_, index) => index),
          () => api.images.list({}),
          { concurrency: "unbounded", discard: true },
        )
        // A stream that stays open, and programs beside it.
        const id = yield* container(api, "sh", "-c", "while true; do echo line; sleep 0.2; done")
        const lines = yield* api.containers.logs(id, { follow: true, timestamps: false }).pipe(
          textLines,
          Stream.take(3),
          Stream.mapEffect((line) => Effect.as(ssh.run(["true"]), line.text)),
          Stream.runCollect,
        )
        expect(lines).toEqual(["line", "line", "line"])
        expect(ssh.connections()).toBe(1)
      }),
    )
  } finally {
    await strict.remove()
  }
})
