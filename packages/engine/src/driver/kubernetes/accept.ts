/**
 * What of a stack this driver deploys. Everything else is refused by name, each with its place: nothing is dropped silently.
 * Keys that describe what Kubernetes does anyway (the default network, empty `deploy` parts) pass.
 */
import type { ModelPath, Service, Stack } from "../../model/index.ts"
import { type Diagnostic, Unsupported } from "../../model/errors/index.ts"
import type { UpOptions } from "../Request.ts"
import { parseSeconds } from "./duration.ts"

export const driverName = "kubernetes"

/** How each key that is not refused is done; a text tells what is left of it. */
export const handled: Readonly<Record<string, "native" | "emulated" | { readonly degraded: string }>> = {
  command: "native",
  entrypoint: "native",
  image: "native",
  environment: "native",
  configs: { degraded: "Use configs with `content` and absolute targets." },
  ports: { degraded: "Publish ports 30000-32767, on every node, or put an ingress in front." },
  expose: "native",
  depends_on: { degraded: "Use service_started or service_healthy; the order is kept when WindFlow deploys." },
  healthcheck: "emulated",
  deploy: { degraded: "Use `replicas`; the rest is refused." },
  scale: "native",
  restart: { degraded: "Use always or unless-stopped: a cluster always restarts." },
  networks: { degraded: "Use the default network: all Pods share one." },
  profiles: "native",
  pull_policy: { degraded: "Use always, missing or never." },
  stop_grace_period: "native",
  working_dir: "native",
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0)

const dnsLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const nodePorts = { first: 30000, last: 32767 }

/** Collects findings; a finding's place is that of the nearest node that has one. */
class Findings {
  readonly all: Array<Diagnostic> = []
  readonly stack: Stack
  constructor(stack: Stack) {
    this.stack = stack
  }
  add(path: ModelPath, message: string, remedy?: string): void {
    const place = this.stack.origin.locate(path)
    this.all.push({
      severity: "error",
      code: "unsupported",
      message,
      path: path
        .map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`))
        .join(""),
      ...(place === undefined ? {} : { place }),
      ...(remedy === undefined ? {} : { remedy }),
    })
  }
  /** Every key with a value that is not among the known ones. */
  only(path: ModelPath, value: object | null | undefined, known: ReadonlyArray<string>): void {
    for (const [key, item] of Object.entries(value ?? {}))
      if (!known.includes(key) && !isEmpty(item)) this.add([...path, key], `\`${key}\` is not supported`)
  }
}

const checkPorts = (found: Findings, path: ModelPath, service: Service): void => {
  for (const [index, port] of (service.ports ?? []).entries()) {
    const at = [...path, "ports", index]
    found.only(at, port, ["target", "published", "protocol", "mode", "name"])
    if (port.mode !== undefined && port.mode !== "ingress")
      found.add([...at, "mode"], `port mode \`${port.mode}\` is not supported`)
    const published = port.published === undefined ? undefined : Number(port.published)
    if (published !== undefined && !(published >= nodePorts.first && published <= nodePorts.last))
      found.add(
        [...at, "published"],
        `a cluster publishes ports ${nodePorts.first}-${nodePorts.last} only, not ${port.published}`,
        "Publish a port of that range, or use `expose` and put an ingress in front.",
      )
  }
  for (const [index, port] of (service.expose ?? []).entries())
    if (!/^\d+(\/(tcp|udp))?$/.test(port)) found.add([...path, "expose", index], `\`${port}\` is not one port`)
}

const checkHealth = (found: Findings, path: ModelPath, service: Service): void => {
  const check = service.healthcheck
  if (check === undefined) return
  found.only([...path, "healthcheck"], check, ["test", "interval", "timeout", "retries", "start_period", "disable"])
  for (const key of ["interval", "timeout"] as const) {
    const value = check[key]
    if (value !== undefined && parseSeconds(value) === undefined)
      found.add([...path, "healthcheck", key], `\`${value}\` is not a duration`)
  }
}

const checkDeploy = (found: Findings, path: ModelPath, service: Service): void => {
  const at = [...path, "deploy"]
  found.only(at, service.deploy, ["replicas", "resources", "placement"])
  for (const part of ["resources", "placement"] as const) found.only([...at, part], service.deploy?.[part], [])
}

const checkService = (found: Findings, stack: Stack, name: string, service: Service): void => {
  const path = ["services", name]
  if (!dnsLabel.test(name) || name.length > 63)
    found.add(path, `a service name is a DNS name in a cluster; \`${name}\` is not one`, "Use a-z, 0-9 and -.")
  found.only(path, service, Object.keys(handled))
  if (service.image === undefined)
    found.add(
      path,
      "a service without `image` cannot be deployed to a cluster",
      "Build and push it, and name the image.",
    )
  if (service.restart !== undefined && service.restart !== "always" && service.restart !== "unless-stopped")
    found.add([...path, "restart"], `restart policy \`${service.restart}\` is not supported: a cluster always restarts`)
  if (
    service.pull_policy !== undefined &&
    !["always", "missing", "if_not_present", "never"].includes(service.pull_policy)
  )
    found.add([...path, "pull_policy"], `pull policy \`${service.pull_policy}\` is not supported`)
  if (service.stop_grace_period !== undefined && parseSeconds(service.stop_grace_period) === undefined)
    found.add([...path, "stop_grace_period"], `\`${service.stop_grace_period}\` is not a duration`)
  for (const [network, options] of Object.entries(service.networks ?? {}))
    if (network !== "default" || !isEmpty(options))
      found.add([...path, "networks", network], "networks of a stack are not supported: all Pods share one")
  for (const [dependency, gate] of Object.entries(service.depends_on ?? {})) {
    const at = [...path, "depends_on", dependency]
    if (gate.condition === "service_completed_successfully")
      found.add([...at, "condition"], "`service_completed_successfully` is not supported: it needs a Job")
    if (gate.restart === true) found.add([...at, "restart"], "`restart` is not supported")
  }
  for (const [index, reference] of (service.configs ?? []).entries()) {
    const at = [...path, "configs", index]
    found.only(at, reference, ["source", "target"])
    if (reference.target !== undefined && !reference.target.startsWith("/"))
      found.add([...at, "target"], `\`${reference.target}\` is not an absolute path`)
  }
  for (const variable of Object.keys(stack.secretReferences[name] ?? {}))
    found.add([...path, "environment", variable], "secrets are not supported")
  checkPorts(found, path, service)
  checkHealth(found, path, service)
  checkDeploy(found, path, service)
}

/** The refusal, with all findings at once, or undefined. */
export const refuse = (stack: Stack, options: UpOptions): Unsupported | undefined => {
  const found = new Findings(stack)
  const { model } = stack
  if (stack.name.length > 63) found.add(["name"], "a project name is a label value: 63 characters at most")
  for (const [name, service] of Object.entries(model.services)) checkService(found, stack, name, service)
  for (const [name, network] of Object.entries(model.networks ?? {}))
    if (name === "default") found.only(["networks", name], network, ["name", "ipam"])
    else found.add(["networks", name], "networks of a stack are not supported: all Pods share one")
  for (const name of Object.keys(model.volumes ?? {})) found.add(["volumes", name], "volumes are not supported")
  for (const name of Object.keys(model.secrets ?? {})) found.add(["secrets", name], "secrets are not supported")
  for (const name of Object.keys(model.models ?? {})) found.add(["models", name], "models are not supported")
  for (const [name, config] of Object.entries(model.configs ?? {})) {
    found.only(["configs", name], config, ["name", "content"])
    if (config.content === undefined) found.add(["configs", name], "only configs with `content` are supported")
  }
  if (options.recreateDependencies === true) found.add([], "`--always-recreate-deps` is not supported")
  if (options.recreate !== "diverged") found.add([], `recreate \`${options.recreate}\` is not supported`)
  if (options.until === "created") found.add([], "creating without starting is not supported")
  if (options.build === "always") found.add([], "building is not supported")
  // These would be written into the Deployment: the same stack would then mean two things.
  if (options.pull !== "policy") found.add([], `pull \`${options.pull}\` is not supported`, "Set `pull_policy`.")
  if (options.stopTimeout !== undefined)
    found.add([], "a stop timeout for one run is not supported", "Set `stop_grace_period`.")
  const [first, ...rest] = found.all
  return first === undefined ? undefined : new Unsupported({ driver: driverName, diagnostics: [first, ...rest] })
}
