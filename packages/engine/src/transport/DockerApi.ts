/**
 * The calls of the Docker Engine API that WindFlow makes, typed: arguments in, decoded answers and errors of the closed union
 * out. One method is one request. What the calls are for is the drivers' business.
 */
import { Readable } from "node:stream"
import { Context, Effect, Schema, type Scope, Stream } from "effect"
import { EngineFailed, type WindFlowError } from "../model/errors/union.ts"
import { type Frame, asStdout, demultiplex } from "./demultiplex.ts"
import type { EngineAnswer, EngineHttp, EngineRequest, UpgradedConnection } from "./EngineHttp.ts"
import { readText, whyBroken } from "./EngineHttp.ts"
import {
  ContainerDetails,
  ContainerSummary,
  ContainerTop,
  ContainerWait,
  Created,
  Distribution,
  EngineEvent,
  EngineInfo,
  EnginePlatform,
  ExecDetails,
  ImageDetails,
  ImageSummary,
  NetworkSummary,
  ProgressLine,
  VolumeList,
  VolumeSummary,
} from "./engineAnswers.ts"
import { refused, unreachable } from "./engineErrors.ts"

type Call<A> = Effect.Effect<A, WindFlowError>
type Filters = Readonly<Record<string, ReadonlyArray<string>>>
type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** Where an image's layers come from and who asks: `X-Registry-Auth`, base64url JSON. */
export interface PullOptions {
  readonly platform?: string
  readonly auth?: string
}

export interface LogQuery {
  readonly follow: boolean
  readonly tail?: number
  /** Unix seconds, fraction allowed. */
  readonly since?: string
  readonly until?: string
  readonly timestamps: boolean
}

export interface DockerApiShape {
  readonly endpoint: string
  /** Requests sent so far, the handshake included. */
  readonly calls: Effect.Effect<number>
  /** The engine's clock, milliseconds since 1970; its resolution is a second. */
  readonly now: Call<number>
  /** The newest version of its API, which may be newer than the one it is spoken to in. */
  readonly offered: Call<string>
  /** The version of the API that is spoken; fails when the engine is too old. */
  readonly version: Call<string>
  readonly info: Call<EngineInfo>
  /** What the engine runs on. */
  readonly platform: Call<typeof EnginePlatform.Type>
  readonly containers: {
    readonly list: (filters: Filters) => Call<ReadonlyArray<ContainerSummary>>
    readonly inspect: (id: string) => Call<ContainerDetails>
    /** The engine chooses a name where there is none. */
    readonly create: (
      name: string | undefined,
      body: Schema.Json,
      platform?: string,
      /** A version that has all of the body's keys, and that the engine offers. */
      version?: string,
    ) => Call<typeof Created.Type>
    readonly start: (id: string) => Call<void>
    readonly unpause: (id: string) => Call<void>
    /** Unpacks a tar at the root. `owned`: files belong to the container's user where it has one, not to whom the archive says. */
    readonly putArchive: (id: string, archive: Uint8Array, options: { readonly owned: boolean }) => Call<void>
    readonly stop: (id: string, seconds: number | undefined) => Call<void>
    readonly restart: (id: string, seconds: number | undefined) => Call<void>
    /** One that does not run any more has nothing to be told: no error. */
    readonly kill: (id: string, signal: string) => Call<void>
    /** Without `force` (default true) a container that runs is refused with 409. */
    readonly remove: (id: string, options: { readonly volumes: boolean; readonly force?: boolean }) => Call<void>
    readonly rename: (id: string, name: string) => Call<void>
    readonly top: (id: string) => Call<typeof ContainerTop.Type>
    /** Both directions of a container's terminal or pipes; attach before the start and nothing is missed. */
    readonly attach: (
      id: string,
      options: { readonly stdin: boolean },
    ) => Effect.Effect<UpgradedConnection, WindFlowError, Scope.Scope>
    readonly resize: (id: string, columns: number, rows: number) => Call<void>
    /** Returns when the engine waits; the inner effect ends with the container and gives its exit code. */
    readonly wait: (
      id: string,
      until: "not-running" | "next-exit" | "removed",
    ) => Effect.Effect<Effect.Effect<number, WindFlowError>, WindFlowError, Scope.Scope>
    readonly logs: (id: string, query: LogQuery) => Stream.Stream<Frame, WindFlowError>
    /** Unpacks an archive below a directory of the container, which need not run; what stands in its way is replaced. */
    readonly writeArchive: (id: string, path: string, archive: Readable) => Call<void>
    /** A file or directory of the container as an archive, while `use` runs. */
    readonly readArchive: <A>(id: string, path: string, use: (archive: Readable) => Call<A>) => Call<A>
  }
  readonly networks: {
    readonly list: (filters: Filters) => Call<ReadonlyArray<NetworkSummary>>
    readonly create: (body: Schema.Json) => Call<typeof Created.Type>
    readonly remove: (id: string) => Call<void>
  }
  readonly volumes: {
    readonly list: (filters: Filters) => Call<ReadonlyArray<VolumeSummary>>
    /** Returns the volume that is there when the name is taken. */
    readonly create: (body: Schema.Json) => Call<VolumeSummary>
    readonly remove: (name: string) => Call<void>
  }
  readonly images: {
    readonly list: (filters: Filters) => Call<ReadonlyArray<ImageSummary>>
    /** Undefined when the engine has none of that name or id. */
    readonly find: (reference: string) => Call<ImageDetails | undefined>
    readonly pull: (reference: string, options: PullOptions) => Stream.Stream<ProgressLine, WindFlowError>
    /** The digest the registry gives this name now; the engine asks it. */
    readonly digest: (reference: string, auth: string | undefined) => Call<string>
    readonly tag: (id: string, repository: string, tag: string) => Call<void>
    readonly untag: (reference: string) => Call<void>
    /** The image with all its layers as an archive, while `use` runs. */
    readonly save: <A>(reference: string, use: (archive: Readable) => Call<A>) => Call<A>
    readonly load: (archive: Readable) => Stream.Stream<ProgressLine, WindFlowError>
  }
  /** BuildKit's services and its sessions, each HTTP/2 on a connection of its own; spoken in `buildkit/`. */
  readonly builder: {
    readonly connect: (
      path: "/grpc" | "/session",
      headers: Readonly<Record<string, string | Array<string>>>,
    ) => Effect.Effect<UpgradedConnection, WindFlowError, Scope.Scope>
  }
  readonly exec: {
    readonly create: (container: string, body: Schema.Json) => Call<typeof Created.Type>
    readonly start: (id: string, tty: boolean) => Effect.Effect<UpgradedConnection, WindFlowError, Scope.Scope>
    /** Starts it detached. */
    readonly run: (id: string) => Call<void>
    readonly resize: (id: string, columns: number, rows: number) => Call<void>
    readonly inspect: (id: string) => Call<typeof ExecDetails.Type>
  }
  /** Since a moment (Unix seconds): what happened meanwhile comes first. Ends at `until`, or when the engine does. */
  readonly events: (
    filters: Filters,
    since: string | undefined,
    until?: string,
  ) => Stream.Stream<EngineEvent, WindFlowError>
}

/** The connection to one Docker engine. */
export class DockerApi extends Context.Service<DockerApi, DockerApiShape>()("windflow/DockerApi") {}

/** Several networks in one create need 1.44 (Docker 25); from 1.48 on an image's identity means something else. */
const oldest = [1, 44] as const
const newest = [1, 47] as const

const older = (a: readonly [number, number], b: readonly [number, number]) =>
  a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

/** The version both speak, and the newest that the engine does. */
const versionsOf = (
  header: string | string[] | undefined,
): Call<{ readonly agreed: string; readonly offered: string }> => {
  const match = /^(\d+)\.(\d+)$/.exec(typeof header === "string" ? header : "")
  const offered = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)] as const
  return older(offered, oldest)
    ? Effect.fail(
        new EngineFailed({
          call: "GET /_ping",
          detail: `it speaks API ${match?.[0] ?? "of no known version"}; WindFlow needs ${oldest.join(".")} (Docker 25) or newer`,
        }),
      )
    : Effect.succeed({ agreed: (older(offered, newest) ? offered : newest).join("."), offered: offered.join(".") })
}

const queryText = (query: Query, filters?: Filters): string => {
  const parameters = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value))
  if (filters !== undefined && Object.keys(filters).length > 0) parameters.set("filters", JSON.stringify(filters))
  const text = parameters.toString()
  return text === "" ? "" : `?${text}`
}

const segment = encodeURIComponent
/** Image references keep their slashes in paths. */
const imageSegment = (reference: string) => reference.split("/").map(segment).join("/")

const splitReference = (reference: string): { readonly name: string; readonly tag: string } => {
  const at = reference.indexOf("@")
  if (at >= 0) return { name: reference.slice(0, at), tag: reference.slice(at + 1) }
  const colon = reference.lastIndexOf(":")
  return colon > reference.lastIndexOf("/")
    ? { name: reference.slice(0, colon), tag: reference.slice(colon + 1) }
    : { name: reference, tag: "latest" }
}

const describe = (request: EngineRequest) => `${request.method} ${request.path.replace(/^\/v[\d.]+|\?.*$/g, "")}`

const notUnderstood = (call: string) => (error: Schema.SchemaError) =>
  new EngineFailed({ call, detail: `its answer was not understood: ${error.message}` })

/** Negotiates the version with the first call and remembers it. */
export const makeDockerApi = (http: EngineHttp): Effect.Effect<DockerApiShape> =>
  Effect.gen(function* () {
    const versions = yield* Effect.cached(
      Effect.flatMap(http.send({ method: "GET", path: "/_ping" }), (answer) =>
        versionsOf(answer.headers["api-version"]),
      ),
    )
    const version = Effect.map(versions, ({ agreed }) => agreed)

    const send = (
      method: EngineRequest["method"],
      path: string,
      options: {
        readonly body?: Schema.Json
        readonly accept?: ReadonlyArray<number>
        readonly headers?: Readonly<Record<string, string>>
        /** Instead of the agreed one. */
        readonly version?: string | undefined
      } = {},
    ): Call<EngineAnswer> =>
      Effect.flatMap(options.version === undefined ? version : Effect.succeed(options.version), (version) =>
        http.send(
          {
            method,
            path: `/v${version}${path}`,
            ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
            ...(options.headers === undefined ? {} : { headers: options.headers }),
          },
          options.accept,
        ),
      )

    const decoded = <A>(schema: Schema.Codec<A, unknown>, call: string, answer: Call<EngineAnswer>): Call<A> => {
      const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
      return Effect.flatMap(answer, ({ text }) => Effect.mapError(decode(text), notUnderstood(call)))
    }
    const get = <A>(schema: Schema.Codec<A, unknown>, path: string) =>
      decoded(schema, `GET ${path.replace(/\?.*$/, "")}`, send("GET", path))
    const post = <A>(schema: Schema.Codec<A, unknown>, path: string, body: Schema.Json, version?: string) =>
      decoded(schema, `POST ${path.replace(/\?.*$/, "")}`, send("POST", path, { body, version }))
    const act = (
      method: EngineRequest["method"],
      path: string,
      accept: ReadonlyArray<number> = [],
      body?: Schema.Json,
    ): Call<void> => Effect.asVoid(send(method, path, { accept, ...(body === undefined ? {} : { body }) }))

    /** The answer's body as it comes; nothing is read before somebody pulls. */
    const stream = (request: Omit<EngineRequest, "path"> & { readonly path: string }) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const prefix = yield* version
          const versioned = { ...request, path: `/v${prefix}${request.path}` }
          const message = yield* http.open(versioned)
          const status = message.statusCode ?? 0
          if (status >= 400) {
            const text = yield* Effect.tryPromise({
              try: () => readText(message),
              catch: (error) => unreachable(http.endpoint, whyBroken(message, error)),
            })
            return yield* Effect.fail(refused(describe(versioned), status, text))
          }
          return Stream.make({ message, call: describe(versioned) })
        }),
      )
    const reading = <A>(path: string, use: (archive: Readable) => Call<A>): Call<A> =>
      stream({ method: "GET", path }).pipe(
        Stream.mapEffect(({ message }) => use(message)),
        Stream.runHead,
        Effect.flatMap((found) =>
          Effect.mapError(
            Effect.fromOption(found),
            () => new EngineFailed({ call: `GET ${path}`, detail: "no answer" }),
          ),
        ),
      )
    const bytes = (message: Readable) =>
      Stream.fromAsyncIterable<Uint8Array, WindFlowError>(message, (error) =>
        unreachable(http.endpoint, whyBroken(message, error)),
      )

    const jsonLines = <A>(schema: Schema.Codec<A, unknown>, request: EngineRequest) =>
      Stream.flatMap(stream(request), ({ message, call }) => {
        const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
        return bytes(message).pipe(
          Stream.decodeText,
          Stream.splitLines,
          Stream.filter((line) => line.trim() !== ""),
          Stream.mapEffect((line) => Effect.mapError(decode(line), notUnderstood(call))),
        )
      })

    const now: Call<number> = Effect.flatMap(http.send({ method: "HEAD", path: "/_ping" }), ({ headers }) => {
      const now = Date.parse(headers.date ?? "")
      return Number.isNaN(now)
        ? Effect.fail(new EngineFailed({ call: "HEAD /_ping", detail: "its answer carries no date" }))
        : Effect.succeed(now)
    })

    const shape: DockerApiShape = {
      endpoint: http.endpoint,
      calls: Effect.sync(http.calls),
      offered: Effect.map(versions, ({ offered }) => offered),
      version,
      platform: get(EnginePlatform, "/version"),
      now,
      info: get(EngineInfo, "/info"),
      containers: {
        list: (filters) => get(Schema.Array(ContainerSummary), `/containers/json${queryText({ all: 1 }, filters)}`),
        inspect: (id) => get(ContainerDetails, `/containers/${segment(id)}/json`),
        create: (name, body, platform, version) =>
          post(Created, `/containers/create${queryText({ name, platform })}`, body, version),
        start: (id) => act("POST", `/containers/${segment(id)}/start`),
        putArchive: (id, archive, { owned }) => {
          const query = { path: "/", noOverwriteDirNonDir: true, copyUIDGID: owned ? true : undefined }
          return Effect.flatMap(version, (version) =>
            http.send({
              method: "PUT",
              path: `/v${version}/containers/${segment(id)}/archive${queryText(query)}`,
              headers: { "content-type": "application/x-tar", "content-length": String(archive.byteLength) },
              body: Readable.from([archive]),
            }),
          ).pipe(Effect.asVoid)
        },
        unpause: (id) => act("POST", `/containers/${segment(id)}/unpause`),
        stop: (id, seconds) => act("POST", `/containers/${segment(id)}/stop${queryText({ t: seconds })}`, [404]),
        restart: (id, seconds) => act("POST", `/containers/${segment(id)}/restart${queryText({ t: seconds })}`),
        kill: (id, signal) => act("POST", `/containers/${segment(id)}/kill${queryText({ signal })}`, [409]),
        remove: (id, { volumes, force = true }) => {
          const path = `/containers/${segment(id)}${queryText({ force: force ? 1 : undefined, v: volumes ? 1 : undefined })}`
          // Forced, 409 says that its removal is already in progress; else it may also say that the container runs.
          if (force) return act("DELETE", path, [404, 409])
          return act("DELETE", path, [404]).pipe(
            Effect.catchIf(
              (error) =>
                error instanceof EngineFailed && error.status === 409 && /already in progress/.test(error.detail),
              () => Effect.void,
            ),
          )
        },
        rename: (id, name) => act("POST", `/containers/${segment(id)}/rename${queryText({ name })}`),
        top: (id) => get(ContainerTop, `/containers/${segment(id)}/top`),
        attach: (id, { stdin }) =>
          Effect.flatMap(version, (version) =>
            http.upgrade({
              method: "POST",
              path: `/v${version}/containers/${segment(id)}/attach${queryText({
                stream: 1,
                stdin: stdin ? 1 : undefined,
                stdout: 1,
                stderr: 1,
              })}`,
            }),
          ),
        resize: (id, columns, rows) =>
          act("POST", `/containers/${segment(id)}/resize${queryText({ w: columns, h: rows })}`),
        wait: (id, until) =>
          Effect.gen(function* () {
            const path = `/v${yield* version}/containers/${segment(id)}/wait${queryText({ condition: until })}`
            const message = yield* http.open({ method: "POST", path })
            const text = Effect.tryPromise({
              try: () => readText(message),
              catch: (error) => unreachable(http.endpoint, error),
            })
            const status = message.statusCode ?? 0
            if (status >= 400) return yield* Effect.fail(refused("POST /containers/wait", status, yield* text))
            const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(ContainerWait))
            const ended = Effect.flatMap(text, (body) =>
              Effect.mapError(decode(body), notUnderstood("POST /containers/wait")),
            )
            return Effect.map(ended, ({ StatusCode }) => StatusCode)
          }),
        logs: (id, query) =>
          Stream.unwrap(
            Effect.gen(function* () {
              const path = `/v${yield* version}/containers/${segment(id)}/logs${queryText({
                stdout: 1,
                stderr: 1,
                follow: query.follow ? 1 : undefined,
                timestamps: query.timestamps ? 1 : undefined,
                tail: query.tail,
                since: query.since,
                until: query.until,
              })}`
              const { status, headers, body } = yield* http.wire(path)
              if (status >= 400) {
                const text = yield* Effect.tryPromise({
                  try: () => readText(body),
                  catch: (error) => unreachable(http.endpoint, error),
                })
                return yield* Effect.fail(refused("GET /containers/logs", status, text))
              }
              const read = bytes(body)
              const frames = (headers.get("content-type") ?? "").includes("raw-stream")
                ? asStdout(read)
                : demultiplex(read)
              // An engine that died ends the connection too: only one that still answers has told everything.
              return Stream.concat(frames, Stream.drain(Stream.fromEffect(now)))
            }),
          ),
        writeArchive: (id, path, archive) =>
          Effect.flatMap(version, (version) =>
            Effect.asVoid(
              http.send({
                method: "PUT",
                path: `/v${version}/containers/${segment(id)}/archive${queryText({ path })}`,
                headers: { "content-type": "application/x-tar" },
                body: archive,
              }),
            ),
          ),
        readArchive: (id, path, use) => reading(`/containers/${segment(id)}/archive${queryText({ path })}`, use),
      },
      networks: {
        list: (filters) => get(Schema.Array(NetworkSummary), `/networks${queryText({}, filters)}`),
        create: (body) => post(Created, "/networks/create", body),
        remove: (id) => act("DELETE", `/networks/${segment(id)}`, [404]),
      },
      volumes: {
        list: (filters) =>
          Effect.map(get(VolumeList, `/volumes${queryText({}, filters)}`), (list) => list.Volumes ?? []),
        create: (body) => post(VolumeSummary, "/volumes/create", body),
        remove: (name) => act("DELETE", `/volumes/${segment(name)}`, [404]),
      },
      images: {
        list: (filters) => get(Schema.Array(ImageSummary), `/images/json${queryText({}, filters)}`),
        find: (reference) =>
          Effect.flatMap(send("GET", `/images/${imageSegment(reference)}/json`, { accept: [404] }), (answer) =>
            answer.status === 404
              ? Effect.succeed(undefined)
              : decoded(ImageDetails, "GET /images", Effect.succeed(answer)),
          ),
        pull: (reference, { platform, auth }) => {
          const { name, tag } = splitReference(reference)
          return jsonLines(ProgressLine, {
            method: "POST",
            path: `/images/create${queryText({ fromImage: name, tag, platform })}`,
            ...(auth === undefined ? {} : { headers: { "x-registry-auth": auth } }),
          })
        },
        digest: (reference, auth) => {
          const path = `/distribution/${imageSegment(reference)}/json`
          const answer = send("GET", path, auth === undefined ? {} : { headers: { "x-registry-auth": auth } })
          return Effect.map(decoded(Distribution, `GET ${path}`, answer), ({ Descriptor }) => Descriptor.digest)
        },
        tag: (id, repo, tag) => act("POST", `/images/${imageSegment(id)}/tag${queryText({ repo, tag })}`),
        untag: (reference) =>
          act("DELETE", `/images/${imageSegment(reference)}${queryText({ noprune: 1 })}`, [404, 409]),
        save: (reference, use) => reading(`/images/${imageSegment(reference)}/get`, use),
        load: (archive) =>
          jsonLines(ProgressLine, {
            method: "POST",
            path: "/images/load?quiet=0",
            headers: { "content-type": "application/x-tar" },
            body: archive,
          }),
      },
      builder: {
        connect: (path, headers) =>
          Effect.flatMap(version, (version) =>
            http.upgrade({ method: "POST", path: `/v${version}${path}`, headers }, "h2c"),
          ),
      },
      exec: {
        create: (container, body) => post(Created, `/containers/${segment(container)}/exec`, body),
        start: (id, tty) =>
          Effect.flatMap(version, (version) =>
            http.upgrade({
              method: "POST",
              path: `/v${version}/exec/${segment(id)}/start`,
              body: JSON.stringify({ Detach: false, Tty: tty }),
            }),
          ),
        run: (id) => act("POST", `/exec/${segment(id)}/start`, [], { Detach: true, Tty: false }),
        resize: (id, columns, rows) => act("POST", `/exec/${segment(id)}/resize${queryText({ w: columns, h: rows })}`),
        inspect: (id) => get(ExecDetails, `/exec/${segment(id)}/json`),
      },
      events: (filters, since, until) =>
        jsonLines(EngineEvent, { method: "GET", path: `/events${queryText({ since, until }, filters)}` }),
    }
    return shape
  })
