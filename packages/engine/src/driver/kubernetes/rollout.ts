/** Waiting by watching: for a rollout to end, for an object to be gone. The Deployment controller does the work; we only look. */
import { Duration, Effect, Option, Schema, Stream } from "effect"
import { EngineFailed, Unhealthy, type WindFlowError } from "../../model/errors/index.ts"
import type { Report } from "../Driver.ts"
import { decodeAnswer, list } from "./call.ts"
import type { KubeApi } from "./KubeApi.ts"
import { Deployment, type Kind, labels, ownedBy, Pod, pathOf } from "./objects.ts"

/** The controller has seen the newest spec, and every replica runs it and is available. */
export const settled = (deployment: Deployment, generation = deployment.metadata.generation ?? 0): boolean => {
  const wanted = deployment.spec.replicas ?? 1
  const status = deployment.status ?? {}
  return (
    (status.observedGeneration ?? 0) >= generation &&
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted
  )
}

/** Every state of one object from now on, undefined while it is not there: a list, then watches from where it stood. */
export const states = (api: KubeApi, kind: Kind, name: string): Stream.Stream<unknown, WindFlowError> => {
  const path = pathOf(kind, api.namespace)
  const only = { fieldSelector: `metadata.name=${name}` }
  const once = Stream.unwrap(
    Effect.map(list(api, Schema.Unknown, path, only), ({ version, items }) =>
      Stream.concat(
        Stream.succeed(items[0]),
        api.watch(path, { ...only, resourceVersion: version, timeoutSeconds: "300" }).pipe(
          // An expired version comes as an ERROR event: end this watch, the next round lists again.
          Stream.takeWhile((event) => event.type !== "ERROR"),
          Stream.filter((event) => event.type !== "BOOKMARK"),
          Stream.map((event) => (event.type === "DELETED" ? undefined : event.object)),
        ),
      ),
    ),
  )
  return Stream.forever(once)
}

/** Why Pods are not ready, in the cluster's words. */
const complaints = (api: KubeApi, project: string, service: string) =>
  Effect.map(
    list(api, Pod, pathOf("Pod", api.namespace), {
      labelSelector: `${ownedBy(project)},${labels.service}=${service}`,
    }),
    ({ items }) =>
      items.flatMap((pod) => {
        const unscheduled = pod.status?.conditions?.find((c) => c.type === "PodScheduled" && c.status === "False")
        const states = (pod.status?.containerStatuses ?? []).flatMap(({ state, ready }) =>
          state?.waiting !== undefined
            ? [
                `${state.waiting.reason ?? "waiting"}${state.waiting.message === undefined ? "" : `: ${state.waiting.message}`}`,
              ]
            : state?.terminated !== undefined
              ? [`exited with code ${state.terminated.exitCode}`]
              : ready
                ? []
                : ["running, not ready"],
        )
        const all = unscheduled === undefined ? states : [...states, unscheduled.message ?? "not scheduled"]
        return all.map((text) => ({ pod: pod.metadata.name, text }))
      }),
  )

const unhealthy = (api: KubeApi, project: string, service: string, because: string) =>
  Effect.flatMap(complaints(api, project, service), (found) =>
    Effect.fail(
      new Unhealthy({
        service,
        container: found[0]?.pod ?? service,
        log: [because, ...found.map(({ pod, text }) => `${pod}: ${text}`)].join("\n"),
      }),
    ),
  )

export interface RolloutWait {
  readonly project: string
  readonly name: string
  /** The generation that was applied; absent: whatever is there. */
  readonly generation: number | undefined
  readonly seconds: number
  readonly report: Report
}

export const awaitRollout = (api: KubeApi, wait: RolloutWait): Effect.Effect<void, WindFlowError> =>
  states(api, "Deployment", wait.name).pipe(
    Stream.mapEffect((raw) =>
      Effect.gen(function* () {
        if (raw === undefined)
          return yield* new EngineFailed({
            call: `waiting for Deployment ${wait.name}`,
            detail: "it was deleted meanwhile",
          })
        const deployment = yield* decodeAnswer(Deployment)({ method: "GET", path: wait.name }, raw)
        yield* wait.report({
          subject: `deployment:${wait.name}`,
          current: deployment.status?.availableReplicas ?? 0,
          total: deployment.spec.replicas ?? 1,
        })
        const stuck = deployment.status?.conditions?.find((c) => c.type === "Progressing" && c.status === "False")
        const current = (deployment.status?.observedGeneration ?? 0) >= (wait.generation ?? 0)
        if (stuck !== undefined && current)
          return yield* unhealthy(api, wait.project, wait.name, stuck.message ?? "the rollout makes no progress")
        return settled(deployment, wait.generation)
      }),
    ),
    Stream.takeUntil((done) => done),
    Stream.runDrain,
    Effect.timeoutOrElse({
      duration: Duration.seconds(wait.seconds),
      orElse: () => unhealthy(api, wait.project, wait.name, `not healthy after ${wait.seconds} s`),
    }),
  )

export const awaitGone = (
  api: KubeApi,
  wait: { readonly kind: Kind; readonly name: string; readonly uid: string | undefined; readonly seconds: number },
): Effect.Effect<void, WindFlowError> =>
  states(api, wait.kind, wait.name).pipe(
    Stream.map((raw) =>
      Option.match(
        Schema.decodeUnknownOption(Schema.Struct({ metadata: Schema.Struct({ uid: Schema.String }) }))(raw),
        {
          onNone: () => true,
          // Another object of that name is not the one that was deleted.
          onSome: ({ metadata }) => wait.uid !== undefined && metadata.uid !== wait.uid,
        },
      ),
    ),
    Stream.takeUntil((gone) => gone),
    Stream.runDrain,
    Effect.timeoutOrElse({
      duration: Duration.seconds(wait.seconds),
      orElse: () =>
        Effect.fail(
          new EngineFailed({
            call: `deleting ${wait.kind} ${wait.name}`,
            detail: `it is still there after ${wait.seconds} s`,
          }),
        ),
    }),
  )
