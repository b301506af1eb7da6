/**
 * gRPC over a byte stream that is there already, in both roles: client of BuildKit's control service, server of a build session.
 * Node's HTTP/2 with gRPC's framing and trailers on it; what the methods mean stands elsewhere.
 */
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  Http2Stream,
  ServerHttp2Session,
  ServerHttp2Stream,
} from "node:http2"
import { connect, constants, performServerHandshake } from "node:http2"
import type { Duplex } from "node:stream"
import { Deframer, frame } from "./framing.ts"

export const grpcCode = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
  unimplemented: 12,
  unavailable: 14,
} as const

/** A call ended with a status that is not OK, or broke. */
export class GrpcFailure extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The connection ended before the call did. */
export class ConnectionLost extends Error {}

/** Request metadata: every value of a key, in order (patterns with commas must stay apart). */
export type Metadata = ReadonlyMap<string, ReadonlyArray<string>>

export interface GrpcStream {
  readonly metadata: Metadata
  /** What the other side sends, until it closes its half. */
  readonly messages: AsyncIterable<Buffer>
  /** Resolves when the connection takes more: the caller's back-pressure. */
  readonly send: (message: Uint8Array) => Promise<void>
}

/** Answers one call; ends it with OK when it resolves, else with the status of the `GrpcFailure`. */
export type GrpcMethod = (stream: GrpcStream) => Promise<void>
/** `/service/Method` → what answers. */
export type GrpcMethods = Readonly<Record<string, GrpcMethod>>

/** A method with one message in and one out. */
export const unary =
  (answer: (request: Buffer) => Promise<Uint8Array> | Uint8Array): GrpcMethod =>
  async ({ messages, send }) => {
    let request: Buffer = Buffer.alloc(0)
    for await (const message of messages) request = message
    await send(await answer(request))
  }

const contentType = "application/grpc"
// Files of build contexts are large: more than HTTP/2's 64 KiB may be under way.
const window = 4 * 1024 * 1024

async function* messagesOf(stream: Http2Stream): AsyncGenerator<Buffer, void> {
  const deframer = new Deframer()
  // Without this, a consumer that stops reading would tear down the half we still write to.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    deframer.push(chunk as Buffer) // no encoding is set: chunks are buffers
    for (let message = deframer.next(); message !== undefined; message = deframer.next()) yield message
  }
  if (deframer.pending > 0) throw new ConnectionLost("the stream ended within a message")
}

const sender =
  (stream: Http2Stream) =>
  (message: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (stream.destroyed || stream.closed) {
        reject(new ConnectionLost("the stream was closed"))
        return
      }
      if (stream.write(frame(message))) {
        resolve()
        return
      }
      const settle = () => {
        stream.off("drain", settle)
        stream.off("close", settle)
        if (stream.destroyed) reject(new ConnectionLost("the stream was closed"))
        else resolve()
      }
      stream.once("drain", settle)
      stream.once("close", settle)
    })

/** Bytes that came with the answer's head belong to the stream. */
const withHead = (socket: Duplex, head: Buffer): Duplex => {
  if (head.length > 0) socket.unshift(head)
  return socket
}

const metadataOf = (raw: ReadonlyArray<string>): Metadata => {
  const metadata = new Map<string, Array<string>>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const key = raw[index]!.toLowerCase()
    metadata.set(key, [...(metadata.get(key) ?? []), raw[index + 1]!])
  }
  return metadata
}

const answer = async (stream: ServerHttp2Stream, method: GrpcMethod | undefined, metadata: Metadata): Promise<void> => {
  let code: number = grpcCode.ok
  let text = ""
  stream.once("wantTrailers", () =>
    stream.sendTrailers({ "grpc-status": String(code), "grpc-message": encodeURIComponent(text) }),
  )
  // A stream that the other side resets is its business.
  stream.on("error", () => undefined)
  stream.respond({ ":status": 200, "content-type": contentType }, { waitForTrailers: true })
  try {
    if (method === undefined) throw new GrpcFailure(grpcCode.unimplemented, "no such method")
    await method({ metadata, messages: messagesOf(stream), send: sender(stream) })
  } catch (error) {
    code = error instanceof GrpcFailure ? error.code : grpcCode.unknown
    text = error instanceof Error ? error.message : String(error)
  }
  if (!stream.destroyed) stream.end()
}

/** Serves calls that come in over a connection; `close` ends it. */
export const serveGrpc = (socket: Duplex, head: Buffer, methods: GrpcMethods): { readonly close: () => void } => {
  const session: ServerHttp2Session = performServerHandshake(withHead(socket, head), {
    settings: { initialWindowSize: window },
  })
  session.on("error", () => undefined) // the build that uses the session fails by itself
  session.on("stream", (stream, headers, _flags, raw) => {
    const path = headers[":path"] ?? ""
    void answer(stream, Object.hasOwn(methods, path) ? methods[path] : undefined, metadataOf(raw))
  })
  return { close: () => session.destroy() }
}

export interface GrpcClient {
  /** One message in, one out; an abort cancels the call on the server. */
  readonly call: (method: string, request: Uint8Array, signal: AbortSignal) => Promise<Buffer>
  /** One message in, many out. */
  readonly follow: (method: string, request: Uint8Array, signal: AbortSignal) => AsyncIterable<Buffer>
  readonly close: () => void
}

const statusOf = (headers: Readonly<Record<string, unknown>>): GrpcFailure | undefined => {
  const status = headers["grpc-status"]
  if (status === undefined) return undefined
  const text = headers["grpc-message"]
  const code = Number(status)
  return new GrpcFailure(Number.isNaN(code) ? grpcCode.unknown : code, decoded(typeof text === "string" ? text : ""))
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // gRPC allows what is not well encoded
  }
}

const open = (session: ClientHttp2Session, method: string, signal: AbortSignal): ClientHttp2Stream => {
  const stream = session.request({
    ":method": "POST",
    ":path": method,
    "content-type": contentType,
    te: "trailers",
    "user-agent": "windflow",
  })
  signal.addEventListener("abort", () => stream.close(constants.NGHTTP2_CANCEL), { once: true })
  return stream
}

/** As Node names a connection that the other side closed. */
const closed = Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" })

export const grpcClient = (socket: Duplex, head: Buffer): GrpcClient => {
  let broken: Error | undefined
  const session = connect("http://localhost", {
    createConnection: () => withHead(socket, head),
    settings: { initialWindowSize: window, enablePush: false },
  })
  session.on("error", (error: Error) => (broken = error))
  async function* follow(method: string, request: Uint8Array, signal: AbortSignal): AsyncGenerator<Buffer, void> {
    const lost = (cause: unknown) => new ConnectionLost("the connection was closed", { cause: broken ?? cause })
    if (session.destroyed || session.closed) throw lost(closed)
    const stream = open(session, method, signal)
    let status: GrpcFailure | undefined
    // Both are given: a call that fails at once has its status in the headers.
    stream.on("response", (headers) => (status ??= statusOf(headers)))
    stream.on("trailers", (headers) => (status ??= statusOf(headers)))
    stream.end(frame(request))
    try {
      yield* messagesOf(stream)
    } catch (error) {
      throw status ?? lost(error)
    } finally {
      stream.close(constants.NGHTTP2_CANCEL)
    }
    if (status === undefined) throw lost(closed)
    if (status.code !== grpcCode.ok) throw status
  }
  return {
    follow,
    call: async (method, request, signal) => {
      let answered: Buffer | undefined
      for await (const message of follow(method, request, signal)) answered = message
      return answered ?? Buffer.alloc(0)
    },
    close: () => session.destroy(),
  }
}
