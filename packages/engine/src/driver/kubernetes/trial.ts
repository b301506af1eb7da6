/** One server-side dry run: what applying an object would do, as the API server with its defaults and admission says. */
import { Effect, Option, Schema } from "effect"
import { EngineFailed, type WindFlowError } from "../../model/errors/index.ts"
import { get, isSuccess, statusOf } from "./call.ts"
import { changedFields } from "./diff.ts"
import { type KubeApi, type KubeRequest, type KubeResponse, refusal } from "./KubeApi.ts"
import { AnyObject, fieldManager, pathOf, type Status } from "./objects.ts"
import type { DesiredObject, Manifest, Trial } from "./state.ts"

const asJson = Schema.decodeUnknownOption(Schema.Json)

export interface ApplyOptions {
  readonly project: string
  readonly dryRun: boolean
  /** Take fields that others changed back: only for objects that are ours. */
  readonly force: boolean
  readonly manifest: Manifest
}

export const applyRequest = (api: KubeApi, object: DesiredObject, options: ApplyOptions): KubeRequest => ({
  method: "PATCH",
  path: pathOf(object.kind, api.namespace, object.name),
  query: {
    fieldManager: fieldManager(options.project),
    fieldValidation: "Strict",
    ...(options.dryRun ? { dryRun: "All" } : {}),
    ...(options.force ? { force: "true" } : {}),
  },
  body: options.manifest,
})

const causesOf = (status: Status) => status.details?.causes ?? []

/** The field that cannot change, when that is why the API refused. */
export const immutableField = (status: Status): string | undefined =>
  causesOf(status).find((cause) => /field is immutable|may not change once set/.test(cause.message ?? ""))?.field

/** The node port that another Service has. */
export const takenPort = (status: Status): { readonly port: string; readonly detail: string } | undefined => {
  const cause = causesOf(status).find((cause) => /port is already allocated/.test(cause.message ?? ""))
  return cause?.message === undefined
    ? undefined
    : { port: /Invalid value: (\d+)/.exec(cause.message)?.[1] ?? "", detail: cause.message }
}

/** The managers that own what we would take. */
export const conflictOwner = (status: Status): string | undefined => {
  const owners = causesOf(status).flatMap((cause) =>
    cause.reason === "FieldManagerConflict"
      ? (/conflict with "([^"]+)"/.exec(cause.message ?? "")?.[1] ?? "another manager")
      : [],
  )
  return owners.length === 0 ? undefined : [...new Set(owners)].join(", ")
}

const managersOf = (body: unknown, except: string): string =>
  Option.match(Schema.decodeUnknownOption(AnyObject)(body), {
    onNone: () => "somebody else",
    onSome: ({ metadata }) =>
      [...new Set((metadata.managedFields ?? []).flatMap((field) => field.manager ?? []))]
        .filter((manager) => manager !== except)
        .join(", ") || "somebody else",
  })

/** Readings of one object until it stands still between the reading and the dry run. */
const readings = 5

/** The object was written between the reading and the dry run, by a controller mostly. */
class Moved extends Schema.TaggedError<Moved>()("Moved", {}) {}

const versionOf = (body: unknown): string | undefined =>
  Option.getOrUndefined(Schema.decodeUnknownOption(AnyObject)(body))?.metadata.resourceVersion

/** What the answer to a dry run says, when the object is not ours or not there. */
const tryCreate = (api: KubeApi, project: string, request: KubeRequest, response: KubeResponse) =>
  Effect.gen(function* () {
    const taken = (body: unknown): Trial => ({ _tag: "Taken", owner: managersOf(body, fieldManager(project)) })
    if (response.status === 201) return { _tag: "Creates" } satisfies Trial
    if (isSuccess(response)) return taken(response.body)
    const port = takenPort(statusOf(response))
    if (port !== undefined) return { _tag: "PortTaken", ...port } satisfies Trial
    // Merging into somebody else's object may fail in any way: look whether there is one.
    const found = yield* get(api, Schema.Unknown, request.path)
    return yield* found === undefined ? Effect.fail(refusal(request, response)) : Effect.succeed(taken(found))
  })

const tryOnce = (api: KubeApi, project: string, object: DesiredObject, live: unknown) =>
  Effect.gen(function* () {
    const options = { project, dryRun: true, force: live !== undefined, manifest: object.manifest }
    const request = applyRequest(api, object, options)
    const response: KubeResponse = yield* api.send(request)
    if (live === undefined) return yield* tryCreate(api, project, request, response)
    if (isSuccess(response)) {
      // A dry run answers with the version it started from.
      if (versionOf(response.body) !== versionOf(live)) return yield* new Moved()
      const fields = changedFields(Option.getOrUndefined(asJson(live)), Option.getOrUndefined(asJson(response.body)))
      return (fields.length === 0 ? { _tag: "Unchanged" } : { _tag: "Changes", fields }) satisfies Trial
    }
    const status = statusOf(response)
    const port = takenPort(status)
    if (port !== undefined) return { _tag: "PortTaken", ...port } satisfies Trial
    const field = immutableField(status)
    return field === undefined
      ? yield* Effect.fail(refusal(request, response))
      : ({ _tag: "Immutable", field } satisfies Trial)
  })

/** `live` is the object as it was read, when it carries our labels. */
export const tryApply = (
  api: KubeApi,
  project: string,
  object: DesiredObject,
  live: unknown,
  left = readings,
): Effect.Effect<Trial, WindFlowError> =>
  tryOnce(api, project, object, live).pipe(
    Effect.catchTag("Moved", () =>
      left === 0
        ? Effect.fail(
            new EngineFailed({ call: `observing ${object.kind} ${object.name}`, detail: "it keeps changing" }),
          )
        : Effect.flatMap(get(api, Schema.Unknown, pathOf(object.kind, api.namespace, object.name)), (again) =>
            tryApply(api, project, object, again, left - 1),
          ),
    ),
  )
