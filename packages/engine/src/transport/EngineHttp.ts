/**
 * HTTP to one Docker engine over any byte stream: Unix socket, TCP, TLS, or a channel somebody else dials. Knows requests,
 * bodies, upgrades and connection errors; what the calls mean stands in `DockerApi.ts`.
 */
import type { Agent, ClientRequest, IncomingMessage } from "node:http"
import { connect as connectTcp, isIP } from "node:net"
import type { Duplex, Readable } from "node:stream"
import { Effect, type Scope } from "effect"
import type { WindFlowError } from "../model/errors/union.ts"
import type { Endpoint } from "./endpoint.ts"
import { refused, unreachable } from "./engineErrors.ts"
import { wire, type WireAnswer } from "./wire.ts"

// An import of node:http evaluates all its exports, and among them are getters that load Node's own undici: about 40 ms of CPU
// that a no-op must not pay. Asked for as an object, only what is used is evaluated; and asked for late, as its parser is native
// and no startup snapshot of a program can hold it.
const http = () => process.getBuiltinModule("node:http")

/** Opens one byte stream to the engine; an SSH connection gives its channels through this. */
export interface Dial {
  (): Duplex
  /** How many streams it can carry at once at the moment; more would wait for those that are kept idle. Absent: any number. */
  readonly limit?: () => number
}

export interface EngineRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE"
  /** With version prefix and query. */
  readonly path: string
  /** A list becomes a header of that name for each. */
  readonly headers?: Readonly<Record<string, string | Array<string>>>
  /** JSON text, or a stream (archives). */
  readonly body?: string | Readable
}

export interface EngineHttp {
  readonly endpoint: string
  /** How many requests were sent. */
  readonly calls: () => number
  /** The answer as a stream, whatever its status; destroyed with the scope. */
  readonly open: (request: EngineRequest) => Effect.Effect<IncomingMessage, WindFlowError, Scope.Scope>
  /** The whole answer as text; a status ≥ 400 is an error unless `accept` names it. */
  readonly send: (request: EngineRequest, accept?: ReadonlyArray<number>) => Effect.Effect<EngineAnswer, WindFlowError>
  /** A GET on a connection of its own, its body without HTTP's chunks: for many small pieces. */
  readonly wire: (path: string) => Effect.Effect<WireAnswer, WindFlowError, Scope.Scope>
  /** Turns the connection into a raw byte stream in both directions (exec, BuildKit's HTTP/2). */
  readonly upgrade: (
    request: EngineRequest,
    protocol?: "tcp" | "h2c",
  ) => Effect.Effect<UpgradedConnection, WindFlowError, Scope.Scope>
}

export interface EngineAnswer {
  readonly status: number
  readonly text: string
  readonly headers: IncomingMessage["headers"]
}

export interface UpgradedConnection {
  readonly socket: Duplex
  /** Bytes that came with the answer's head. */
  readonly head: Buffer
  readonly contentType: string
}

/** How endpoints that need no help are dialled; `ssh` ones need a `Dial` from outside. */
export const dialEndpoint = (endpoint: Exclude<Endpoint, { _tag: "Ssh" }>): Dial => {
  if (endpoint._tag === "Unix") return () => connectTcp(endpoint.path)
  const { host, port, tls } = endpoint
  if (tls === undefined) return () => connectTcp(port, host)
  const { connect } = process.getBuiltinModule("node:tls")
  return () =>
    connect({
      host,
      port,
      // An address is no server name (RFC 6066); the certificate is compared with the host either way.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: tls.verify,
      ca: tls.ca,
      cert: tls.cert,
      key: tls.key,
    })
}

// Dialling knows its server's name by itself; an agent left to find it compiles the patterns of all IP addresses first.
const agentOptions = { keepAlive: true, maxFreeSockets: 16, servername: "" }

const dialAgent = (dial: Dial): Agent => {
  const agent = new (http().Agent)(agentOptions)
  agent.createConnection = dial
  return agent
}

export const readText = (message: Readable): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    message.on("data", (chunk: Buffer) => chunks.push(chunk))
    message.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")))
    message.once("error", reject)
    message.once("close", () => reject(Object.assign(new Error("aborted"), { code: "ECONNRESET" })))
  })

/** Why an answer broke off: Node says "aborted" whatever the connection under it failed with. */
export const whyBroken = (body: Readable | IncomingMessage, error: unknown): unknown =>
  "socket" in body ? (body.socket?.errored ?? error) : error

/** Closes its connections with the scope. */
export const makeEngineHttp = (endpoint: string, dial: Dial): Effect.Effect<EngineHttp, never, Scope.Scope> =>
  Effect.gen(function* () {
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => dialAgent(dial)),
      (agent) => Effect.sync(() => agent.destroy()),
    )
    let calls = 0

    const start = (request: EngineRequest, extra: Readonly<Record<string, string>>): ClientRequest => {
      calls++
      agent.maxSockets = dial.limit?.() ?? Number.POSITIVE_INFINITY
      const { body } = request
      const content: Record<string, string | number> =
        typeof body === "string"
          ? { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
          : {}
      const client = http().request({
        method: request.method,
        path: request.path,
        agent,
        headers: { host: "docker", ...content, ...request.headers, ...extra },
      })
      if (body === undefined || typeof body === "string") client.end(body)
      else {
        body.once("error", (error) => client.destroy(error))
        body.pipe(client)
      }
      return client
    }

    const respond = (request: EngineRequest, again: boolean): Effect.Effect<IncomingMessage, WindFlowError> =>
      Effect.callback<IncomingMessage, WindFlowError | "stale">((resume) => {
        const client = start(request, {})
        client.once("response", (message) => resume(Effect.succeed(message)))
        client.on("error", (error: NodeJS.ErrnoException) => {
          // A kept connection that the engine closed meanwhile: nothing was processed, a reading call may be sent again.
          const stale = again && client.reusedSocket && error.code === "ECONNRESET" && request.method === "GET"
          resume(Effect.fail(stale ? "stale" : unreachable(endpoint, error)))
        })
        return Effect.sync(() => client.destroy())
      }).pipe(Effect.catch((error) => (error === "stale" ? respond(request, false) : Effect.fail(error))))

    const open = (request: EngineRequest) =>
      Effect.acquireRelease(respond(request, true), (message) => Effect.sync(() => message.destroy()), {
        interruptible: true,
      })

    const send = (request: EngineRequest, accept: ReadonlyArray<number> = []) =>
      Effect.flatMap(respond(request, true), (message) => {
        const status = message.statusCode ?? 0
        return Effect.tryPromise({
          try: (signal) => {
            signal.addEventListener("abort", () => message.destroy(), { once: true })
            return readText(message)
          },
          catch: (error) => unreachable(endpoint, whyBroken(message, error)),
        }).pipe(
          Effect.flatMap((text) =>
            status < 400 || accept.includes(status)
              ? Effect.succeed({ status, text, headers: message.headers })
              : Effect.fail(refused(`${request.method} ${request.path.replace(/\?.*$/, "")}`, status, text)),
          ),
        )
      })

    const upgrade = (request: EngineRequest, protocol: "tcp" | "h2c" = "tcp") =>
      Effect.acquireRelease(
        Effect.callback<UpgradedConnection, WindFlowError>((resume) => {
          const client = start(request, { connection: "Upgrade", upgrade: protocol })
          client.once("upgrade", (message, socket, head) =>
            resume(Effect.succeed({ socket, head, contentType: message.headers["content-type"] ?? "" })),
          )
          client.once("response", (message) => {
            readText(message).then(
              (text) =>
                resume(Effect.fail(refused(`${request.method} ${request.path}`, message.statusCode ?? 0, text))),
              (error: unknown) => resume(Effect.fail(unreachable(endpoint, error))),
            )
          })
          client.on("error", (error) => resume(Effect.fail(unreachable(endpoint, error))))
          return Effect.sync(() => client.destroy())
        }),
        ({ socket }) => Effect.sync(() => socket.destroy()),
        { interruptible: true },
      )

    const counted = (path: string) =>
      Effect.suspend(() => {
        calls++
        return wire(endpoint, dial, path)
      })

    return { endpoint, calls: () => calls, open, send, wire: counted, upgrade }
  })
