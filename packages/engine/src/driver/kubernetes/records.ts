/**
 * State records as immutable Secrets of the target's namespace: creating a name that exists is refused by the API server, so a
 * create is an atomic claim. A record's labels may be long texts and label values may not, so the record lies in `data`, and the
 * Secret's labels are an index of it: a value that is no label value is indexed by its digest.
 */
import { Effect, Result, Schedule, Schema } from "effect"
import { EngineFailed, StateCorrupt, type WindFlowError } from "../../model/errors/index.ts"
import { sha256Hex } from "../../plan/index.ts"
import { carries } from "../../state/memory.ts"
import type { RecordStore, StateRecord } from "../../state/RecordStore.ts"
import { get, isSuccess, list } from "./call.ts"
import { type KubeApi, type KubeRequest, refusal } from "./KubeApi.ts"
import { apiVersionOf, labels, managerName, objectName, pathOf, Secret } from "./objects.ts"

const marker = "windflow.dev/record"
const recordKey = "record"

const Record = Schema.fromJsonString(
  Schema.Struct({ name: Schema.String, labels: Schema.Record(Schema.String, Schema.String) }),
)

const asLabel = (text: string): string =>
  /^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/.test(text) ? text : `sha256-${sha256Hex(text).slice(0, 48)}`

const indexOf = (key: string): string => `record.windflow.dev/${asLabel(key)}`

const selectorOf = (wanted: StateRecord["labels"]): string =>
  [
    marker,
    ...Object.entries(wanted).map(([key, value]) =>
      value === "" ? indexOf(key) : `${indexOf(key)}=${asLabel(value)}`,
    ),
  ].join(",")

const secretOf = (record: StateRecord): Schema.Json => ({
  apiVersion: apiVersionOf("Secret"),
  kind: "Secret",
  type: "windflow.dev/record",
  immutable: true,
  metadata: {
    name: objectName(record.name),
    labels: {
      [labels.manager]: managerName,
      [marker]: "",
      ...Object.fromEntries(
        Object.entries(record.labels).map(([key, value]) => [indexOf(key), value === "" ? "" : asLabel(value)]),
      ),
    },
  },
  stringData: { [recordKey]: JSON.stringify({ name: record.name, labels: record.labels }) },
})

const recordOf = (secret: typeof Secret.Type): Effect.Effect<StateRecord, WindFlowError> =>
  Schema.decodeUnknownEffect(Record, { onExcessProperty: "error" })(
    Buffer.from(secret.data?.[recordKey] ?? "", "base64").toString("utf8"),
  ).pipe(
    Effect.mapError((error) => new StateCorrupt({ what: `Secret ${secret.metadata.name}`, detail: error.message })),
  )

/** Between "exists already" and reading it, it was removed. */
class Vanished extends Schema.TaggedError<Vanished>()("Vanished", {}) {}

export const makeRecords = (api: KubeApi): RecordStore => {
  const collection = pathOf("Secret", api.namespace)
  const claimOnce = (record: StateRecord) =>
    Effect.gen(function* () {
      const request: KubeRequest = { method: "POST", path: collection, body: secretOf(record) }
      const response = yield* api.send(request)
      if (isSuccess(response)) return record
      if (response.status !== 409) return yield* Effect.fail(refusal(request, response))
      const winner = yield* get(api, Secret, pathOf("Secret", api.namespace, objectName(record.name)))
      return yield* winner === undefined ? Effect.fail(new Vanished()) : recordOf(winner)
    })
  return {
    claim: (record) =>
      claimOnce(record).pipe(
        Effect.retry({ while: (error) => error._tag === "Vanished", schedule: Schedule.recurs(5) }),
        Effect.catchTag("Vanished", () =>
          Effect.fail(new EngineFailed({ call: `claiming ${record.name}`, detail: "it comes and goes" })),
        ),
      ),
    list: (wanted) =>
      Effect.gen(function* () {
        const { items } = yield* list(api, Secret, collection, { labelSelector: selectorOf(wanted) })
        const records = yield* Effect.forEach(items, recordOf)
        return records.filter((record) => carries(record, wanted))
      }),
    remove: (name) =>
      Effect.gen(function* () {
        const request: KubeRequest = { method: "DELETE", path: pathOf("Secret", api.namespace, objectName(name)) }
        const response = yield* api.send(request)
        if (!isSuccess(response) && response.status !== 404) yield* Effect.fail(refusal(request, response))
      }),
    now: Effect.gen(function* () {
      const request: KubeRequest = { method: "GET", path: "/version" }
      const response = yield* api.send(request)
      if (!isSuccess(response)) return yield* Effect.fail(refusal(request, response))
      const at = Date.parse(response.date ?? "")
      return yield* Effect.fromResult(
        Number.isNaN(at)
          ? Result.fail(new EngineFailed({ call: "GET /version", detail: "the answer carries no time" }))
          : Result.succeed(at),
      )
    }),
  }
}
