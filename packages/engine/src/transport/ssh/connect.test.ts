// What a server sees of us, and when: an SSH server in this process that writes down everything it is offered.
import { type AddressInfo } from "node:net"
import { Effect, Redacted } from "effect"
import ssh2 from "ssh2"
import { afterEach, beforeAll, describe, expect, test } from "vitest"
import type { WindFlowError } from "../../model/errors/union.ts"
import { connectRoute } from "./connect.ts"
import { fingerprint, type HostKeys, keyLine, parseKnownHosts } from "./knownHosts.ts"
import { type SshSettings } from "./settings.ts"
import { sshEndpointOf } from "./sshBed.ts"

interface Recorder {
  readonly port: number
  /** `publickey ada`, `password ada`: whatever came, in order. */
  readonly attempts: Array<string>
  readonly connections: () => number
  readonly stop: () => Promise<void>
}

const generate = ssh2.utils.generateKeyPairSync
const keys = { host: generate("ed25519"), other: generate("ecdsa", { bits: 256 }), user: generate("ed25519") }
const publicKey = (text: string): Buffer => {
  const parsed = ssh2.utils.parseKey(text)
  if (parsed instanceof Error) throw parsed
  return parsed.getPublicSSH()
}
const hostKey = publicKey(keys.host.public)
const userKey = publicKey(keys.user.public)

const running = new Set<Recorder>()
const startServer = async (hostKeys: ReadonlyArray<string>, accept: ReadonlyArray<string>): Promise<Recorder> => {
  const attempts: Array<string> = []
  let connections = 0
  const server = new ssh2.Server({ hostKeys: [...hostKeys] }, (client) => {
    connections++
    client.on("error", () => {})
    client.on("authentication", (context) => {
      attempts.push(`${context.method} ${context.username}`)
      const known =
        (context.method === "password" && context.password === "right") ||
        (context.method === "publickey" && context.key.data.equals(userKey))
      if (known && accept.includes(context.method)) context.accept()
      // The types leave out that the methods are strings the client is told.
      else context.reject(accept as never)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const recorder: Recorder = {
    // A server that listens on TCP has such an address.
    port: (server.address() as AddressInfo).port,
    attempts,
    connections: () => connections,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
  running.add(recorder)
  return recorder
}

afterEach(async () => {
  for (const one of running) await one.stop()
  running.clear()
})

const settings = (hostKeys: HostKeys, changes: Partial<SshSettings> = {}): SshSettings => ({
  user: "nobody",
  identities: [{ name: "key", key: Redacted.make(keys.user.private), passphrase: () => Promise.resolve(undefined) }],
  password: Redacted.make("right"),
  hostKeys: () => hostKeys,
  connectTimeout: 10_000,
  keepAlive: 10_000,
  ...changes,
})

const connecting = (port: number, given: SshSettings) =>
  Effect.scoped(
    Effect.map(
      Effect.acquireRelease(connectRoute(sshEndpointOf(`ssh://ada@127.0.0.1:${port}`), given), ({ client }) =>
        Effect.sync(() => client.destroy()),
      ),
      ({ credential, hostKey }) => ({ credential, hostKey }),
    ),
  )
const failing = (port: number, given: SshSettings): Promise<WindFlowError> =>
  Effect.runPromise(connecting(port, given).pipe(Effect.flip, Effect.orDie))

const known = (port: number, key: Buffer): HostKeys => ({
  entries: parseKnownHosts(`[127.0.0.1]:${port} ${keyLine(key)}`),
})

let server: Recorder
const both = ["publickey", "password"]

describe("before the host key is right, nothing about the user is sent", () => {
  test("a host that nobody knows", async () => {
    server = await startServer([keys.host.private], both)
    const error = await failing(server.port, settings({ entries: [] }))
    expect(error).toMatchObject({
      _tag: "HostKeyUnknown",
      host: `[127.0.0.1]:${server.port}`,
      fingerprint: fingerprint(hostKey),
      key: keyLine(hostKey),
    })
    expect(error.remedy).toContain(`--host-key ${fingerprint(hostKey)}`)
    expect([server.connections(), server.attempts]).toEqual([1, []])
  })

  test("a host whose key changed", async () => {
    server = await startServer([keys.host.private], both)
    const error = await failing(server.port, settings(known(server.port, userKey)))
    expect(error).toMatchObject({
      _tag: "HostKeyMismatch",
      expected: fingerprint(userKey),
      actual: fingerprint(hostKey),
    })
    expect([server.connections(), server.attempts]).toEqual([1, []])
  })

  test("a key that was revoked", async () => {
    server = await startServer([keys.host.private], both)
    const entries = parseKnownHosts(`* ${keyLine(hostKey)}\n@revoked * ${keyLine(hostKey)}`)
    expect(await failing(server.port, settings({ entries }))).toMatchObject({ _tag: "HostKeyMismatch" })
    expect([server.connections(), server.attempts]).toEqual([1, []])
  })

  test("the recorder does record: with the right key the user is offered", async () => {
    server = await startServer([keys.host.private], both)
    const connected = await Effect.runPromise(connecting(server.port, settings(known(server.port, hostKey))))
    expect(connected).toEqual({ credential: "key key", hostKey: keyLine(hostKey) })
    expect(server.attempts.every((one) => one === "publickey ada")).toBe(true)
    expect(server.attempts.length).toBeGreaterThan(0)
  })
})

describe("credentials", () => {
  test("the type of key that is known is asked for, of a server that has others too", async () => {
    server = await startServer([keys.host.private, keys.other.private], both)
    for (const one of [hostKey, publicKey(keys.other.public)]) {
      const connected = await Effect.runPromise(connecting(server.port, settings(known(server.port, one))))
      expect(connected.hostKey).toBe(keyLine(one))
    }
  })

  test("only what the server takes is offered", async () => {
    server = await startServer([keys.host.private], ["password"])
    const connected = await Effect.runPromise(
      connecting(server.port, settings(known(server.port, hostKey), { identities: [] })),
    )
    expect(connected.credential).toBe("password")
    expect(server.attempts).toEqual(["password ada"])
  })

  test("everything refused says what was offered and what is taken", async () => {
    server = await startServer([keys.host.private], both)
    const stranger = {
      name: "other",
      key: Redacted.make(keys.other.private),
      passphrase: () => Promise.resolve(undefined),
    }
    const error = await failing(
      server.port,
      settings(known(server.port, hostKey), { identities: [stranger], password: Redacted.make("wrong") }),
    )
    expect(error).toMatchObject({
      _tag: "LoginRefused",
      user: "ada",
      offered: "key other, password",
      accepted: "publickey, password",
    })
    expect(JSON.stringify(error) + error.message).not.toContain("wrong")
  })

  describe("an encrypted key", () => {
    let encrypted: string
    beforeAll(() => {
      encrypted = generate("ed25519", { passphrase: "open sesame", cipher: "aes256-ctr", rounds: 4 }).private
    })

    test.each([
      ["no passphrase", undefined, "no passphrase was given"],
      ["a wrong one", "shut sesame", "does not open the key"],
    ])("%s", async (_, passphrase, detail) => {
      server = await startServer([keys.host.private], both)
      const { password: __, ...without } = settings(known(server.port, hostKey))
      const given = passphrase === undefined ? undefined : Redacted.make(passphrase)
      const identity = { name: "id_enc", key: Redacted.make(encrypted), passphrase: () => Promise.resolve(given) }
      const error = await failing(server.port, { ...without, identities: [identity] })
      expect(error).toMatchObject({ _tag: "ConfigInvalid", file: "id_enc" })
      expect(error.message).toContain(detail)
      expect(error.message).not.toContain("sesame")
    })
  })
})

describe("no SSH server", () => {
  test("nothing listens", async () => {
    server = await startServer([keys.host.private], both)
    await server.stop()
    running.clear()
    expect(await failing(server.port, settings({ entries: [] }))).toMatchObject({
      _tag: "HostUnreachable",
      reason: "refused",
    })
  })

  test("a name that does not exist", async () => {
    const endpoint = sshEndpointOf("ssh://nowhere.invalid")
    const error = await Effect.runPromise(
      connectRoute(endpoint, settings({ entries: [] })).pipe(Effect.flip, Effect.orDie),
    )
    expect(error).toMatchObject({ _tag: "HostUnreachable", host: "nowhere.invalid", reason: "name" })
  })
})
