/** Pods as instances. Pods have no ordinals: they are numbered by age, the oldest is 1. */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/index.ts"
import type { Instance } from "../Driver.ts"
import { list } from "./call.ts"
import type { KubeApi } from "./KubeApi.ts"
import { labels, ownedBy, Pod, pathOf } from "./objects.ts"

const phases: Readonly<Record<string, Instance["state"]>> = { Succeeded: "exited", Failed: "exited", Unknown: "dead" }

const stateOf = (pod: Pod): Instance["state"] => {
  if (pod.metadata.deletionTimestamp !== undefined) return "removing"
  const [container] = pod.status?.containerStatuses ?? []
  if (pod.status?.phase === "Running") return container?.state?.running === undefined ? "restarting" : "running"
  return phases[pod.status?.phase ?? ""] ?? "created"
}

const healthOf = (pod: Pod): Instance["health"] => {
  if (pod.spec.containers[0].readinessProbe === undefined) return "none"
  return pod.status?.containerStatuses?.[0]?.ready === true ? "healthy" : "starting"
}

const instanceOf = (pod: Pod, number: number): Instance => {
  const [container] = pod.status?.containerStatuses ?? []
  const health = healthOf(pod)
  const waiting = container?.state?.waiting?.reason
  return {
    project: pod.metadata.labels?.[labels.project] ?? "",
    service: pod.metadata.labels?.[labels.service] ?? "",
    name: pod.metadata.name,
    id: pod.metadata.uid,
    number,
    image: pod.spec.containers[0].image ?? "",
    command: "",
    oneOff: false,
    state: stateOf(pod),
    health,
    exitCode: (container?.state?.terminated ?? container?.lastState?.terminated)?.exitCode,
    // Ports are published by the Service, not by a Pod.
    ports: [],
    createdAt: pod.metadata.creationTimestamp ?? "",
    status: `${waiting ?? pod.status?.phase ?? "Pending"}${health === "none" ? "" : ` (${health})`}`,
    configHash: pod.metadata.labels?.["pod-template-hash"],
    managedBy: "windflow",
  }
}

export const instances = (
  api: KubeApi,
  project: string | undefined,
): Effect.Effect<ReadonlyArray<Instance>, WindFlowError> =>
  Effect.map(list(api, Pod, pathOf("Pod", api.namespace), { labelSelector: ownedBy(project) }), ({ items }) => {
    const age = (pod: Pod) => `${pod.metadata.creationTimestamp ?? ""} ${pod.metadata.name}`
    const counts = new Map<string, number>()
    return items
      .toSorted((a, b) => (age(a) < age(b) ? -1 : 1))
      .map((pod) => {
        const of = `${pod.metadata.labels?.[labels.project]}/${pod.metadata.labels?.[labels.service]}`
        const number = (counts.get(of) ?? 0) + 1
        counts.set(of, number)
        return instanceOf(pod, number)
      })
  })
