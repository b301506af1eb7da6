/**
 * What the compose driver does with each key of the model: data, read by `refusals` and by the parity table. A key is
 * - `native`: done as Compose does it (or resolved by the loader before it reaches us);
 * - `ignored`: valid, without effect on one engine: named in a warning of the plan, never dropped silently;
 * - `refused`: named with its place, nothing is deployed.
 */
import type {
  Build,
  Deploy,
  FileObject,
  Mount,
  Network,
  Service,
  ServiceNetwork,
  UpdateConfig,
  Volume,
} from "../../model/StackModel.ts"

export type Support = "native" | "ignored" | { readonly refused: string }

type Table<S extends { readonly schema: { readonly fields: object } }> = {
  readonly [K in keyof S["schema"]["fields"]]-?: Support
}

const refused = (remedy: string): Support => ({ refused: remedy })
const obsoleteKey = refused("Use the key that replaced it in the Compose Specification.")
const windows = refused("Remove it; Windows containers are not supported.")

export const serviceSupport: Table<typeof Service> = {
  profiles: "native",
  annotations: "native",
  attach: "native",
  build: "native",
  develop: "native",
  blkio_config: "native",
  cap_add: "native",
  cap_drop: "native",
  cgroup_parent: "native",
  cgroup: "native",
  cpu_count: windows,
  cpu_percent: windows,
  cpu_period: "native",
  cpu_quota: "native",
  cpu_rt_period: "native",
  cpu_rt_runtime: "native",
  cpus: "native",
  cpuset: "native",
  cpu_shares: "native",
  command: "native",
  configs: "native",
  container_name: "native",
  credential_spec: windows,
  depends_on: "native",
  deploy: "native",
  device_cgroup_rules: "native",
  devices: "native",
  dns: "native",
  dns_opt: "native",
  dns_search: "native",
  dockerfile: obsoleteKey,
  domainname: "native",
  entrypoint: "native",
  provider: refused(
    "Run the provider yourself and name what it made; it is a program of this machine that no plan can foresee.",
  ),
  environment: "native",
  env_file: "native",
  expose: "native",
  extends: "native",
  external_links: "native",
  extra_hosts: "native",
  group_add: "native",
  gpus: "native",
  hostname: "native",
  healthcheck: "native",
  image: "native",
  init: "native",
  ipc: "native",
  isolation: windows,
  labels: "native",
  label_file: "native",
  links: "native",
  logging: "native",
  log_driver: obsoleteKey,
  log_opt: obsoleteKey,
  mem_limit: "native",
  mem_reservation: "native",
  memswap_limit: "native",
  mem_swappiness: "native",
  mac_address: "native",
  models: refused("Run the model as a service; Docker Model Runner is no part of an engine."),
  net: obsoleteKey,
  network_mode: "native",
  networks: "native",
  oom_kill_disable: "native",
  oom_score_adj: "native",
  pid: "native",
  pids_limit: "native",
  platform: "native",
  ports: "native",
  privileged: "native",
  pull_policy: "native",
  read_only: "native",
  restart: "native",
  runtime: "native",
  scale: "native",
  secrets: "native",
  security_opt: "native",
  shm_size: "native",
  stdin_open: "native",
  stop_grace_period: "native",
  stop_signal: "native",
  storage_opt: "native",
  sysctls: "native",
  tmpfs: "native",
  tty: "native",
  ulimits: "native",
  use_api_socket: "native",
  user: "native",
  userns_mode: "native",
  uts: "native",
  volume_driver: "native",
  volumes: "native",
  volumes_from: "native",
  working_dir: "native",
  pre_start: "native",
  post_start: "native",
  pre_stop: "native",
}

export const buildSupport: Table<typeof Build> = {
  context: "native",
  dockerfile: "native",
  dockerfile_inline: "native",
  entitlements: "native",
  args: "native",
  provenance: "native",
  sbom: "native",
  ssh: "native",
  labels: "native",
  cache_from: "native",
  cache_to: "native",
  no_cache: "native",
  no_cache_filter: "native",
  additional_contexts: "native",
  pull: "native",
  extra_hosts: "native",
  isolation: windows,
  network: "native",
  target: "native",
  secrets: "native",
  shm_size: "native",
  tags: "native",
  ulimits: "native",
  platforms: "native",
  privileged: "native",
}

export const deploySupport: Table<typeof Deploy> = {
  mode: "native",
  replicas: "native",
  labels: "ignored",
  update_config: "native",
  rollback_config: "native",
  resources: "native",
  restart_policy: "native",
  placement: "ignored",
  endpoint_mode: "ignored",
}

/** Of a rollback: `update_config` has all of it. */
export const rollbackSupport: Table<typeof UpdateConfig> = {
  parallelism: "native",
  delay: "native",
  failure_action: "ignored",
  monitor: "ignored",
  max_failure_ratio: "ignored",
  order: "native",
}

export const attachmentSupport: Table<typeof ServiceNetwork> = {
  aliases: "native",
  driver_opts: "native",
  gw_priority: "native",
  interface_name: "native",
  ipv4_address: "native",
  ipv6_address: "native",
  link_local_ips: "native",
  mac_address: "native",
  priority: "native",
}

export const mountSupport: Table<typeof Mount> = {
  type: "native",
  source: "native",
  target: "native",
  read_only: "native",
  consistency: "native",
  bind: "native",
  volume: "native",
  tmpfs: "native",
  image: "native",
}

export const networkSupport: Table<typeof Network> = {
  name: "native",
  driver: "native",
  driver_opts: "native",
  ipam: "native",
  external: "native",
  internal: "native",
  attachable: "native",
  labels: "native",
  enable_ipv4: "native",
  enable_ipv6: "native",
}

export const volumeSupport: Table<typeof Volume> = {
  name: "native",
  driver: "native",
  driver_opts: "native",
  external: "native",
  labels: "native",
}

const swarmOnly = refused("Use `file`, `content` or `environment`: only a Swarm keeps configs and secrets.")
/** Top-level configs and secrets. */
export const fileObjectSupport: Table<typeof FileObject> = {
  name: "native",
  file: "native",
  environment: "native",
  content: "native",
  external: swarmOnly,
  labels: "ignored",
  driver: swarmOnly,
  driver_opts: "ignored",
  template_driver: swarmOnly,
}
