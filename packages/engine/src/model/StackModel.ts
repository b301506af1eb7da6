/**
 * The resolved Compose model: what `docker compose config --format json` prints, as a schema.
 *
 * Keys stand in the order of the reference implementation's structs (compose-go 2.14, `types/types.go`), because Compose's
 * config hash is a digest of its JSON in exactly that order; `compose/shape/model.ts` has the same
 * order and is what prints and hashes it.
 * Durations are Go duration strings ("1m30s"), byte sizes decimal strings, as Compose prints them. `x-` extensions are kept
 * beside the known keys. Nothing here reads files or knows a driver.
 */
import { Schema } from "effect"

const Str = Schema.String
const Strings = Schema.Array(Schema.String)
const StringMap = Schema.Record(Schema.String, Schema.String)
/** `KEY: null` means: take the value from the deployer's environment, absent there it stays unset. */
const NullableMap = Schema.Record(Schema.String, Schema.NullOr(Schema.String))
const Int = Schema.Int
const Num = Schema.Finite
const Bool = Schema.Boolean
/** `x-` keys, kept beside the known ones; the reference prints those of the top level only. */
const extensions = Schema.Record(Schema.TemplateLiteral(["x-", Schema.String]), Schema.Json)
const part = <F extends Schema.Struct.Fields>(fields: F) => Schema.StructWithRest(Schema.Struct(fields), [extensions])
/** Scalars of `driver_opts`, `options`: Compose stringifies them. */
const Options = StringMap
const opt = Schema.optionalKey

const Ulimit = Schema.Union([Int, Schema.Struct({ soft: opt(Int), hard: opt(Int) })])

/** A config or secret granted to a service (or a secret of a build). */
export const FileReference = part({
  source: opt(Str),
  target: opt(Str),
  uid: opt(Str),
  gid: opt(Str),
  mode: opt(Str),
})

export const Build = part({
  context: opt(Str),
  dockerfile: opt(Str),
  dockerfile_inline: opt(Str),
  entitlements: opt(Strings),
  args: opt(NullableMap),
  provenance: opt(Str),
  sbom: opt(Str),
  ssh: opt(Schema.Array(Str)),
  labels: opt(StringMap),
  cache_from: opt(Strings),
  cache_to: opt(Strings),
  no_cache: opt(Bool),
  no_cache_filter: opt(Strings),
  additional_contexts: opt(StringMap),
  pull: opt(Bool),
  extra_hosts: opt(Strings),
  isolation: opt(Str),
  network: opt(Str),
  target: opt(Str),
  secrets: opt(Schema.Array(FileReference)),
  shm_size: opt(Str),
  tags: opt(Strings),
  ulimits: opt(Schema.Record(Str, Ulimit)),
  platforms: opt(Strings),
  privileged: opt(Bool),
})

const Hook = part({
  command: Schema.NullOr(Strings),
  image: opt(Str),
  user: opt(Str),
  privileged: opt(Bool),
  working_dir: opt(Str),
  environment: opt(NullableMap),
  per_replica: opt(Bool),
})

const Develop = part({
  watch: opt(
    Schema.Array(
      part({
        path: Str,
        action: Str,
        target: opt(Str),
        exec: opt(Hook),
        include: opt(Strings),
        ignore: opt(Strings),
        initial_sync: opt(Bool),
      }),
    ),
  ),
})

const Throttle = Schema.Array(part({ path: Str, rate: Str }))
const Blkio = part({
  weight: opt(Int),
  weight_device: opt(Schema.Array(part({ path: Str, weight: Int }))),
  device_read_bps: opt(Throttle),
  device_read_iops: opt(Throttle),
  device_write_bps: opt(Throttle),
  device_write_iops: opt(Throttle),
})

const DeviceRequest = Schema.Struct({
  capabilities: opt(Strings),
  driver: opt(Str),
  count: opt(Int),
  device_ids: opt(Strings),
  options: opt(StringMap),
})

const Resource = part({
  cpus: opt(Num),
  memory: opt(Str),
  pids: opt(Int),
  devices: opt(Schema.Array(DeviceRequest)),
  generic_resources: opt(Schema.Array(part({ discrete_resource_spec: opt(part({ kind: Str, value: Int })) }))),
})

export const UpdateConfig = part({
  parallelism: opt(Int),
  delay: opt(Str),
  failure_action: opt(Str),
  monitor: opt(Str),
  max_failure_ratio: opt(Num),
  order: opt(Str),
})

export const Deploy = part({
  mode: opt(Str),
  replicas: opt(Int),
  labels: opt(StringMap),
  update_config: opt(UpdateConfig),
  rollback_config: opt(UpdateConfig),
  resources: part({ limits: opt(Resource), reservations: opt(Resource) }),
  restart_policy: opt(part({ condition: opt(Str), delay: opt(Str), max_attempts: opt(Int), window: opt(Str) })),
  placement: part({
    constraints: opt(Strings),
    preferences: opt(Schema.Array(part({ spread: opt(Str) }))),
    max_replicas_per_node: opt(Int),
  }),
  endpoint_mode: opt(Str),
})

export const Healthcheck = part({
  test: opt(Strings),
  timeout: opt(Str),
  interval: opt(Str),
  retries: opt(Int),
  start_period: opt(Str),
  start_interval: opt(Str),
  disable: opt(Bool),
})

/** A dependency's gate; the three conditions of the Compose Specification. */
export const Dependency = part({
  condition: Schema.Literals(["service_started", "service_healthy", "service_completed_successfully"]),
  restart: opt(Bool),
  required: Bool,
})

export const ServiceNetwork = part({
  aliases: opt(Strings),
  driver_opts: opt(Options),
  gw_priority: opt(Int),
  interface_name: opt(Str),
  ipv4_address: opt(Str),
  ipv6_address: opt(Str),
  link_local_ips: opt(Strings),
  mac_address: opt(Str),
  priority: opt(Int),
})

export const Port = part({
  name: opt(Str),
  mode: opt(Str),
  host_ip: opt(Str),
  target: Int,
  published: opt(Str),
  protocol: opt(Str),
  app_protocol: opt(Str),
})

export const Mount = part({
  type: Str,
  source: opt(Str),
  target: Str,
  read_only: opt(Bool),
  consistency: opt(Str),
  bind: opt(part({ selinux: opt(Str), propagation: opt(Str), create_host_path: opt(Bool), recursive: opt(Str) })),
  volume: opt(part({ labels: opt(StringMap), nocopy: opt(Bool), subpath: opt(Str) })),
  tmpfs: opt(part({ size: opt(Str), mode: opt(Int) })),
  image: opt(part({ subpath: opt(Str) })),
})

const Logging = part({ driver: opt(Str), options: opt(Options) })

export const Service = part({
  profiles: opt(Strings),
  annotations: opt(StringMap),
  attach: opt(Bool),
  build: opt(Build),
  develop: opt(Develop),
  blkio_config: opt(Blkio),
  cap_add: opt(Strings),
  cap_drop: opt(Strings),
  cgroup_parent: opt(Str),
  cgroup: opt(Str),
  cpu_count: opt(Int),
  cpu_percent: opt(Num),
  cpu_period: opt(Int),
  cpu_quota: opt(Int),
  cpu_rt_period: opt(Int),
  cpu_rt_runtime: opt(Int),
  cpus: opt(Num),
  cpuset: opt(Str),
  cpu_shares: opt(Int),
  /** null: the image's own command; [] clears it. */
  command: Schema.NullOr(Strings),
  configs: opt(Schema.Array(FileReference)),
  container_name: opt(Str),
  credential_spec: opt(part({ config: opt(Str), file: opt(Str), registry: opt(Str) })),
  depends_on: opt(Schema.Record(Str, Dependency)),
  deploy: opt(Deploy),
  device_cgroup_rules: opt(Strings),
  devices: opt(Schema.Array(part({ source: opt(Str), target: opt(Str), permissions: opt(Str) }))),
  dns: opt(Strings),
  dns_opt: opt(Strings),
  dns_search: opt(Strings),
  dockerfile: opt(Str),
  domainname: opt(Str),
  /** null: the image's own entrypoint; [] clears it. */
  entrypoint: Schema.NullOr(Strings),
  provider: opt(part({ type: opt(Str), options: opt(Schema.Record(Str, Strings)) })),
  environment: opt(NullableMap),
  env_file: opt(Schema.Array(Schema.Struct({ path: opt(Str), required: opt(Bool), format: opt(Str) }))),
  expose: opt(Strings),
  extends: opt(Schema.Struct({ file: opt(Str), service: opt(Str) })),
  external_links: opt(Strings),
  extra_hosts: opt(Strings),
  group_add: opt(Strings),
  gpus: opt(Schema.Array(DeviceRequest)),
  hostname: opt(Str),
  healthcheck: opt(Healthcheck),
  image: opt(Str),
  init: opt(Bool),
  ipc: opt(Str),
  isolation: opt(Str),
  labels: opt(StringMap),
  label_file: opt(Strings),
  links: opt(Strings),
  logging: opt(Logging),
  log_driver: opt(Str),
  log_opt: opt(StringMap),
  mem_limit: opt(Str),
  mem_reservation: opt(Str),
  memswap_limit: opt(Str),
  mem_swappiness: opt(Str),
  mac_address: opt(Str),
  models: opt(Schema.Record(Str, Schema.NullOr(part({ endpoint_var: opt(Str), model_var: opt(Str) })))),
  net: opt(Str),
  network_mode: opt(Str),
  networks: opt(Schema.Record(Str, Schema.NullOr(ServiceNetwork))),
  oom_kill_disable: opt(Bool),
  oom_score_adj: opt(Int),
  pid: opt(Str),
  pids_limit: opt(Int),
  platform: opt(Str),
  ports: opt(Schema.Array(Port)),
  privileged: opt(Bool),
  pull_policy: opt(Str),
  read_only: opt(Bool),
  restart: opt(Str),
  runtime: opt(Str),
  scale: opt(Int),
  secrets: opt(Schema.Array(FileReference)),
  security_opt: opt(Strings),
  shm_size: opt(Str),
  stdin_open: opt(Bool),
  stop_grace_period: opt(Str),
  stop_signal: opt(Str),
  storage_opt: opt(StringMap),
  sysctls: opt(StringMap),
  tmpfs: opt(Strings),
  tty: opt(Bool),
  ulimits: opt(Schema.Record(Str, Ulimit)),
  use_api_socket: opt(Bool),
  user: opt(Str),
  userns_mode: opt(Str),
  uts: opt(Str),
  volume_driver: opt(Str),
  volumes: opt(Schema.Array(Mount)),
  volumes_from: opt(Strings),
  working_dir: opt(Str),
  pre_start: opt(Schema.Array(Hook)),
  post_start: opt(Schema.Array(Hook)),
  pre_stop: opt(Schema.Array(Hook)),
})
export type Service = typeof Service.Type

export const Network = part({
  name: Str,
  driver: opt(Str),
  driver_opts: opt(Options),
  ipam: part({
    driver: opt(Str),
    config: opt(
      Schema.Array(
        part({
          subnet: opt(Str),
          gateway: opt(Str),
          ip_range: opt(Str),
          aux_addresses: opt(StringMap),
        }),
      ),
    ),
    options: opt(Options),
  }),
  external: opt(Bool),
  internal: opt(Bool),
  attachable: opt(Bool),
  labels: opt(StringMap),
  enable_ipv4: opt(Bool),
  enable_ipv6: opt(Bool),
})
export type Network = typeof Network.Type

export const Volume = part({
  name: Str,
  driver: opt(Str),
  driver_opts: opt(Options),
  external: opt(Bool),
  labels: opt(StringMap),
})
export type Volume = typeof Volume.Type

/** A top-level config or secret. */
export const FileObject = part({
  name: opt(Str),
  file: opt(Str),
  environment: opt(Str),
  content: opt(Str),
  external: opt(Bool),
  labels: opt(StringMap),
  driver: opt(Str),
  driver_opts: opt(StringMap),
  template_driver: opt(Str),
})
export type FileObject = typeof FileObject.Type

export const StackModel = part({
  name: Str,
  services: Schema.Record(Str, Service),
  networks: opt(Schema.Record(Str, Network)),
  volumes: opt(Schema.Record(Str, Volume)),
  secrets: opt(Schema.Record(Str, FileObject)),
  configs: opt(Schema.Record(Str, FileObject)),
  models: opt(
    Schema.Record(
      Str,
      part({
        name: opt(Str),
        model: opt(Str),
        context_size: opt(Int),
        runtime_flags: opt(Strings),
      }),
    ),
  ),
})
/** The canonical model: plain data, equal to the JSON that Compose prints for the same files. */
export type StackModel = typeof StackModel.Type
