import { expect, test } from "vitest"
import type { GrpcMethods, Metadata } from "./grpc.ts"
import { decodeBytes, encodeBytes } from "./messages.ts"
import { health, registryCredentials, secrets, sshAgents } from "./sessionServices.ts"

async function* only(message: Uint8Array): AsyncGenerator<Buffer, void> {
  yield Buffer.from(message)
}
/** Calls a method with one message; what it sent, or how it failed. */
const call = async (methods: GrpcMethods, name: string, message: Uint8Array, metadata: Metadata = new Map()) => {
  const sent: Array<Buffer> = []
  const send = async (answer: Uint8Array) => void sent.push(Buffer.from(answer))
  const error = await methods[name]!({ metadata, messages: only(message), send }).then(
    () => undefined,
    (failure: unknown) => failure,
  )
  return { sent, error }
}
const text = (value: string) => encodeBytes(Buffer.from(value)) // a text and bytes look the same on the wire

test("secrets: those that were given, within BuildKit's size", async () => {
  const values: Readonly<Record<string, Uint8Array>> = { one: Buffer.from("value"), big: Buffer.alloc(500 * 1024 + 1) }
  const methods = secrets((id) => (values[id] === undefined ? undefined : Promise.resolve(values[id])))
  const name = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
  const found = await call(methods, name, text("one"))
  expect(Buffer.from(decodeBytes(found.sent[0]!)).toString()).toBe("value")
  expect((await call(methods, name, text("other"))).error).toMatchObject({ code: 5 })
  expect((await call(methods, name, text("big"))).error).toMatchObject({
    code: 3,
    message: expect.stringContaining("500 KiB"),
  })
})

test("credentials: only for the host that is asked for; nothing for others", async () => {
  const asked: Array<string> = []
  const methods = registryCredentials(async (host) => {
    asked.push(host)
    return host === "a.example" ? { username: "u", secret: "s" } : undefined
  })
  const name = "/moby.filesync.v1.Auth/Credentials"
  expect((await call(methods, name, text("a.example"))).sent[0]).toEqual(Buffer.from("\n\u0001u\u0012\u0001s"))
  expect((await call(methods, name, text("b.example"))).sent[0]).toEqual(Buffer.alloc(0))
  expect(asked).toEqual(["a.example", "b.example"])
  // Tokens are the engine's business: it falls back when these are not offered.
  expect(Object.keys(methods)).toEqual([name])
})

test("agents: by name, or the default; one that is not there says so", async () => {
  const methods = sshAgents(new Map([["default", "/nowhere/agent.sock"]]))
  expect((await call(methods, "/moby.sshforward.v1.SSH/CheckAgent", text(""))).error).toBeUndefined()
  expect((await call(methods, "/moby.sshforward.v1.SSH/CheckAgent", text("other"))).error).toMatchObject({ code: 5 })
  const forward = "/moby.sshforward.v1.SSH/ForwardAgent"
  expect((await call(methods, forward, text(""), new Map([["buildkit.ssh.id", ["default"]]]))).error).toMatchObject({
    code: 14,
    message: expect.stringContaining("/nowhere/agent.sock"),
  })
})

test("health: serving", async () => {
  expect((await call(health, "/grpc.health.v1.Health/Check", new Uint8Array(0))).sent).toEqual([Buffer.from([8, 1])])
})
