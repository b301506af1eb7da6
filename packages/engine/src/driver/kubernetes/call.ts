/** Calls whose answer is decoded at the border: an answer that is not what it should be is an `EngineFailed`, never a cast. */
import { Effect, Option, Schema } from "effect"
import { EngineFailed, type WindFlowError } from "../../model/errors/index.ts"
import { type KubeApi, type KubeRequest, type KubeResponse, refusal } from "./KubeApi.ts"
import { listOf, Status } from "./objects.ts"

/** Decodes, keeping what the schema does not name out (the API adds fields with every release). */
export const decodeAnswer =
  <S extends Schema.Codec<unknown, unknown>>(schema: S) =>
  (request: Pick<KubeRequest, "method" | "path">, body: unknown): Effect.Effect<S["Type"], WindFlowError> =>
    Schema.decodeUnknownEffect(schema)(body).pipe(
      Effect.mapError(
        (error) =>
          new EngineFailed({
            call: `${request.method} ${request.path}`,
            detail: `the answer is not understood: ${error.message}`,
          }),
      ),
    )

export const isSuccess = (response: KubeResponse): boolean => response.status >= 200 && response.status < 300

export const statusOf = (response: KubeResponse): Status =>
  Option.getOrElse(Schema.decodeUnknownOption(Status)(response.body), () => ({}))

/** GET: undefined when it is not there. */
export const get = <S extends Schema.Codec<unknown, unknown>>(
  api: KubeApi,
  schema: S,
  path: string,
): Effect.Effect<S["Type"] | undefined, WindFlowError> =>
  Effect.gen(function* () {
    const request = { method: "GET", path } as const
    const response = yield* api.send(request)
    if (response.status === 404) return undefined
    return yield* isSuccess(response)
      ? decodeAnswer(schema)(request, response.body)
      : Effect.fail(refusal(request, response))
  })

export const list = <S extends Schema.Codec<unknown, unknown>>(
  api: KubeApi,
  schema: S,
  path: string,
  query: Readonly<Record<string, string>>,
): Effect.Effect<{ readonly version: string; readonly items: ReadonlyArray<S["Type"]> }, WindFlowError> =>
  Effect.gen(function* () {
    const request = { method: "GET", path, query } as const
    const response = yield* api.send(request)
    if (!isSuccess(response)) return yield* Effect.fail(refusal(request, response))
    const found = yield* decodeAnswer(listOf(schema))(request, response.body)
    return { version: found.metadata.resourceVersion, items: found.items }
  })
