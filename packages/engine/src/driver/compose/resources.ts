/** Limits, devices and restart policy of a service in the engine's words; `deploy` wins over the older keys, as in Compose. */
import type { Schema } from "effect"
import type { Service } from "../../model/StackModel.ts"
import { byteCount } from "./goValues.ts"

type JsonObject = { readonly [key: string]: Schema.Json }

/** The reference keeps them in 32 bits, so that 0.1 is 100000001 of them. */
const nanoCpus = (cpus: number | undefined): number => Math.trunc(Math.fround(Math.fround(cpus ?? 0) * 1e9))

const ulimits = (model: Service): ReadonlyArray<JsonObject> =>
  Object.entries(model.ulimits ?? {}).map(([Name, limit]) =>
    typeof limit === "number"
      ? { Name, Soft: limit, Hard: limit }
      : { Name, Soft: limit.soft ?? 0, Hard: limit.hard ?? 0 },
  )

type DeviceRequest = NonNullable<Service["gpus"]>[number]

const deviceRequest = (request: DeviceRequest, capabilities: ReadonlyArray<string>): JsonObject => ({
  Driver: request.driver ?? "",
  Count: request.count ?? 0,
  DeviceIDs: request.device_ids ?? null,
  Capabilities: [capabilities],
  Options: request.options ?? null,
})

/** `vendor.com/class=name`: a device by the name of the Container Device Interface, which has no path. */
const cdiName = /^[A-Za-z]([\w.-]*[A-Za-z0-9])?\/[A-Za-z]([\w.-]*[A-Za-z0-9])?=[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/
const isCdi = (device: NonNullable<Service["devices"]>[number]): boolean =>
  device.source === device.target && cdiName.test(device.source ?? "")

/** Sent as they are: whether the engine has such devices, only it knows. */
const deviceRequests = (model: Service): ReadonlyArray<JsonObject> => {
  const cdi = (model.devices ?? []).filter(isCdi).map(({ source }) => source ?? "")
  return [
    ...(model.deploy?.resources.reservations?.devices ?? []).map((request) =>
      deviceRequest(request, request.capabilities ?? []),
    ),
    ...(cdi.length === 0
      ? []
      : [{ Driver: "cdi", Count: 0, DeviceIDs: cdi, Capabilities: null, Options: null } satisfies JsonObject]),
    ...(model.gpus ?? []).map((request) => deviceRequest(request, [...(request.capabilities ?? []), "gpu"])),
  ]
}

const throttles = (
  list: ReadonlyArray<{ readonly path: string; readonly rate: string }> | undefined,
): ReadonlyArray<JsonObject> => (list ?? []).map(({ path, rate }) => ({ Path: path, Rate: Number(rate) }))

const blkio = (config: Service["blkio_config"]): Readonly<Record<string, Schema.Json | undefined>> => ({
  BlkioWeight: config?.weight,
  BlkioWeightDevice: (config?.weight_device ?? []).map(({ path, weight }) => ({ Path: path, Weight: weight })),
  BlkioDeviceReadBps: throttles(config?.device_read_bps),
  BlkioDeviceReadIOps: throttles(config?.device_read_iops),
  BlkioDeviceWriteBps: throttles(config?.device_write_bps),
  BlkioDeviceWriteIOps: throttles(config?.device_write_iops),
})

/** Keys whose value is absent or zero mean "the engine's default" and are left out. */
const present = (values: Readonly<Record<string, Schema.Json | undefined>>): JsonObject => {
  const kept: Record<string, Schema.Json> = {}
  for (const [key, value] of Object.entries(values))
    if (value !== undefined && value !== 0 && value !== "" && !(Array.isArray(value) && value.length === 0))
      kept[key] = value
  return kept
}

export const resources = (model: Service): JsonObject => {
  const limits = model.deploy?.resources.limits
  const reservations = model.deploy?.resources.reservations
  return {
    OomKillDisable: model.oom_kill_disable ?? false,
    ...present({
      CgroupParent: model.cgroup_parent,
      Memory: byteCount(limits?.memory) || byteCount(model.mem_limit),
      MemorySwap: byteCount(model.memswap_limit),
      MemorySwappiness: byteCount(model.mem_swappiness),
      MemoryReservation: byteCount(reservations?.memory) || byteCount(model.mem_reservation),
      CpuPeriod: model.cpu_period,
      CpuQuota: model.cpu_quota,
      CpuRealtimePeriod: model.cpu_rt_period,
      CpuRealtimeRuntime: model.cpu_rt_runtime,
      CpuShares: model.cpu_shares,
      NanoCpus: nanoCpus(limits?.cpus) || nanoCpus(model.cpus),
      CpusetCpus: model.cpuset,
      PidsLimit: (limits?.pids ?? 0) > 0 ? limits?.pids : model.pids_limit,
      DeviceCgroupRules: model.device_cgroup_rules,
      Ulimits: ulimits(model),
      ...blkio(model.blkio_config),
      DeviceRequests: deviceRequests(model),
      Devices: (model.devices ?? [])
        .filter((device) => !isCdi(device))
        .map((device) => ({
          PathOnHost: device.source ?? "",
          PathInContainer: device.target ?? "",
          CgroupPermissions: device.permissions ?? "",
        })),
    }),
  }
}

const policies: Readonly<Record<string, string>> = { none: "no", any: "always" }

/** `restart: on-failure:3`, or `deploy.restart_policy`. */
export const restartPolicy = (model: Service): JsonObject => {
  const policy = model.deploy?.restart_policy
  const [condition = "", attempts = "0"] =
    policy === undefined ? (model.restart ?? "").split(":") : [policy.condition ?? "", String(policy.max_attempts ?? 0)]
  return { Name: policies[condition] ?? condition, MaximumRetryCount: Number(attempts) }
}
