/** Looks a stack through the support table: what is refused, by name and place, and what has no effect here. Pure. */
import type { Diagnostic } from "../../model/errors/union.ts"
import { formatPlace } from "../../model/Place.ts"
import type { ModelPath, Stack } from "../../model/Stack.ts"
import type { Mount, Service } from "../../model/StackModel.ts"
import { bindFate } from "./carried.ts"
import { parseCache, serviceContext } from "./buildRequest.ts"
import { readPullPolicy } from "./imagePolicy.ts"
import { networksInOrder } from "./createBody.ts"
import { isUploaded } from "./mounts.ts"
import * as tables from "./support.ts"
import { excludesStartFirst } from "./updatePolicy.ts"

type Scale = Readonly<Record<string, number>>
type Table = Readonly<Record<string, tables.Support>>

export interface Verdict {
  readonly refused: ReadonlyArray<Diagnostic>
  readonly warnings: ReadonlyArray<string>
}

/** Absent, empty, false: the loader writes some keys always. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === "" ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === "object" && Object.values(value).every(isEmpty))

const shownPath = (path: ModelPath) =>
  path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("")

class Inspection {
  readonly refused: Array<Diagnostic> = []
  readonly warnings: Array<string> = []
  readonly #stack: Stack
  readonly #localFiles: boolean
  readonly #scale: Scale

  constructor(stack: Stack, localFiles: boolean, scale: Scale) {
    this.#stack = stack
    this.#localFiles = localFiles
    this.#scale = scale
  }

  refuse(path: ModelPath, message: string, remedy: string): void {
    const place = this.#stack.origin.locate(path)
    this.refused.push({
      severity: "error",
      code: "unsupported",
      message: `${shownPath(path)}: ${message}`,
      remedy,
      path: shownPath(path),
      ...(place === undefined ? {} : { place }),
    })
  }

  ignored(path: ModelPath, why: string): void {
    const place = this.#stack.origin.locate(path)
    const where = place === undefined ? "" : `${formatPlace(place)} `
    this.warnings.push(`${where}${shownPath(path)} ${why}.`)
  }

  /** `value` is a struct of the model: its keys are looked up, `x-` extensions are nobody's business. */
  keys(table: Table, value: object, path: ModelPath): void {
    for (const [key, item] of Object.entries(value)) {
      const support = table[key] ?? { refused: "Remove it; this driver does not know it." }
      if (support === "native" || key.startsWith("x-") || isEmpty(item)) continue
      const at = [...path, key]
      if (support === "ignored") this.ignored(at, "has no effect on a single engine")
      else this.refuse(at, "the compose driver cannot do this", support.refused)
    }
  }

  /** A replacement can only run beside its predecessor where they do not need the same thing. */
  updates(service: Service, path: ModelPath): void {
    for (const key of ["update_config", "rollback_config"] as const) {
      const config = service.deploy?.[key]
      if (config === undefined) continue
      const { order = "", failure_action: action = "" } = config
      if (key === "rollback_config") this.keys(tables.rollbackSupport, config, [...path, key])
      if (!["", "start-first", "stop-first"].includes(order))
        this.refuse([...path, key, "order"], `there is no order ${order}`, "Use start-first or stop-first.")
      if (!["", "pause", "continue", "rollback"].includes(action))
        this.refuse(
          [...path, key, "failure_action"],
          `there is no action ${action}`,
          "Use rollback, pause or continue.",
        )
      const why = excludesStartFirst(service)
      if (order === "start-first" && why !== undefined)
        this.refuse(
          [...path, key, "order"],
          `start-first needs the old and the new container at once, but ${why}`,
          "Use order stop-first: the old container is kept, stopped, until the new one is healthy.",
        )
    }
  }

  service(name: string, service: Service): void {
    const path = ["services", name]
    this.keys(tables.serviceSupport, service, path)
    if (service.build !== undefined) this.build(service.build, [...path, "build"])
    if (service.deploy !== undefined) {
      this.keys(tables.deploySupport, service.deploy, [...path, "deploy"])
      this.updates(service, [...path, "deploy"])
      if (!["", "replicated"].includes(service.deploy.mode ?? ""))
        this.ignored([...path, "deploy", "mode"], "has no effect on a single engine")
      for (const key of ["cpus", "generic_resources"] as const)
        if (!isEmpty(service.deploy.resources.reservations?.[key]))
          this.ignored([...path, "deploy", "resources", "reservations", key], "has no effect on a single engine")
    }
    for (const [key, network] of Object.entries(service.networks ?? {}))
      if (network !== null) this.keys(tables.attachmentSupport, network, [...path, "networks", key])
    for (const [index, mount] of (service.volumes ?? []).entries()) {
      this.keys(tables.mountSupport, mount, [...path, "volumes", index])
      if (!["bind", "volume", "tmpfs", "image"].includes(mount.type))
        this.refuse(
          [...path, "volumes", index, "type"],
          `an engine of Linux containers has no mounts of type ${mount.type}`,
          "Use bind, volume, tmpfs or image.",
        )
      if (mount.type === "bind") this.local([...path, "volumes", index], mount)
    }
    for (const kind of ["configs", "secrets"] as const) this.grants(service, kind, path)
    for (const [index, hook] of (service.pre_start ?? []).entries())
      if (hook.per_replica === true)
        this.refuse(
          [...path, "pre_start", index, "per_replica"],
          "a hook runs once for the service, not for each container",
          "Remove it, as for Compose.",
        )
    for (const key of ["uts", "cgroup"] as const)
      if (/^(service|container):/.test(service[key] ?? ""))
        this.refuse([...path, key], "an engine does not share this namespace between containers", "Use host.")
    if (readPullPolicy(service.pull_policy) === undefined)
      this.refuse(
        [...path, "pull_policy"],
        `policy ${service.pull_policy} is none`,
        "Use always, missing, never, build, daily, weekly or every_<duration>, for instance every_12h.",
      )
    const [primary] = networksInOrder(service)
    const mac = primary === undefined ? undefined : service.networks?.[primary]?.mac_address
    if ((service.mac_address ?? "") !== "" && mac !== undefined && mac !== service.mac_address)
      this.refuse(
        [...path, "mac_address"],
        `it is ${service.mac_address} here and ${mac} on network ${primary}`,
        "Name it once, on the network.",
      )
    const scale = this.#scale[name] ?? service.scale ?? service.deploy?.replicas ?? 1
    if (service.container_name !== undefined && scale > 1)
      this.refuse(
        [...path, "container_name"],
        `${scale} containers cannot have one name`,
        "Remove container_name or scale to 1.",
      )
  }

  /** Files that are mounted keep their owner and mode; what is uploaded gets them, into a file system that can be written. */
  grants(service: Service, kind: "configs" | "secrets", path: ModelPath): void {
    for (const [index, grant] of (service[kind] ?? []).entries()) {
      const at = [...path, kind, index]
      const object = this.#stack.model[kind]?.[grant.source ?? ""]
      if (!isUploaded(object)) {
        for (const key of ["uid", "gid", "mode"] as const)
          if (grant[key] !== undefined) this.ignored([...at, key], "has no effect on a file, which is mounted as it is")
        continue
      }
      if (service.read_only === true)
        this.refuse(at, "a file cannot be put into a read-only container", "Use `file`, or remove read_only.")
      for (const key of ["uid", "gid"] as const)
        if (!/^\d*$/.test(grant[key] ?? ""))
          this.refuse([...at, key], `${grant[key]} is no number`, "Use the number: names are known in the image only.")
    }
  }

  build(build: NonNullable<Service["build"]>, path: ModelPath): void {
    this.keys(tables.buildSupport, build, path)
    if (!["", "default", "host", "none"].includes(build.network ?? ""))
      this.refuse([...path, "network"], `builds know no network ${build.network}`, "Use default, host or none.")
    const caches = (key: "cache_from" | "cache_to", known: ReadonlyArray<string>) => {
      for (const [index, text] of (build[key] ?? []).entries()) {
        const { type } = parseCache(text)
        if (!known.includes(type))
          this.refuse(
            [...path, key, index],
            `caches of type ${type === "" ? "unknown" : type} are not there`,
            `Use ${known.map((name) => `type=${name}`).join(" or ")}.`,
          )
      }
    }
    caches("cache_from", ["registry"])
    caches("cache_to", ["inline", "registry"])
    for (const [key, value] of Object.entries(build.additional_contexts ?? {})) {
      const at = [...path, "additional_contexts", key]
      if (value.startsWith("oci-layout://"))
        this.refuse(at, "OCI layouts are not there", "Load the image and name it with docker-image://.")
      if (value.startsWith(serviceContext) && build.pull === true)
        this.refuse(
          at,
          "with pull: true the engine looks for it in a registry",
          "Remove pull, or put it into the build of that service.",
        )
    }
    for (const [index, { source = "" }] of (build.secrets ?? []).entries())
      if (this.#stack.model.secrets?.[source]?.external === true)
        this.refuse(
          [...path, "secrets", index],
          `secret ${source} is external: its value is not known here`,
          "Declare it with file or environment.",
        )
  }

  /** A path of this machine is carried to an engine on another one, read-only. Compose would mount an empty folder. */
  local(path: ModelPath, mount: typeof Mount.Type): void {
    const wish = mount["x-windflow"]
    if (wish !== undefined && wish !== "sync")
      this.refuse(
        [...path, "x-windflow"],
        `${JSON.stringify(wish)} is no way to bring files to a target`,
        "Write `sync`.",
      )
    if (this.#localFiles || bindFate(this.#stack, mount) !== "refused") return
    this.refuse(
      path,
      `${mount.source ?? ""} lies on this machine, the engine on another, and the service may write to it`,
      "Add `read_only: true` (`:ro`) or `x-windflow: sync` when the service only reads it; use a named volume for what it writes.",
    )
  }

  stack(): void {
    const { model } = this.#stack
    for (const [name, service] of Object.entries(model.services)) this.service(name, service)
    for (const [key, network] of Object.entries(model.networks ?? {}))
      this.keys(tables.networkSupport, network, ["networks", key])
    for (const [key, volume] of Object.entries(model.volumes ?? {}))
      this.keys(tables.volumeSupport, volume, ["volumes", key])
    for (const kind of ["configs", "secrets"] as const)
      for (const [key, object] of Object.entries(model[kind] ?? {})) {
        this.keys(tables.fileObjectSupport, object, [kind, key])
      }
    if (!isEmpty(model.models))
      this.refuse(
        ["models"],
        "Docker Model Runner is no part of an engine",
        "Run the model as a service, or remove it.",
      )
  }
}

/**
 * @param localFiles - The engine sees the file system of this machine.
 * @param scale - What the caller wants over the file.
 */
export const inspectStack = (stack: Stack, localFiles: boolean, scale: Scale = {}): Verdict => {
  const inspection = new Inspection(stack, localFiles, scale)
  inspection.stack()
  return { refused: inspection.refused, warnings: inspection.warnings }
}

/** Only what the builds of these services ask for. */
export const inspectBuilds = (stack: Stack, names: ReadonlyArray<string>): ReadonlyArray<Diagnostic> => {
  const inspection = new Inspection(stack, true, {})
  for (const name of names) {
    const { build } = stack.model.services[name] ?? {}
    if (build !== undefined) inspection.build(build, ["services", name, "build"])
  }
  return inspection.refused
}
