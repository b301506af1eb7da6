// Our gRPC client against our gRPC server over a Unix socket: unary, streams both ways, statuses, broken connections.
import { once } from "node:events"
import { createServer, connect, type Socket } from "node:net"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import {
  ConnectionLost,
  type GrpcClient,
  grpcClient,
  grpcCode,
  GrpcFailure,
  type GrpcMethods,
  serveGrpc,
  unary,
} from "./grpc.ts"

let folder = ""
let client: GrpcClient | undefined
let server: { readonly close: () => void } | undefined
let accepted: Socket | undefined
const listener = createServer()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "windflow-grpc-"))
  listener.listen(join(folder, "s"))
  await once(listener, "listening")
})
afterEach(async () => {
  client?.close()
  server?.close()
  listener.removeAllListeners("connection").close()
  await once(listener, "close")
  await rm(folder, { recursive: true })
})

const start = async (methods: GrpcMethods): Promise<GrpcClient> => {
  const incoming = once(listener, "connection")
  const socket = connect(join(folder, "s"))
  ;[accepted] = (await incoming) as [Socket] // what a net.Server emits
  server = serveGrpc(accepted, Buffer.alloc(0), methods)
  client = grpcClient(socket, Buffer.alloc(0))
  return client
}
const never = new AbortController().signal
const failure = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

test("one message in, one out; statuses and their texts come through", async () => {
  const calls = await start({
    "/t/Echo": unary((request) => Buffer.concat([request, request])),
    "/t/Refuse": unary(() => {
      throw new GrpcFailure(grpcCode.notFound, "nicht da: 100 %, ä")
    }),
    "/t/Break": unary(() => {
      throw new Error("a defect")
    }),
  })
  const large = Buffer.alloc(3_000_000, 9)
  expect((await calls.call("/t/Echo", large, never)).length).toBe(6_000_000)
  expect(await failure(calls.call("/t/Refuse", large, never))).toMatchObject({ code: 5, message: "nicht da: 100 %, ä" })
  expect(await failure(calls.call("/t/Break", large, never))).toMatchObject({ code: 2, message: "a defect" })
  expect(await failure(calls.call("/t/None", large, never))).toMatchObject({ code: 12 })
})

test("a stream of messages is read as fast as it is taken, and an abort ends the call on the other side", async () => {
  let sent = 0
  let ended: (error: unknown) => void = () => undefined
  const over = new Promise<unknown>((resolve) => (ended = resolve))
  const calls = await start({
    "/t/Many": async ({ messages, send }) => {
      for await (const request of messages) expect(request.toString()).toBe("go")
      try {
        for (;;) {
          await send(Buffer.alloc(1_000_000))
          sent++
        }
      } catch (error) {
        ended(error)
        throw error
      }
    },
  })
  const controller = new AbortController()
  let received = 0
  const result = await failure(
    (async () => {
      for await (const message of calls.follow("/t/Many", Buffer.from("go"), controller.signal)) {
        expect(message.length).toBe(1_000_000)
        if (++received === 5) controller.abort()
      }
    })(),
  )
  expect(result).toBeInstanceOf(Error)
  expect(await over).toBeInstanceOf(ConnectionLost)
  // The windows of HTTP/2 and the buffers of both sides, not the endless rest.
  expect(sent).toBeLessThan(30)
})

test("metadata keeps values with commas apart", async () => {
  let seen: ReadonlyArray<string> | undefined
  await start({
    "/t/Meta": async ({ metadata }) => {
      seen = metadata.get("exclude-patterns")
    },
  })
  const { connect: open } = await import("node:http2")
  const second = once(listener, "connection")
  const session = open("http://localhost", { createConnection: () => connect(join(folder, "s")) })
  const [socket] = (await second) as [Socket] // what a net.Server emits
  const other = serveGrpc(socket, Buffer.alloc(0), {
    "/t/Meta": async ({ metadata }) => {
      seen = metadata.get("exclude-patterns")
    },
  })
  const stream = session.request({ ":method": "POST", ":path": "/t/Meta", "exclude-patterns": ["a,b", "c"] })
  stream.resume().end()
  await once(stream, "close")
  session.destroy()
  other.close()
  expect(seen).toEqual(["a,b", "c"])
})

test("a connection that breaks is told apart from a refusal", async () => {
  const calls = await start({ "/t/Hang": () => new Promise(() => undefined) })
  const call = failure(calls.call("/t/Hang", Buffer.alloc(0), never))
  accepted!.destroy()
  expect(await call).toBeInstanceOf(ConnectionLost)
  expect(await failure(calls.call("/t/Hang", Buffer.alloc(0), never))).toBeInstanceOf(ConnectionLost)
})
