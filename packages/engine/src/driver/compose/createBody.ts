/**
 * The body of `POST /containers/create` for one replica of a service: what Compose 5.5.0 sends for the same model, by
 * comparison of inspections (`difference/`). Pure.
 */
import type { Schema } from "effect"
import type { Port, Service, ServiceNetwork } from "../../model/StackModel.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { fieldDigests } from "./fields.ts"
import { environmentOf, hooksOf } from "./hooks.ts"
import { byteCount, durationSeconds, parseDuration } from "./goValues.ts"
import { fileLabels } from "../../host/layout.ts"
import { containerMounts, type InheritedVolume, type TreeMounts } from "./mounts.ts"
import { composeVersion, containerName, labels } from "./names.ts"
import { resources, restartPolicy } from "./resources.ts"
import { resolveShared, sharedHash, type SharedIds, volumesFrom } from "./sharing.ts"

type Json = Schema.Json
type JsonObject = { readonly [key: string]: Json }

export interface Replica {
  readonly number: number
  readonly image: string
  /** Only while it replaces another: what Compose writes into its label. */
  readonly replaces: boolean
  readonly inherited: ReadonlyArray<InheritedVolume>
  /** Values from the secret store, by variable. */
  readonly secrets: Readonly<Record<string, string>>
  /** Digest → the tree that holds that content on the target. */
  readonly trees?: Readonly<Record<string, string>>
  /** Containers of other services whose namespaces or volumes it shares. */
  readonly shared?: SharedIds | undefined
  readonly links?: ReadonlyArray<string> | undefined
}

/** Networks by priority, then by name: the first is the primary one. */
export const networksInOrder = (model: Service): ReadonlyArray<string> => {
  const networks = model.networks ?? {}
  const keys = Object.keys(networks).sort(
    (a, b) => (networks[b]?.priority ?? 0) - (networks[a]?.priority ?? 0) || (a < b ? -1 : 1),
  )
  return keys.length === 0 ? ["default"] : keys
}

const environment = (desired: DesiredUp, model: Service, secrets: Readonly<Record<string, string>>) =>
  environmentOf({ ...desired.proxies, ...model.environment, ...secrets })

const healthcheck = (model: Service): JsonObject => {
  const check = model.healthcheck
  if (check === undefined) return {}
  const nanoseconds = (text: string | undefined) => (text === undefined ? 0 : (parseDuration(text) ?? 0))
  return {
    Healthcheck: {
      Test: check.disable === true ? ["NONE"] : (check.test ?? null),
      Interval: nanoseconds(check.interval),
      Timeout: nanoseconds(check.timeout),
      StartPeriod: nanoseconds(check.start_period),
      StartInterval: nanoseconds(check.start_interval),
      Retries: check.retries ?? 0,
    },
  }
}

const portKey = (port: typeof Port.Type) => `${port.target}/${port.protocol ?? "tcp"}`

/** `expose` takes "3000", "3000/udp" and "3000-3005". */
const exposed = (model: Service): JsonObject => {
  const ports: Record<string, Json> = {}
  for (const port of model.ports ?? []) ports[portKey(port)] = {}
  for (const text of model.expose ?? []) {
    const [range = "", protocol = "tcp"] = text.split("/")
    const [first, last] = range.split("-").map(Number)
    for (let port = first ?? 0; port <= (last ?? first ?? 0); port++) ports[`${port}/${protocol}`] = {}
  }
  return ports
}

const portBindings = (model: Service): JsonObject => {
  const bindings: Record<string, Array<Json>> = {}
  for (const port of model.ports ?? []) {
    const list = (bindings[portKey(port)] ??= [])
    list.push({ HostIp: port.host_ip ?? "", HostPort: port.published ?? "" })
  }
  return bindings
}

const interfaceOption = "com.docker.network.endpoint.ifname"

/** The key is an option of the driver in disguise, as with Compose. */
const driverOptions = ({ driver_opts, interface_name = "" }: typeof ServiceNetwork.Type): JsonObject => {
  if (interface_name === "") return driver_opts === undefined ? {} : { DriverOpts: driver_opts }
  return { DriverOpts: { ...driver_opts, [interfaceOption]: interface_name } }
}

const addressing = (network: typeof ServiceNetwork.Type): JsonObject => ({
  IPAMConfig: {
    ...(network.ipv4_address === undefined ? {} : { IPv4Address: network.ipv4_address }),
    ...(network.ipv6_address === undefined ? {} : { IPv6Address: network.ipv6_address }),
    ...(network.link_local_ips === undefined ? {} : { LinkLocalIPs: network.link_local_ips }),
  },
  ...(network.ipv4_address === undefined ? {} : { IPAddress: network.ipv4_address }),
  ...(network.ipv6_address === undefined ? {} : { IPv6Gateway: network.ipv6_address }),
  ...driverOptions(network),
  ...((network.gw_priority ?? 0) === 0 ? {} : { GwPriority: network.gw_priority ?? 0 }),
})

const endpoints = (
  desired: DesiredUp,
  service: DesiredService,
  name: string,
  links: ReadonlyArray<string>,
): JsonObject => {
  const { model } = service
  const result: Record<string, Json> = {}
  for (const [index, key] of networksInOrder(model).entries()) {
    const network = model.networks?.[key] ?? undefined
    const mac = network?.mac_address ?? (index === 0 ? model.mac_address : undefined)
    const live = desired.networks.find((candidate) => candidate.key === key)?.model.name ?? key
    result[live] = {
      Aliases: [name, service.name, ...(network?.aliases ?? [])],
      ...(links.length === 0 ? {} : { Links: links }),
      ...(network === undefined ? {} : addressing(network)),
      ...(mac === undefined ? {} : { MacAddress: mac }),
    }
  }
  return result
}

/** @param model - The service's, with ids in the place of services. */
export const networking = (
  desired: DesiredUp,
  service: DesiredService,
  model: Service,
  name: string,
  links: ReadonlyArray<string>,
) => {
  if (model.network_mode !== undefined) return { mode: model.network_mode, config: {} }
  if (desired.networks.length === 0) return { mode: "none", config: {} }
  const config = endpoints(desired, service, name, links)
  return {
    mode: Object.keys(config)[0] ?? "none",
    config: { NetworkingConfig: { EndpointsConfig: config } },
  }
}

const tmpfs = (model: Service): JsonObject =>
  Object.fromEntries(
    (model.tmpfs ?? []).map((text) => {
      const colon = text.indexOf(":")
      return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)]
    }),
  )

/** Sorted, where Compose follows Go's random map order. An optional one that is not deployed (out by profile) is none. */
const dependencies = (desired: DesiredUp, model: Service): string =>
  Object.entries(model.depends_on ?? {})
    .filter(([name, { required }]) => required || desired.services.some((service) => service.name === name))
    .map(([name, dependency]) => `${name}:${dependency.condition}:${dependency.restart === true}`)
    .sort()
    .join(",")

export const containerLabels = (
  desired: DesiredUp,
  service: DesiredService,
  replica: Replica,
): Record<string, string> => ({
  ...service.model.labels,
  [labels.project]: desired.project,
  [labels.service]: service.name,
  [labels.version]: composeVersion,
  [labels.workingDirectory]: desired.workingDirectory,
  [labels.configFiles]: desired.files.join(","),
  ...(desired.environmentFiles.length === 0 ? {} : { [labels.environmentFile]: desired.environmentFiles.join(",") }),
  [labels.oneoff]: "False",
  ...(service.image.id === null ? {} : { [labels.image]: service.image.id }),
  [labels.configHash]: sharedHash(service, replica.shared ?? {}),
  [labels.number]: String(replica.number),
  [labels.dependsOn]: dependencies(desired, service.model),
  ...(replica.replaces
    ? { [labels.replaces]: service.model.container_name ?? `${service.name}-${replica.number}` }
    : {}),
  [labels.fields]: JSON.stringify(fieldDigests(service)),
  ...(service.extra === "" ? {} : { [labels.extra]: service.extra }),
  ...(service.carried === undefined
    ? {}
    : { [fileLabels.mounted]: [...new Set(treeMounts(service, replica).values())].join(",") }),
  ...hookLabel(service.model),
})

const treeMounts = (service: DesiredService, { trees }: Replica): TreeMounts =>
  new Map(Object.entries(service.carried ?? {}).map(([target, digest]) => [target, trees?.[digest] ?? digest]))

const hookLabel = (model: Service): Record<string, string> => {
  const hooks = hooksOf(model)
  return hooks === undefined ? {} : { [labels.hooks]: JSON.stringify(hooks) }
}

/** Security options without the one that is not an option of the engine but a pair of emptied lists. */
const security = ({ model, securityOptions = model.security_opt }: DesiredService): JsonObject => {
  const unconfined = securityOptions?.includes("systempaths=unconfined") === true
  return {
    SecurityOpt: securityOptions?.filter((option) => option !== "systempaths=unconfined") ?? null,
    ...(unconfined ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
  }
}

/** The form Docker's Go client gives them before it sends them: `net_admin` → `CAP_NET_ADMIN`. */
const capabilities = (names: ReadonlyArray<string> | undefined): Json => {
  if (names === undefined || names.length === 0) return null
  const full = names.map((name) => name.trim().toUpperCase())
  return [...new Set(full.map((name) => (name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`)))].sort()
}

export const createBody = (desired: DesiredUp, service: DesiredService, replica: Replica): JsonObject => {
  const shared = replica.shared ?? {}
  const model = resolveShared(service.model, shared)
  // The final name even when it is created under a temporary one: other containers resolve it.
  const name = containerName(desired.project, service.name, model, replica.number)
  const { binds, mounts } = containerMounts(desired, model, replica.inherited, treeMounts(service, replica))
  const network = networking(desired, service, model, name, replica.links ?? [])
  return {
    Hostname: model.hostname ?? "",
    Domainname: model.domainname ?? "",
    User: model.user ?? "",
    ExposedPorts: exposed(model),
    Tty: model.tty ?? false,
    OpenStdin: model.stdin_open ?? false,
    AttachStdout: true,
    AttachStderr: true,
    Cmd: model.command,
    Image: replica.image,
    WorkingDir: model.working_dir ?? "",
    Entrypoint: model.entrypoint,
    NetworkDisabled: model.network_mode === "disabled",
    Labels: containerLabels(desired, service, replica),
    ...(model.stop_signal === undefined ? {} : { StopSignal: model.stop_signal }),
    Env: environment(desired, model, replica.secrets),
    ...healthcheck(model),
    ...(model.stop_grace_period === undefined ? {} : { StopTimeout: durationSeconds(model.stop_grace_period) }),
    HostConfig: {
      Annotations: model.annotations ?? null,
      Binds: binds.length === 0 ? null : binds,
      Mounts: mounts,
      CapAdd: capabilities(model.cap_add),
      CapDrop: capabilities(model.cap_drop),
      NetworkMode: network.mode,
      ...(model.init === undefined ? {} : { Init: model.init }),
      IpcMode: model.ipc ?? "",
      CgroupnsMode: model.cgroup ?? "",
      ReadonlyRootfs: model.read_only ?? false,
      RestartPolicy: restartPolicy(model),
      ShmSize: byteCount(model.shm_size),
      Sysctls: model.sysctls ?? null,
      PortBindings: portBindings(model),
      ...resources(model),
      VolumeDriver: model.volume_driver ?? "",
      VolumesFrom: volumesFrom(model, shared),
      ...(replica.links === undefined || replica.links.length === 0 ? {} : { Links: replica.links }),
      Dns: model.dns ?? null,
      DnsSearch: model.dns_search ?? null,
      DnsOptions: model.dns_opt ?? null,
      ExtraHosts: (model.extra_hosts ?? []).map((entry) => entry.replace("=", ":")),
      ...security(service),
      StorageOpt: model.storage_opt ?? null,
      UsernsMode: model.userns_mode ?? "",
      UTSMode: model.uts ?? "",
      Privileged: model.privileged ?? false,
      PidMode: model.pid ?? "",
      Tmpfs: tmpfs(model),
      ...(model.runtime === undefined ? {} : { Runtime: model.runtime }),
      LogConfig: { Type: model.logging?.driver ?? "", Config: model.logging?.options ?? null },
      GroupAdd: model.group_add ?? null,
      OomScoreAdj: model.oom_score_adj ?? 0,
    },
    ...network.config,
  }
}
