/** One server-side dry run: what applying an object would do, as the API server with its defaults and admission says. */
import { Effect, Option, Schema } from "effect"
import type { WindFlowError } from "../../model/errors/index.ts"
import { isSuccess, statusOf } from "./call.ts"
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

/** `live` is the object as listed, when it carries our labels. */
export const tryApply = (
  api: KubeApi,
  project: string,
  object: DesiredObject,
  live: unknown,
): Effect.Effect<Trial, WindFlowError> =>
  Effect.gen(function* () {
    const request = applyRequest(api, object, {
      project,
      dryRun: true,
      force: live !== undefined,
      manifest: object.manifest,
    })
    const response: KubeResponse = yield* api.send(request)
    if (response.status === 201) return { _tag: "Creates" }
    if (isSuccess(response)) {
      if (live === undefined) return { _tag: "Taken", owner: managersOf(response.body, fieldManager(project)) }
      const fields = changedFields(Option.getOrUndefined(asJson(live)), Option.getOrUndefined(asJson(response.body)))
      return fields.length === 0 ? { _tag: "Unchanged" } : { _tag: "Changes", fields }
    }
    const status = statusOf(response)
    const port = takenPort(status)
    if (port !== undefined) return { _tag: "PortTaken", ...port }
    const field = live === undefined ? undefined : immutableField(status)
    if (field !== undefined) return { _tag: "Immutable", field }
    const owner = conflictOwner(status)
    if (owner !== undefined) return { _tag: "Taken", owner }
    return yield* Effect.fail(refusal(request, response))
  })
