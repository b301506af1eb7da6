// The transport against engines that answer what we tell them to: versions, odd answers, dropped connections, other dials.
import { createServer, type RequestListener, type Server } from "node:http"
import { connect, type AddressInfo, type Socket } from "node:net"
import { Effect, Fiber, Result, Stream } from "effect"
import { afterEach, expect, test } from "vitest"
import type { WindFlowError } from "../model/errors/union.ts"
import type { DockerApiShape } from "./DockerApi.ts"
import { resolveEndpoint } from "./endpoint.ts"
import type { Dial } from "./EngineHttp.ts"
import { openDocker } from "./openDocker.ts"

const engineTime = Date.UTC(2030, 0, 2, 3, 4, 5)
const servers = new Set<Server>()
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers.clear()
})

const engine = async (listener: RequestListener, version = "1.45"): Promise<Server> => {
  const server = createServer((request, response) => {
    if (request.url !== "/_ping") return listener(request, response)
    response.setHeader("api-version", version).setHeader("date", new Date(engineTime).toUTCString())
    return response.end(request.method === "HEAD" ? undefined : "OK")
  })
  servers.add(server)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return server
}
// The address of a listening TCP server is never a pipe's name.
const portOf = (server: Server) => (server.address() as AddressInfo).port

const withApi = <A>(
  server: Server,
  body: (api: DockerApiShape) => Effect.Effect<A, unknown>,
  dial?: Dial,
): Promise<A> => {
  const sources = { environment: {}, configDirectory: "/none", readFile: () => undefined }
  const resolved = Result.getOrThrow(resolveEndpoint(`tcp://127.0.0.1:${portOf(server)}`, sources))
  return Effect.runPromise(Effect.scoped(Effect.flatMap(openDocker(resolved, dial), body)))
}
const failureOf = <A>(effect: Effect.Effect<A, WindFlowError>) =>
  Effect.map(Effect.result(effect), (result) => (Result.isFailure(result) ? result.failure : undefined))

test.each([
  ["1.45", "/v1.45/networks"],
  ["1.99", "/v1.47/networks"],
])("an engine of API %s is spoken to as %s, after one handshake for all calls", async (version, path) => {
  const seen: Array<string> = []
  const server = await engine((request, response) => {
    seen.push(request.url ?? "")
    response.end("[]")
  }, version)
  await withApi(server, (api) =>
    Effect.gen(function* () {
      yield* Effect.all([api.networks.list({}), api.networks.list({})], { concurrency: 2 })
      expect(seen).toEqual([path, path])
      expect(yield* api.calls).toBe(3)
    }),
  )
})

test.each(["1.41", ""])("an engine of API '%s' is too old, and says what is needed", async (version) => {
  const server = await engine((_, response) => response.end("[]"), version)
  const error = await withApi(server, (api) => failureOf(api.networks.list({})))
  expect(error).toMatchObject({ _tag: "EngineFailed", detail: expect.stringContaining("Docker 25") })
})

test("keys we do not know are let pass, what we need must be there", async () => {
  let answer: unknown = [{ Id: "1", Name: "n", Labels: null, Future: { deep: true } }]
  const server = await engine((_, response) => response.end(JSON.stringify(answer)))
  await withApi(server, (api) =>
    Effect.gen(function* () {
      expect(yield* api.networks.list({})).toEqual([{ Id: "1", Name: "n", Labels: null }])
      answer = [{ Id: 1 }]
      expect(yield* failureOf(api.networks.list({}))).toMatchObject({ _tag: "EngineFailed", call: "GET /networks" })
    }),
  )
})

test.each([
  [409, '{"message":"is in use"}', { _tag: "EngineFailed", status: 409, detail: "is in use" }],
  [502, "<html>bad gateway</html>", { _tag: "EngineFailed", status: 502, detail: "<html>bad gateway</html>" }],
  [401, '{"message":"log in"}', { _tag: "NotAuthorised", detail: "log in" }],
])("status %i", async (status, body, expected) => {
  const server = await engine((_, response) => response.writeHead(status).end(body))
  expect(await withApi(server, (api) => failureOf(api.networks.list({})))).toMatchObject(expected)
})

test("a kept connection that the engine closed: a reading call is sent again, a changing one is not", async () => {
  const sockets = new Set<Socket>()
  let dropNext = false
  const handled: Array<string> = []
  const server = await engine((request, response) => {
    if (dropNext) {
      dropNext = false
      request.socket.resetAndDestroy()
      return
    }
    handled.push(request.method ?? "")
    response.end(request.method === "GET" ? "[]" : '{"Id":"1"}')
  })
  server.on("connection", (socket) => sockets.add(socket))
  await withApi(server, (api) =>
    Effect.gen(function* () {
      yield* api.networks.list({})
      dropNext = true
      yield* api.networks.list({})
      dropNext = true
      expect(yield* failureOf(api.networks.create({}))).toMatchObject({ _tag: "EngineUnreachable", reason: "closed" })
      expect(handled).toEqual(["GET", "GET"])
    }),
  )
})

test("an answer cut in the middle", async () => {
  const server = await engine((request, response) => {
    response.writeHead(200, { "content-length": "1000" })
    response.write("[")
    setImmediate(() => request.socket.destroy())
  })
  expect(await withApi(server, (api) => failureOf(api.networks.list({})))).toMatchObject({
    _tag: "EngineUnreachable",
    reason: "closed",
  })
})

test("an interrupted call is aborted, an ended stream closes its connection", async () => {
  let [opened, closed] = [0, 0]
  const reached = (count: () => number, wanted: number) =>
    Effect.promise(() => expect.poll(count, { timeout: 10_000 }).toBe(wanted))
  const server = await engine((request, response) => {
    opened++
    request.socket.once("close", () => closed++)
    response.write('{"Action":"start"}\n')
  })
  await withApi(server, (api) =>
    Effect.gen(function* () {
      const first = yield* Stream.runCollect(Stream.take(api.events({}, undefined), 1))
      expect(first.map(({ Action }) => Action)).toEqual(["start"])
      const call = yield* Effect.forkChild(api.networks.list({}))
      yield* reached(() => opened, 2)
      yield* Fiber.interrupt(call)
      yield* reached(() => closed, 2)
    }),
  )
})

test("streams may come from anywhere", async () => {
  const server = await engine((_, response) => response.end("[]"))
  let dialled = 0
  const dial = () => {
    dialled++
    return connect(portOf(server), "127.0.0.1")
  }
  await withApi(server, (api) => Effect.andThen(api.networks.list({}), api.volumes.remove("x")), dial)
  expect(dialled).toBeGreaterThan(0)
})

test("the engine's clock comes with its answers", async () => {
  const server = await engine((_, response) => response.end())
  expect(await withApi(server, (api) => api.now)).toBe(engineTime)
})

test("a body with keys of a newer version is sent in that one, and what the engine offers is known without another call", async () => {
  const seen: Array<string> = []
  const server = await engine((request, response) => {
    seen.push(request.url ?? "")
    response.end('{"Id":"x"}')
  }, "1.51")
  await withApi(server, (api) =>
    Effect.gen(function* () {
      yield* api.containers.create("a", {}, undefined, "1.49")
      yield* api.containers.create("b", {})
      expect(yield* api.offered).toBe("1.51")
      expect(yield* api.calls).toBe(3)
    }),
  )
  expect(seen).toEqual(["/v1.49/containers/create?name=a", "/v1.47/containers/create?name=b"])
})

test("a log that ends because the engine went away is a failure, one of an engine that still answers is complete", async () => {
  const frame = Buffer.from([1, 0, 0, 0, 0, 0, 0, 4, ...Buffer.from("one\n")])
  const query = { follow: false, timestamps: false }
  const reading = (dies: boolean) =>
    engine((request, response) => {
      response.setHeader("content-type", "application/vnd.docker.multiplexed-stream")
      response.write(frame, () => {
        if (!dies) return response.end()
        // No new connections, then the end of this one: what a reader sees of an engine that was killed.
        for (const server of servers) server.close()
        return request.socket.end()
      })
    })
  const told = (api: DockerApiShape) => Stream.runCollect(api.containers.logs("c", query))
  const frames = await withApi(await reading(false), told)
  expect(frames.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(["one\n"])
  const failure = await withApi(await reading(true), (api) => failureOf(told(api)))
  expect(failure).toMatchObject({ _tag: "EngineUnreachable" })
})
