/** The resolved model, part by part, in the order of the reference's structs (compose-go 2.14, `types`). */
import {
  always,
  bytes,
  command,
  count,
  duration,
  environment,
  flag,
  float,
  hosts,
  labels,
  listOf,
  mapOf,
  mode,
  multiOptions,
  optionalDuration,
  optionalFlag,
  optionalUnsigned,
  optionalWhole,
  options,
  optOut,
  pairs,
  printed,
  ssh,
  struct,
  test,
  text,
  textMap,
  textOrTexts,
  texts,
  ulimit,
  unsigned,
  whole,
} from "./Type.ts"

const grant = struct({ source: text, target: text, uid: text, gid: text, mode })

const build = struct({
  context: text,
  dockerfile: text,
  dockerfile_inline: text,
  entitlements: texts,
  args: environment,
  provenance: text,
  sbom: text,
  ssh,
  labels,
  cache_from: textOrTexts,
  cache_to: textOrTexts,
  no_cache: flag,
  no_cache_filter: textOrTexts,
  additional_contexts: pairs,
  pull: flag,
  extra_hosts: hosts,
  isolation: text,
  network: text,
  target: text,
  secrets: listOf(grant),
  shm_size: bytes,
  tags: textOrTexts,
  ulimits: mapOf(ulimit),
  platforms: textOrTexts,
  privileged: flag,
})

const hook = struct({
  command: always(command),
  image: text,
  user: text,
  privileged: flag,
  working_dir: text,
  environment,
  per_replica: flag,
})

const develop = struct({
  watch: listOf(
    struct({
      path: { type: text, always: true, yamlAlways: true },
      action: { type: text, always: true, yamlAlways: true },
      target: text,
      exec: always(hook),
      include: texts,
      ignore: texts,
      initial_sync: flag,
    }),
  ),
})

// The reference gives these two no names for JSON.
const throttle = struct(
  {
    path: { type: text, json: "Path", always: true, yamlAlways: true },
    rate: { type: bytes, json: "Rate", always: true, yamlAlways: true },
  },
  true,
)
const weight = struct({
  path: { type: text, json: "Path", always: true, yamlAlways: true },
  weight: { type: unsigned, json: "Weight", always: true, yamlAlways: true },
})

const blkio = struct({
  weight: unsigned,
  weight_device: listOf(weight),
  device_read_bps: listOf(throttle),
  device_read_iops: listOf(throttle),
  device_write_bps: listOf(throttle),
  device_write_iops: listOf(throttle),
})

const deviceRequest = struct({ capabilities: texts, driver: text, count, device_ids: texts, options: pairs }, false)

const resource = struct({
  cpus: float,
  memory: bytes,
  pids: whole,
  devices: listOf(deviceRequest),
  generic_resources: listOf(
    struct({
      discrete_resource_spec: struct({
        kind: { type: text, always: true, yamlAlways: true },
        value: { type: whole, always: true, yamlAlways: true },
      }),
    }),
  ),
})

const updateConfig = struct({
  parallelism: optionalUnsigned,
  delay: duration,
  failure_action: text,
  monitor: duration,
  max_failure_ratio: float,
  order: text,
})

const deploy = struct({
  mode: text,
  replicas: optionalWhole,
  labels,
  update_config: updateConfig,
  rollback_config: updateConfig,
  resources: always(struct({ limits: resource, reservations: resource })),
  restart_policy: struct({
    condition: text,
    delay: optionalDuration,
    max_attempts: optionalUnsigned,
    window: optionalDuration,
  }),
  placement: always(
    struct({
      constraints: texts,
      preferences: listOf(struct({ spread: text })),
      max_replicas_per_node: unsigned,
    }),
  ),
  endpoint_mode: text,
})

const serviceNetwork = struct({
  aliases: texts,
  driver_opts: options,
  gw_priority: whole,
  interface_name: text,
  ipv4_address: text,
  ipv6_address: text,
  link_local_ips: texts,
  mac_address: text,
  priority: whole,
})

const port = struct({
  name: text,
  mode: text,
  host_ip: text,
  target: unsigned,
  published: text,
  protocol: text,
  app_protocol: text,
})

const mount = struct({
  type: text,
  source: text,
  target: text,
  read_only: flag,
  consistency: text,
  bind: struct({ selinux: text, propagation: text, create_host_path: optOut, recursive: text }),
  volume: struct({ labels: pairs, nocopy: flag, subpath: text }),
  tmpfs: struct({ size: bytes, mode: unsigned }),
  image: struct({ subpath: text }),
})

export const service = struct({
  profiles: texts,
  annotations: pairs,
  attach: optionalFlag,
  build,
  develop,
  blkio_config: blkio,
  cap_add: texts,
  cap_drop: texts,
  cgroup_parent: text,
  cgroup: text,
  cpu_count: whole,
  cpu_percent: float,
  cpu_period: whole,
  cpu_quota: whole,
  cpu_rt_period: whole,
  cpu_rt_runtime: whole,
  cpus: float,
  cpuset: text,
  cpu_shares: whole,
  command: always(command),
  configs: listOf(grant),
  container_name: text,
  credential_spec: struct({ config: text, file: text, registry: text }),
  depends_on: mapOf(
    struct({ condition: text, restart: flag, required: { type: flag, always: true, yamlAlways: true } }),
  ),
  deploy,
  device_cgroup_rules: texts,
  devices: listOf(struct({ source: text, target: text, permissions: text })),
  dns: textOrTexts,
  dns_opt: texts,
  dns_search: textOrTexts,
  dockerfile: text,
  domainname: text,
  entrypoint: always(command),
  provider: struct({ type: text, options: multiOptions }),
  environment,
  env_file: listOf(struct({ path: text, required: optOut, format: text }, false)),
  expose: printed,
  extends: struct({ file: text, service: text }, false),
  external_links: texts,
  extra_hosts: hosts,
  group_add: texts,
  gpus: listOf(deviceRequest),
  hostname: text,
  healthcheck: struct({
    test,
    timeout: optionalDuration,
    interval: optionalDuration,
    retries: optionalUnsigned,
    start_period: optionalDuration,
    start_interval: optionalDuration,
    disable: flag,
  }),
  image: text,
  init: optionalFlag,
  ipc: text,
  isolation: text,
  labels,
  label_file: texts,
  links: texts,
  logging: struct({ driver: text, options }),
  log_driver: text,
  log_opt: textMap,
  mem_limit: bytes,
  mem_reservation: bytes,
  memswap_limit: bytes,
  mem_swappiness: bytes,
  mac_address: text,
  models: mapOf(struct({ endpoint_var: text, model_var: text })),
  net: text,
  network_mode: text,
  networks: mapOf(serviceNetwork),
  oom_kill_disable: flag,
  oom_score_adj: whole,
  pid: text,
  pids_limit: whole,
  platform: text,
  ports: listOf(port),
  privileged: flag,
  pull_policy: text,
  read_only: flag,
  restart: text,
  runtime: text,
  scale: optionalWhole,
  secrets: listOf(grant),
  security_opt: texts,
  shm_size: bytes,
  stdin_open: flag,
  stop_grace_period: optionalDuration,
  stop_signal: text,
  storage_opt: textMap,
  sysctls: pairs,
  tmpfs: textOrTexts,
  tty: flag,
  ulimits: mapOf(ulimit),
  use_api_socket: flag,
  user: text,
  userns_mode: text,
  uts: text,
  volume_driver: text,
  volumes: listOf(mount),
  volumes_from: texts,
  working_dir: text,
  pre_start: listOf(hook),
  post_start: listOf(hook),
  pre_stop: listOf(hook),
})

export const network = struct({
  name: text,
  driver: text,
  driver_opts: options,
  ipam: always(
    struct({
      driver: text,
      config: listOf(struct({ subnet: text, gateway: text, ip_range: text, aux_addresses: pairs })),
      options,
    }),
  ),
  external: flag,
  internal: flag,
  attachable: flag,
  labels,
  enable_ipv4: optionalFlag,
  enable_ipv6: optionalFlag,
})

export const volume = struct({ name: text, driver: text, driver_opts: options, external: flag, labels })

const fileObject = {
  name: text,
  file: text,
  environment: text,
  content: text,
  external: flag,
  labels,
  driver: text,
  driver_opts: textMap,
  template_driver: text,
}
export const config = struct(fileObject)
export const secret = struct(fileObject)

const model = struct({ name: text, model: text, context_size: whole, runtime_flags: texts })

export const project = struct({
  name: text,
  services: { type: mapOf(service), always: true, yamlAlways: true },
  networks: mapOf(network),
  volumes: mapOf(volume),
  secrets: mapOf(secret),
  configs: mapOf(config),
  models: mapOf(model),
})
