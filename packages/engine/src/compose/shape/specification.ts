/** The Compose Specification: every key, and what may be written for it. Input syntax only; meaning is given by `resolve/`. */
import { either, keys, list, names, type Shape, word } from "./Shape.ts"

const NAME = /^[a-zA-Z0-9._-]+$/
const ANY = /.+/s
const LINE = /^.+$/

const text = word("string")
const texts = list(text)
const uniqueTexts = list(text, true)
const flag = word("boolean", "string")
const whole = word("whole", "string")
const number = word("number", "string")
const textOrList = either(text, uniqueTexts)
const listOrMap = either(uniqueTexts, names(ANY, word("string", "number", "boolean", "null")))
const options = names(LINE, word("string", "number"), true)
const command = either(word("null"), text, texts)
const extraHosts = either(uniqueTexts, names(ANY, either(text, texts)))
const enumerated = (...oneOf: string[]): Shape => ({ words: ["string"], oneOf })

const grants = list(either(text, keys({ source: text, target: text, uid: text, gid: text, mode: number })))
const ulimits = names(
  /^[a-z]+$/,
  either(whole, keys({ hard: whole, soft: whole }, { required: ["soft", "hard"] })),
  true,
)

const deviceRequest = {
  capabilities: uniqueTexts,
  count: whole,
  device_ids: uniqueTexts,
  driver: text,
  options: listOrMap,
}

const hook = { command, user: text, privileged: flag, working_dir: text, environment: listOrMap }
const serviceHook = keys(hook, { required: ["command"] })
const preStartHook = keys({ ...hook, image: text, per_replica: flag })

const build = either(
  text,
  keys({
    context: text,
    dockerfile: text,
    dockerfile_inline: text,
    entitlements: texts,
    args: listOrMap,
    ssh: listOrMap,
    labels: listOrMap,
    cache_from: texts,
    cache_to: texts,
    no_cache: flag,
    no_cache_filter: textOrList,
    additional_contexts: listOrMap,
    network: text,
    provenance: flag,
    sbom: flag,
    pull: flag,
    target: text,
    shm_size: whole,
    extra_hosts: extraHosts,
    isolation: text,
    privileged: flag,
    secrets: grants,
    tags: texts,
    ulimits,
    platforms: texts,
  }),
)

const throttle = list(keys({ path: text, rate: whole }, { extensions: false }))
const blkio = keys(
  {
    device_read_bps: throttle,
    device_read_iops: throttle,
    device_write_bps: throttle,
    device_write_iops: throttle,
    weight: whole,
    weight_device: list(keys({ path: text, weight: whole }, { extensions: false })),
  },
  { extensions: false },
)

const updateConfig = keys({
  parallelism: whole,
  delay: text,
  failure_action: text,
  monitor: text,
  max_failure_ratio: number,
  order: enumerated("start-first", "stop-first"),
})

const deploy = either(
  word("null"),
  keys({
    mode: text,
    endpoint_mode: text,
    replicas: whole,
    labels: listOrMap,
    rollback_config: updateConfig,
    update_config: updateConfig,
    resources: keys({
      limits: keys({ cpus: number, memory: text, pids: whole }),
      reservations: keys({
        cpus: number,
        memory: text,
        generic_resources: list(keys({ discrete_resource_spec: keys({ kind: text, value: number }) })),
        devices: list(keys(deviceRequest, { required: ["capabilities"] })),
      }),
    }),
    restart_policy: keys({ condition: text, delay: text, max_attempts: whole, window: text }),
    placement: keys({
      constraints: texts,
      preferences: list(keys({ spread: text })),
      max_replicas_per_node: whole,
    }),
  }),
)

const develop = either(
  word("null"),
  keys({
    watch: list(
      keys(
        {
          ignore: textOrList,
          include: textOrList,
          path: text,
          action: enumerated("rebuild", "sync", "restart", "sync+restart", "sync+exec"),
          target: text,
          exec: serviceHook,
          initial_sync: word("boolean"),
        },
        { required: ["path", "action"] },
      ),
    ),
  }),
)

const dependsOn = either(uniqueTexts, {
  mapping: {
    names: {
      pattern: NAME,
      value: keys(
        {
          restart: flag,
          required: word("boolean"),
          condition: enumerated("service_started", "service_healthy", "service_completed_successfully"),
        },
        { required: ["condition"] },
      ),
    },
  },
})

const port = either(
  word("number"),
  text,
  keys({
    name: text,
    mode: text,
    host_ip: text,
    target: whole,
    published: whole,
    protocol: text,
    app_protocol: text,
  }),
)

const mount = either(
  text,
  keys(
    {
      type: enumerated("bind", "volume", "tmpfs", "cluster", "npipe", "image"),
      source: text,
      target: text,
      read_only: flag,
      consistency: text,
      bind: keys({
        propagation: text,
        create_host_path: flag,
        recursive: enumerated("enabled", "disabled", "writable", "readonly"),
        selinux: enumerated("z", "Z"),
      }),
      volume: keys({ labels: listOrMap, nocopy: flag, subpath: text }),
      tmpfs: keys({ size: { words: ["whole", "string"], minimum: 0 }, mode: number }),
      image: keys({ subpath: text }),
    },
    { required: ["type"] },
  ),
)

const serviceNetworks = either(
  uniqueTexts,
  names(
    NAME,
    either(
      word("null"),
      keys({
        aliases: uniqueTexts,
        interface_name: text,
        ipv4_address: text,
        ipv6_address: text,
        link_local_ips: uniqueTexts,
        mac_address: text,
        driver_opts: options,
        priority: word("number"),
        gw_priority: word("number"),
      }),
    ),
  ),
)

const envFile = either(
  text,
  list(either(text, keys({ path: text, format: text, required: flag }, { required: ["path"], extensions: false }))),
)

const service = keys({
  develop,
  deploy,
  annotations: listOrMap,
  attach: flag,
  build,
  blkio_config: blkio,
  cap_add: uniqueTexts,
  cap_drop: uniqueTexts,
  cgroup: enumerated("host", "private"),
  cgroup_parent: text,
  command,
  configs: grants,
  container_name: {
    words: ["string"],
    pattern: /[a-zA-Z0-9][a-zA-Z0-9_.-]+/,
    says: "a name of letters, digits, `_`, `.` and `-`, two or more",
  },
  cpu_count: { words: ["string", "whole"], minimum: 0 },
  cpu_percent: { words: ["string", "whole"], minimum: 0, maximum: 100 },
  cpu_shares: number,
  cpu_quota: number,
  cpu_period: number,
  cpu_rt_period: number,
  cpu_rt_runtime: number,
  cpus: number,
  cpuset: text,
  credential_spec: keys({ config: text, file: text, registry: text }),
  depends_on: dependsOn,
  device_cgroup_rules: uniqueTexts,
  devices: list(either(text, keys({ source: text, target: text, permissions: text }, { required: ["source"] }))),
  dns: textOrList,
  dns_opt: uniqueTexts,
  dns_search: textOrList,
  domainname: text,
  entrypoint: command,
  env_file: envFile,
  label_file: either(text, texts),
  environment: listOrMap,
  expose: list(word("string", "number"), true),
  extends: either(text, keys({ service: text, file: text }, { required: ["service"], extensions: false })),
  provider: keys(
    {
      type: text,
      options: names(
        LINE,
        either(word("string", "number", "boolean"), list(word("string", "number", "boolean"))),
        true,
      ),
    },
    { required: ["type"] },
  ),
  external_links: uniqueTexts,
  extra_hosts: extraHosts,
  gpus: either(enumerated("all"), list(keys(deviceRequest, { open: true }))),
  group_add: list(word("string", "number"), true),
  healthcheck: keys({
    disable: flag,
    interval: text,
    retries: number,
    test: either(text, texts),
    timeout: text,
    start_period: text,
    start_interval: text,
  }),
  hostname: text,
  image: text,
  init: flag,
  ipc: text,
  isolation: text,
  labels: listOrMap,
  links: uniqueTexts,
  logging: keys({ driver: text, options: names(LINE, word("string", "number", "null"), true) }),
  mac_address: text,
  mem_limit: number,
  mem_reservation: whole,
  mem_swappiness: whole,
  memswap_limit: number,
  network_mode: text,
  models: either(uniqueTexts, names(NAME, either(word("null"), keys({ endpoint_var: text, model_var: text })), true)),
  networks: serviceNetworks,
  oom_kill_disable: flag,
  oom_score_adj: { words: ["string", "whole"], minimum: -1000, maximum: 1000 },
  pid: word("string", "null"),
  pids_limit: number,
  platform: text,
  ports: list(port, true),
  pre_start: list(preStartHook),
  post_start: list(serviceHook),
  pre_stop: list(serviceHook),
  privileged: flag,
  profiles: uniqueTexts,
  pull_policy: {
    words: ["string"],
    pattern: /always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+/,
    says: "always, never, build, missing, refresh, daily, weekly or every_<duration>",
  },
  pull_refresh_after: text,
  read_only: flag,
  restart: text,
  runtime: text,
  scale: whole,
  security_opt: uniqueTexts,
  shm_size: number,
  secrets: grants,
  sysctls: listOrMap,
  stdin_open: flag,
  stop_grace_period: text,
  stop_signal: text,
  storage_opt: { mapping: { open: true } },
  tmpfs: textOrList,
  tty: flag,
  ulimits,
  use_api_socket: word("boolean"),
  user: text,
  uts: text,
  userns_mode: text,
  volumes: list(mount, true),
  volumes_from: uniqueTexts,
  working_dir: text,
})

const external = either(flag, keys({ name: text }))
const looseExternal = either(flag, keys({ name: text }, { open: true }))

const network = either(
  word("null"),
  keys({
    name: text,
    driver: text,
    driver_opts: options,
    ipam: keys({
      driver: text,
      config: list(keys({ subnet: text, ip_range: text, gateway: text, aux_addresses: names(LINE, text) })),
      options: names(LINE, text),
    }),
    external,
    internal: flag,
    enable_ipv4: flag,
    enable_ipv6: flag,
    attachable: flag,
    labels: listOrMap,
  }),
)

const volume = either(
  word("null"),
  keys({ name: text, driver: text, driver_opts: options, external, labels: listOrMap }),
)

const secret = keys({
  name: text,
  environment: text,
  file: text,
  external: looseExternal,
  labels: listOrMap,
  driver: text,
  driver_opts: options,
  template_driver: text,
})

const config = keys({
  name: text,
  content: text,
  environment: text,
  file: text,
  external: looseExternal,
  labels: listOrMap,
  template_driver: text,
})

const model = keys(
  { name: text, model: text, context_size: word("whole"), runtime_flags: texts },
  { required: ["model"] },
)

// The reference overlooks unknown keys here, so they are told as warnings (`resolve/include.ts`).
const include = list(
  either(text, keys({ path: textOrList, env_file: textOrList, project_directory: text }, { open: true })),
)

/** A whole Compose file. */
export const composeFile: Shape = keys({
  version: text,
  name: text,
  include,
  services: names(NAME, service),
  models: names(NAME, model, true),
  networks: names(NAME, network, true),
  volumes: names(NAME, volume),
  secrets: names(NAME, secret),
  configs: names(NAME, config),
})

/** Every key a service may have; the editor offers them. */
export const serviceKeys: ReadonlyArray<string> = Object.keys(service.mapping?.keys ?? {})
