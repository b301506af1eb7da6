/** The Kubernetes objects this driver knows: where they live in the API, how we mark ours, and the fields we read of them. */
import { Schema } from "effect"
import { digestJson } from "../../plan/index.ts"

/** What a stack becomes. Records of the state store are Secrets, instances are Pods: neither is planned. */
export const Kind = Schema.Literals(["ConfigMap", "Service", "Deployment"])
export type Kind = typeof Kind.Type

const locations: Record<Kind | "Secret" | "Pod", { readonly apiVersion: string; readonly plural: string }> = {
  ConfigMap: { apiVersion: "v1", plural: "configmaps" },
  Service: { apiVersion: "v1", plural: "services" },
  Deployment: { apiVersion: "apps/v1", plural: "deployments" },
  Secret: { apiVersion: "v1", plural: "secrets" },
  Pod: { apiVersion: "v1", plural: "pods" },
}

export const apiVersionOf = (kind: keyof typeof locations): string => locations[kind].apiVersion

/** The path of a collection, or of one object in it. */
export const pathOf = (kind: keyof typeof locations, namespace: string, name?: string): string => {
  const { apiVersion, plural } = locations[kind]
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const path = `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
  return name === undefined ? path : `${path}/${encodeURIComponent(name)}`
}

/** Recommended labels of Kubernetes say whose an object is; ours say what it is of the stack. */
export const labels = {
  project: "app.kubernetes.io/instance",
  service: "app.kubernetes.io/name",
  manager: "app.kubernetes.io/managed-by",
} as const
export const managerName = "windflow"

/** Annotations: values of any text. */
export const annotations = {
  /** Comma-separated services that the Deployment waits for: `down` works without the file. */
  dependsOn: "windflow.dev/depends-on",
  /** Digest of the ConfigMaps a Pod reads: Pods do not notice that one changed. */
  configuration: "windflow.dev/configuration",
} as const

/** Field manager of server-side apply. One a project, so that two projects that claim one object get a conflict. */
export const fieldManager = (project: string): string => `${managerName}.${project}`.slice(0, 128)

export const ownedBy = (project: string | undefined): string =>
  [`${labels.manager}=${managerName}`, ...(project === undefined ? [] : [`${labels.project}=${project}`])].join(",")

const subdomain = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/** A text as an object name: itself when that is allowed, else made so with a digest that keeps different texts apart. */
export const objectName = (text: string): string =>
  text.length <= 253 && subdomain.test(text) && !/\.\.|\.-|-\./.test(text)
    ? text
    : `${text
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-+|-+$/g, "")
        .slice(0, 200)}-${digestJson(text).slice(0, 12)}`.replace(/^-/, "")

const opt = Schema.optionalKey
const StringMap = Schema.Record(Schema.String, Schema.String)

export const Metadata = Schema.Struct({
  name: Schema.String,
  uid: Schema.String,
  resourceVersion: Schema.String,
  /** Counts changes of `spec`; ConfigMaps and Services have none. */
  generation: opt(Schema.Int),
  labels: opt(StringMap),
  annotations: opt(StringMap),
  deletionTimestamp: opt(Schema.String),
  creationTimestamp: opt(Schema.String),
  managedFields: opt(Schema.Array(Schema.Struct({ manager: opt(Schema.String), subresource: opt(Schema.String) }))),
})
export type Metadata = typeof Metadata.Type

export const AnyObject = Schema.Struct({ metadata: Metadata })
export type AnyObject = typeof AnyObject.Type

export const Condition = Schema.Struct({
  type: Schema.String,
  status: Schema.String,
  reason: opt(Schema.String),
  message: opt(Schema.String),
})

export const Deployment = Schema.Struct({
  metadata: Metadata,
  spec: Schema.Struct({ replicas: opt(Schema.Int) }),
  status: opt(
    Schema.Struct({
      observedGeneration: opt(Schema.Int),
      replicas: opt(Schema.Int),
      updatedReplicas: opt(Schema.Int),
      availableReplicas: opt(Schema.Int),
      conditions: opt(Schema.Array(Condition)),
    }),
  ),
})
export type Deployment = typeof Deployment.Type

const Waiting = Schema.Struct({ reason: opt(Schema.String), message: opt(Schema.String) })
const Terminated = Schema.Struct({ exitCode: Schema.Int, reason: opt(Schema.String) })

export const Pod = Schema.Struct({
  metadata: Metadata,
  spec: Schema.Struct({
    containers: Schema.NonEmptyArray(
      Schema.Struct({ name: Schema.String, image: opt(Schema.String), readinessProbe: opt(Schema.Json) }),
    ),
  }),
  status: opt(
    Schema.Struct({
      phase: opt(Schema.String),
      conditions: opt(Schema.Array(Condition)),
      containerStatuses: opt(
        Schema.Array(
          Schema.Struct({
            ready: Schema.Boolean,
            restartCount: Schema.Int,
            state: opt(
              Schema.Struct({ waiting: opt(Waiting), terminated: opt(Terminated), running: opt(Schema.Json) }),
            ),
            lastState: opt(Schema.Struct({ terminated: opt(Terminated) })),
          }),
        ),
      ),
    }),
  ),
})
export type Pod = typeof Pod.Type

export const Secret = Schema.Struct({ metadata: Metadata, data: opt(StringMap) })

export const listOf = <S extends Schema.Top>(item: S) =>
  Schema.Struct({ metadata: Schema.Struct({ resourceVersion: Schema.String }), items: Schema.Array(item) })

/** The API's answer when it refuses. */
export const Status = Schema.Struct({
  message: opt(Schema.String),
  reason: opt(Schema.String),
  details: opt(
    Schema.Struct({
      causes: opt(
        Schema.Array(
          Schema.Struct({ reason: opt(Schema.String), message: opt(Schema.String), field: opt(Schema.String) }),
        ),
      ),
    }),
  ),
})
export type Status = typeof Status.Type

export const WatchEvent = Schema.Struct({ type: Schema.String, object: Schema.Unknown })
export type WatchEvent = typeof WatchEvent.Type
