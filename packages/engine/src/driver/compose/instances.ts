/** What runs on a target, as `ps` shows it, and where it answers. */
import { Effect } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { ContainerSummary } from "../../transport/engineAnswers.ts"
import type { Instance, PublishedPort } from "../Driver.ts"
import type { Desired } from "./Desired.ts"
import { labels, projectFilter } from "./names.ts"
import { exitCodeOf, healthOf, isOneOff, nameOf, stateOf } from "./observe.ts"

const compare = <A extends string | number>(a: A, b: A): number => (a < b ? -1 : a > b ? 1 : 0)

/** The engine has them in the chance order of a map: sorted as Docker's own tools show them. */
export const portsOf = (summary: Pick<ContainerSummary, "Ports">): ReadonlyArray<PublishedPort> =>
  (summary.Ports ?? [])
    .map((port) => ({
      hostIp: port.IP ?? "",
      published: port.PublicPort,
      target: port.PrivatePort,
      protocol: port.Type,
    }))
    .sort(
      (a, b) =>
        a.target - b.target ||
        compare(a.hostIp, b.hostIp) ||
        (a.published ?? 0) - (b.published ?? 0) ||
        compare(a.protocol, b.protocol),
    )

const instance = (summary: ContainerSummary): Instance => {
  const own = summary.Labels ?? {}
  return {
    project: own[labels.project] ?? "",
    service: own[labels.service] ?? "",
    name: nameOf(summary),
    id: summary.Id,
    number: Number(own[labels.number] ?? "1"),
    image: summary.Image,
    command: summary.Command ?? "",
    oneOff: isOneOff(summary),
    state: stateOf(summary),
    health: summary.State === "running" ? healthOf(summary.Status) : "none",
    exitCode: exitCodeOf(summary.Status),
    ports: portsOf(summary),
    createdAt: new Date(summary.Created * 1000).toISOString(),
    status: summary.Status,
    configHash: own[labels.configHash],
    managedBy: own[labels.fields] === undefined ? "compose" : "windflow",
  }
}

/** Deployments of Compose and ours: whatever carries a project label. */
export const instances = (
  api: DockerApiShape,
  project: string | undefined,
  { oneOffs = false }: { readonly oneOffs?: boolean } = {},
): Effect.Effect<ReadonlyArray<Instance>, WindFlowError> =>
  Effect.map(
    api.containers.list({ label: project === undefined ? [labels.project] : [...projectFilter(project)] }),
    (summaries) =>
      summaries
        .filter((summary) => oneOffs || !isOneOff(summary))
        .map(instance)
        .sort(
          (a, b) => a.project.localeCompare(b.project) || a.service.localeCompare(b.service) || a.number - b.number,
        ),
  )

const anyAddress: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"])

/** `http://127.0.0.1:8080`: one a published TCP port; an engine elsewhere answers at its own host. */
export const urls = (api: DockerApiShape, desired: Desired): Effect.Effect<ReadonlyArray<string>, WindFlowError> => {
  if (desired._tag !== "Up") return Effect.succeed([])
  const remote = /^(?:tcp|ssh|https?):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(api.endpoint)?.[1]
  return Effect.map(instances(api, desired.project), (list) => {
    const found = list.flatMap(({ ports }) =>
      ports.flatMap(({ hostIp, published, protocol }) => {
        if (published === undefined || protocol !== "tcp") return []
        const host = anyAddress.has(hostIp) ? (remote ?? "127.0.0.1") : hostIp.includes(":") ? `[${hostIp}]` : hostIp
        return [`http://${host}:${published}`]
      }),
    )
    return [...new Set(found)].sort()
  })
}
