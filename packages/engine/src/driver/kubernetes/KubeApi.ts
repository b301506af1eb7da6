/**
 * The Kubernetes API as this driver uses it: JSON over HTTPS with any object, apply patches, dry runs and watches. Who may talk
 * to which cluster (kubeconfig, exec plugins, OIDC, certificates) is `@kubernetes/client-node`'s work (`connect.ts`); its typed
 * calls are not used, because its models drop the fields they do not know and a dry run must be compared whole, and because the
 * server's clock is a response header.
 */
import * as http from "node:http"
import * as https from "node:https"
import { createInterface } from "node:readline"
import { Cause, Effect, Option, Queue, Schema, Stream } from "effect"
import { EngineFailed, EngineUnreachable, NotAuthorised, type WindFlowError } from "../../model/errors/index.ts"
import { Status, WatchEvent } from "./objects.ts"

export interface KubeRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Schema.Json
}

export interface KubeResponse {
  readonly status: number
  /** The `Date` header: the API server's clock, whole seconds. */
  readonly date: string | undefined
  readonly body: unknown
}

/** What a cluster connection is made of. */
export interface Connection {
  /** `https://host:6443`. */
  readonly server: string
  readonly namespace: string
  /** TLS material and credentials for one call; tokens may change from call to call. */
  readonly authorise: () => Promise<https.RequestOptions>
}

export interface KubeApi {
  readonly server: string
  readonly namespace: string
  /** One call; any HTTP status is an answer. */
  readonly send: (request: KubeRequest) => Effect.Effect<KubeResponse, WindFlowError>
  /** One watch connection: its events until the server ends it. */
  readonly watch: (path: string, query: Readonly<Record<string, string>>) => Stream.Stream<WatchEvent, WindFlowError>
}

const reasons: Readonly<Record<string, EngineUnreachable["reason"]>> = {
  ECONNREFUSED: "refused",
  ENOTFOUND: "name",
  EAI_AGAIN: "name",
  ETIMEDOUT: "timeout",
  ECONNRESET: "closed",
  EPIPE: "closed",
}

const unreachable = (server: string, error: unknown): EngineUnreachable => {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  const detail = error instanceof Error ? error.message : String(error)
  const tls = code.startsWith("ERR_TLS") || code.startsWith("ERR_SSL") || /certificate|CERT/.test(code + detail)
  return new EngineUnreachable({ endpoint: server, reason: reasons[code] ?? (tls ? "tls" : "other"), detail })
}

const sentence = (body: unknown): string =>
  Option.match(Schema.decodeUnknownOption(Status)(body), {
    onNone: () => (typeof body === "string" ? body.slice(0, 500) : "no explanation"),
    onSome: (status) => status.message ?? "no explanation",
  })

/** The error for an answer that the caller has no use for. */
export const refusal = (request: Pick<KubeRequest, "method" | "path">, response: KubeResponse): WindFlowError => {
  const call = `${request.method} ${request.path}`
  const detail = sentence(response.body)
  return response.status === 401 || response.status === 403
    ? new NotAuthorised({ subject: call, detail })
    : new EngineFailed({ call, status: response.status, detail })
}

const contentType = (method: KubeRequest["method"]): string =>
  method === "PATCH" ? "application/apply-patch+yaml" : "application/json"

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const makeKubeApi = (connection: Connection): KubeApi => {
  const { server } = connection
  const base = new URL(server)
  const transport = base.protocol === "http:" ? http : https

  const begin = async (request: KubeRequest, signal: AbortSignal): Promise<http.IncomingMessage> => {
    const options = await connection.authorise()
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const search = new URLSearchParams(request.query).toString()
    const headers = new Map(Object.entries(Array.isArray(options.headers) ? {} : (options.headers ?? {})))
    headers.set("accept", "application/json")
    if (body !== undefined) {
      headers.set("content-type", contentType(request.method))
      headers.set("content-length", Buffer.byteLength(body))
    }
    return new Promise((resolve, reject) => {
      const call = transport.request({
        ...options,
        protocol: base.protocol,
        hostname: base.hostname,
        port: base.port,
        method: request.method,
        path: `${base.pathname.replace(/\/$/, "")}${request.path}${search === "" ? "" : `?${search}`}`,
        headers: Object.fromEntries(headers),
        signal,
      })
      call.once("response", resolve)
      call.once("error", reject)
      call.end(body)
    })
  }

  const read = async (response: http.IncomingMessage): Promise<KubeResponse> => {
    const chunks: Array<Buffer> = []
    for await (const chunk of response) chunks.push(Buffer.from(chunk))
    return {
      status: response.statusCode ?? 0,
      date: response.headers.date,
      body: parse(Buffer.concat(chunks).toString("utf8")),
    }
  }

  const send = (request: KubeRequest) =>
    Effect.tryPromise({
      try: async (signal) => read(await begin(request, signal)),
      catch: (error) => unreachable(server, error),
    })

  const watch = (path: string, query: Readonly<Record<string, string>>) =>
    Stream.callback<WatchEvent, WindFlowError>((queue) =>
      Effect.gen(function* () {
        const controller = yield* Effect.acquireRelease(
          Effect.sync(() => new AbortController()),
          (controller) => Effect.sync(() => controller.abort()),
        )
        const request: KubeRequest = { method: "GET", path, query: { ...query, watch: "true" } }
        const response = yield* Effect.tryPromise({
          try: () => begin(request, controller.signal),
          catch: (error) => unreachable(server, error),
        })
        if (response.statusCode !== 200) {
          const answer = yield* Effect.tryPromise({
            try: () => read(response),
            catch: (error) => unreachable(server, error),
          })
          yield* Effect.fail(refusal(request, answer))
        }
        const lines = createInterface(response)
        lines.on("line", (line) => {
          const event = Schema.decodeUnknownOption(WatchEvent)(parse(line))
          if (Option.isSome(event)) Queue.offerUnsafe(queue, event.value)
        })
        lines.on("close", () => Queue.endUnsafe(queue))
        // readline hands the input's errors on, and ends the process when nobody listens to either; our own abort is one too.
        const fail = (error: unknown) => Queue.failCauseUnsafe(queue, Cause.fail(unreachable(server, error)))
        response.on("error", fail)
        lines.on("error", fail)
      }),
    )

  return { server, namespace: connection.namespace, send, watch }
}
