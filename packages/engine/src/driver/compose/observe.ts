/** One snapshot: three lists at most (four for a saved desired state), no inspection. */
import { Effect, Option, Schema } from "effect"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { ContainerSummary, NetworkSummary, VolumeSummary } from "../../transport/engineAnswers.ts"
import type { Desired, DesiredDown } from "./Desired.ts"
import { readStore } from "../../host/trees.ts"
import { hooksInLabels } from "./hooks.ts"
import { familiar, indexImages } from "./imageNames.ts"
import { labels, projectFilter } from "./names.ts"
import type {
  ContainerState,
  Observed,
  ObservedContainer,
  ObservedDependency,
  ObservedNetwork,
  ObservedVolume,
} from "./Observed.ts"

const states: ReadonlySet<string> = new Set([
  "created",
  "running",
  "paused",
  "restarting",
  "removing",
  "exited",
  "dead",
] satisfies ReadonlyArray<ContainerState>)
const isState = (text: string): text is ContainerState => states.has(text)

export const stateOf = (summary: ContainerSummary): ContainerState => (isState(summary.State) ? summary.State : "dead")

/** The engine tells health and exit code in its status text: "Up 2 minutes (healthy)", "Exited (3) 5 seconds ago". */
export const healthOf = (status: string): ObservedContainer["health"] =>
  status.includes("(healthy)")
    ? "healthy"
    : status.includes("(unhealthy)")
      ? "unhealthy"
      : status.includes("(health: starting)")
        ? "starting"
        : "none"

export const exitCodeOf = (status: string): number | undefined => {
  const code = /^(?:Exited|Restarting) \((\d+)\)/.exec(status)?.[1]
  return code === undefined ? undefined : Number(code)
}

export const nameOf = (summary: ContainerSummary): string =>
  (summary.Names ?? []).map((name) => name.replace(/^\//, "")).find((name) => !name.includes("/")) ?? summary.Id

const decodeFields = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.String)))

const conditions: Readonly<Record<string, ObservedDependency["condition"]>> = {
  service_healthy: "service_healthy",
  service_completed_successfully: "service_completed_successfully",
}

/** `db:service_healthy:true,cache:service_started:false`; old containers carry names alone. */
const dependenciesOf = (label: string): ReadonlyArray<ObservedDependency> =>
  label.split(",").flatMap((entry) => {
    const [service = "", condition = "", restart] = entry.split(":")
    return service === ""
      ? []
      : [{ service, condition: conditions[condition] ?? "service_started", restart: restart === "true" }]
  })

/** One-off containers (`docker compose run`) belong to nobody's desired state. */
export const isOneOff = (summary: ContainerSummary): boolean => summary.Labels?.[labels.oneoff] === "True"

export const observedContainer = (summary: ContainerSummary): ObservedContainer => {
  const own = summary.Labels ?? {}
  const state = stateOf(summary)
  const fields = own[labels.fields]
  return {
    id: summary.Id,
    name: nameOf(summary),
    service: own[labels.service] ?? "",
    number: Number(own[labels.number] ?? "1"),
    oneOff: isOneOff(summary),
    state,
    health: state === "running" ? healthOf(summary.Status) : "none",
    exitCode: exitCodeOf(summary.Status),
    configHash: own[labels.configHash] ?? "",
    imageName: summary.Image,
    image: own[labels.image] ?? summary.ImageID,
    extra: own[labels.extra] ?? "",
    hooks: hooksInLabels(own),
    ofHook: own[labels.hook] !== undefined,
    // A label somebody else wrote is no reason to fail: the cause is then told without fields.
    fields: fields === undefined ? undefined : Option.getOrUndefined(decodeFields(fields)),
    dependsOn: dependenciesOf(own[labels.dependsOn] ?? ""),
    networks: Object.fromEntries(
      Object.entries(summary.NetworkSettings?.Networks ?? {}).map(([name, network]) => [
        name,
        network?.NetworkID ?? "",
      ]),
    ),
    addresses: Object.fromEntries(
      Object.entries(summary.NetworkSettings?.Networks ?? {}).map(([name, network]) => [
        name,
        [network?.IPAddress ?? "", network?.GlobalIPv6Address ?? ""].filter((address) => address !== ""),
      ]),
    ),
    mounts: (summary.Mounts ?? []).map((mount) => ({
      type: mount.Type ?? "",
      name: mount.Name ?? "",
      target: mount.Destination ?? "",
      readOnly: mount.RW === false,
    })),
    hostPorts: (summary.Ports ?? []).flatMap((port) =>
      port.PublicPort === undefined ? [] : [`${port.IP ?? "0.0.0.0"}:${port.PublicPort}/${port.Type}`],
    ),
  }
}

const observedNetwork = (network: NetworkSummary): ObservedNetwork => ({
  id: network.Id,
  name: network.Name,
  project: network.Labels?.[labels.project] ?? "",
  key: network.Labels?.[labels.network] ?? "",
  hash: network.Labels?.[labels.configHash] ?? "",
})

const observedVolume = (volume: VolumeSummary): ObservedVolume => ({
  name: volume.Name,
  project: volume.Labels?.[labels.project] ?? "",
  key: volume.Labels?.[labels.volume] ?? "",
  hash: volume.Labels?.[labels.configHash] ?? "",
})

/** Ours, or of a name we want: other networks of the host are not part of the snapshot. */
const concerns = (desired: Desired, network: ObservedNetwork): boolean =>
  network.project === desired.project ||
  (desired._tag === "Up" &&
    desired.networks.some(
      ({ model }) => model.name === network.name || (model.external === true && model.name === network.id),
    ))

/** `kill` reaches what runs, whoever made it, and a `down` cannot remove a network that a one-off container is attached to. */
const includesOneOffs = (desired: Desired): boolean =>
  desired._tag === "Kill" || (desired._tag === "Down" && desired.options.removeOrphans)

/** Exact names as one pattern: the engine's filter matches regular expressions, and compiles each of them for each volume it has. */
const exactly = (names: ReadonlyArray<string>): string =>
  `^(?:${names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join("|")})$`

/** What the engine lists of a deployment that is to be up, or of one that is to go. */
export interface Lists {
  readonly containers: ReadonlyArray<ContainerSummary>
  readonly networks: ReadonlyArray<NetworkSummary>
  readonly volumes: ReadonlyArray<VolumeSummary>
}

/**
 * Up: all networks (few and small) show ours, external ones, and foreign ones of the same name; volumes are asked by name, because
 * a list of all volumes carries every label, those of our revisions too.
 */
export const list = (
  api: DockerApiShape,
  { project, volumes }: { readonly project: string; readonly volumes: ReadonlyArray<string> },
): Effect.Effect<Lists, WindFlowError> =>
  Effect.all(
    {
      containers: api.containers.list({ label: projectFilter(project) }),
      networks: api.networks.list({}),
      volumes: volumes.length === 0 ? Effect.succeed([]) : api.volumes.list({ name: [exactly(volumes)] }),
    },
    { concurrency: 3 },
  )

/** What is labelled as ours. */
const listLabelled = (api: DockerApiShape, { project, options }: DesiredDown): Effect.Effect<Lists, WindFlowError> => {
  const label = projectFilter(project)
  return Effect.all(
    {
      containers: api.containers.list({ label }),
      networks: api.networks.list({ label }),
      volumes: options.volumes ? api.volumes.list({ label }) : Effect.succeed([]),
    },
    { concurrency: 3 },
  )
}

export const observedOf = (desired: Desired, { containers, networks, volumes }: Lists): Observed => {
  const names = desired._tag === "Up" ? new Set(desired.volumes.map(({ model }) => model.name)) : undefined
  return {
    containers: containers.filter((summary) => includesOneOffs(desired) || !isOneOff(summary)).map(observedContainer),
    networks: networks.map(observedNetwork).filter((network) => concerns(desired, network)),
    volumes: volumes.map(observedVolume).filter(({ name }) => names?.has(name) ?? true),
  }
}

/** Verbs about containers alone. */
const listContainers = (api: DockerApiShape, project: string): Effect.Effect<Lists, WindFlowError> =>
  Effect.map(api.containers.list({ label: projectFilter(project) }), (containers) => ({
    containers,
    networks: [],
    volumes: [],
  }))

const listsFor = (api: DockerApiShape, desired: Desired): Effect.Effect<Lists, WindFlowError> => {
  const { project } = desired
  if (desired._tag === "Up") return list(api, { project, volumes: desired.volumes.map(({ model }) => model.name) })
  return desired._tag === "Down" ? listLabelled(api, desired) : listContainers(api, project)
}

export const observe = (api: DockerApiShape, desired: Desired): Effect.Effect<Observed, WindFlowError> => {
  const { project } = desired
  const lists = listsFor(api, desired)
  const images =
    desired._tag === "Up" && desired.origin === "saved"
      ? Effect.map(
          api.images.list({ reference: desired.services.map((service) => familiar(service.image.reference)) }),
          indexImages,
        )
      : Effect.succeed(undefined)
  const wanted = desired._tag === "Up" ? desired.trees : undefined
  const trees =
    wanted === undefined
      ? Effect.succeed(undefined)
      : Effect.map(readStore(api, project), (store) => {
          const found = new Map<string, string>()
          for (const { digest } of wanted) {
            const tree = store.trees.find((candidate) => candidate.digest === digest)
            if (tree !== undefined) found.set(digest, tree.id)
          }
          return found
        })
  return Effect.map(Effect.all([lists, images, trees], { concurrency: 3 }), ([lists, images, trees]): Observed => ({
    ...(trees === undefined ? {} : { trees }),
    ...(images === undefined ? {} : { images }),
    ...observedOf(desired, lists),
  }))
}
