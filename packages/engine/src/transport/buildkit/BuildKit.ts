/**
 * One build by the engine's BuildKit over the Engine API, as Docker's own clients do it: a session through which the builder asks
 * for files, secrets and credentials, and a `Solve` whose status is followed. Nothing of it outlives the effect.
 */
import { randomBytes } from "node:crypto"
import { Effect, Fiber, type Scope, Stream } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { DockerApiShape } from "../DockerApi.ts"
import { unreachable } from "../engineErrors.ts"
import { ConnectionLost, type GrpcClient, grpcClient, GrpcFailure, type GrpcMethods, serveGrpc } from "./grpc.ts"
import {
  type BuildStatus,
  decodeSolved,
  decodeStatus,
  decodeWorkers,
  encodeSolve,
  encodeStatusRequest,
  type SolveRequest,
} from "./messages.ts"
import { health } from "./sessionServices.ts"

export interface BuildRun {
  readonly request: Omit<SolveRequest, "ref" | "session">
  /** What the builder may ask for. */
  readonly services: GrpcMethods
  /** Builds with the same key find the files of an earlier one: only what changed is sent again. */
  readonly sharedKey: string
  readonly onStatus: (status: BuildStatus) => Effect.Effect<void>
}

const service = "/moby.buildkit.v1.Control"

/** Of the builder's own tongue only what it says of a build; a connection that broke is the engine's. */
const failureOf = (endpoint: string, error: unknown): GrpcFailure | WindFlowError =>
  error instanceof GrpcFailure ? error : unreachable(endpoint, error instanceof ConnectionLost ? error.cause : error)

const connect = (api: DockerApiShape): Effect.Effect<GrpcClient, WindFlowError, Scope.Scope> =>
  Effect.flatMap(api.builder.connect("/grpc", {}), ({ socket, head }) =>
    Effect.acquireRelease(
      Effect.sync(() => grpcClient(socket, head)),
      (client) => Effect.sync(client.close),
    ),
  )

const openSession = (
  api: DockerApiShape,
  id: string,
  { services, sharedKey }: BuildRun,
): Effect.Effect<void, WindFlowError, Scope.Scope> => {
  const methods = { ...health, ...services }
  const headers = {
    "x-docker-expose-session-uuid": id,
    "x-docker-expose-session-name": "windflow",
    "x-docker-expose-session-sharedkey": sharedKey,
    "x-docker-expose-session-grpc-method": Object.keys(methods),
  }
  return Effect.flatMap(api.builder.connect("/session", headers), ({ socket, head }) =>
    Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => serveGrpc(socket, head, methods)),
        (server) => Effect.sync(server.close),
      ),
    ),
  )
}

/** What the exporter tells at the end. */
export const runBuild = (
  api: DockerApiShape,
  run: BuildRun,
): Effect.Effect<ReadonlyMap<string, string>, WindFlowError | GrpcFailure> =>
  Effect.gen(function* () {
    const session = randomBytes(16).toString("hex")
    const ref = randomBytes(16).toString("hex")
    yield* openSession(api, session, run)
    const client = yield* connect(api)
    const stopped = yield* Effect.acquireRelease(
      Effect.sync(() => new AbortController()),
      (controller) => Effect.sync(() => controller.abort()),
    )
    const status = yield* Stream.fromAsyncIterable(
      client.follow(`${service}/Status`, encodeStatusRequest(ref), stopped.signal),
      (error) => error,
    ).pipe(
      Stream.runForEach((message) => run.onStatus(decodeStatus(message))),
      // What a build prints is news, not its outcome: `Solve` tells that.
      Effect.ignore,
      Effect.forkScoped,
    )
    const solved = yield* Effect.result(
      Effect.tryPromise({
        try: (signal) => client.call(`${service}/Solve`, encodeSolve({ ...run.request, ref, session }), signal),
        catch: (error) => failureOf(api.endpoint, error),
      }),
    )
    // The last lines are on their way; a builder that never started the build has none.
    yield* Effect.timeoutOption(Fiber.join(status), "3 seconds")
    return decodeSolved(yield* Effect.fromResult(solved))
  }).pipe(Effect.scoped)

/** Labels of the engine's builder: its image store, the address of `host-gateway`. */
export const builderLabels = (
  api: DockerApiShape,
): Effect.Effect<ReadonlyMap<string, string>, WindFlowError | GrpcFailure> =>
  Effect.gen(function* () {
    const client = yield* connect(api)
    const answer = yield* Effect.tryPromise({
      try: (signal) => client.call(`${service}/ListWorkers`, new Uint8Array(0), signal),
      catch: (error) => failureOf(api.endpoint, error),
    })
    return decodeWorkers(answer)
  }).pipe(Effect.scoped)
