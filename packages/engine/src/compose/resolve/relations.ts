/** Checks that span parts of a file: references to what must exist, keys that exclude each other, cycles. */
import type { FileObject, Service, StackModel } from "../../model/StackModel.ts"
import type { Code, Findings } from "../Findings.ts"
import { nearest } from "../text/nearest.ts"
import { formatPath, type Node, type Path } from "../tree/Node.ts"

export interface Relations {
  readonly model: StackModel
  /** Services that no active profile names. */
  readonly disabled: Readonly<Record<string, Service>>
  /** The node of a path, or of its nearest ancestor. */
  readonly find: (path: Path) => Node | undefined
  /** Parts (`services/web`) in which something was already found: what they lack may have been taken out. */
  readonly tainted: ReadonlySet<string>
  readonly findings: Findings
}

type Say = (code: Code, path: Path, message: string, remedy: string, expected?: string) => void

export const checkRelations = (given: Relations): void => {
  const relations = { ...given, model: withTaken(given) }
  const { model, findings, find } = relations
  const say: Say = (code, path, message, remedy, expected) =>
    findings.error(code, find(path), path, {
      message: `${formatPath(path)}: ${message}`,
      remedy,
      ...(expected === undefined ? {} : { expected }),
    })
  for (const [name, service] of Object.entries(model.services)) {
    checkBuild(name, service, relations, say)
    checkNetworks(name, service, relations, say)
    checkReferences(name, service, relations, say)
    checkNumbers(name, service, say)
    checkMounts(name, service, say)
  }
  for (const [name, secret] of Object.entries(model.secrets ?? {}))
    if (secret.external !== true && secret.file === undefined && secret.environment === undefined)
      say(
        "missing-key",
        ["secrets", name],
        "nothing says where its content comes from",
        "Add file, environment or external: true.",
        "file or environment",
      )
  checkContainerNames(model, say)
  checkCycles(relations, say)
}

/** What was taken out because it is wrong itself still counts as defined. */
const withTaken = ({ model, tainted }: Relations): StackModel => {
  const taken = (section: string) =>
    [...tainted].flatMap((part) => (part.startsWith(`${section}/`) ? [part.slice(section.length + 1)] : []))
  const named = <A>(section: string, known: Readonly<Record<string, A>> | undefined, empty: A) =>
    Object.fromEntries([...taken(section).map((name) => [name, empty] as const), ...Object.entries(known ?? {})])
  if (tainted.size === 0) return model
  const external: FileObject = { external: true }
  return {
    ...model,
    networks: named("networks", model.networks, { name: "", ipam: {} }),
    volumes: named("volumes", model.volumes, { name: "" }),
    secrets: named("secrets", model.secrets, external),
    configs: named("configs", model.configs, external),
    models: named("models", model.models, {}),
  }
}

const checkBuild = (name: string, service: Service, { model, disabled, tainted }: Relations, say: Say): void => {
  const path = ["services", name]
  const { build } = service
  if (build === undefined) {
    if (service.image === undefined && service.provider === undefined && !tainted.has(`services/${name}`))
      say(
        "missing-key",
        path,
        "it has neither image nor build",
        "Add image: NAME, or build: DIRECTORY.",
        "image or build",
      )
    return
  }
  if (build.dockerfile !== undefined && build.dockerfile_inline !== undefined)
    say("conflict", [...path, "build"], "dockerfile and dockerfile_inline exclude each other", "Keep one of them.")
  for (const [context, from] of Object.entries(build.additional_contexts ?? {})) {
    if (!from.startsWith("service:")) continue
    const other = from.slice("service:".length)
    const here = [...path, "build", "additional_contexts", context]
    if (!Object.hasOwn(model.services, other)) undefinedName(here, "service", other, model.services, disabled, say)
    else if (model.services[other]!.build === undefined)
      say("reference", here, `service ${other} is not built`, "Name a service that has a build section.")
  }
  const platforms = build.platforms ?? []
  if (platforms.length > 0 && service.platform !== undefined && !platforms.includes(service.platform))
    say(
      "conflict",
      [...path, "build", "platforms"],
      `platform ${service.platform} is not among them`,
      `Add ${service.platform} to build.platforms.`,
    )
}

const checkNetworks = (name: string, service: Service, { model }: Relations, say: Say): void => {
  const path = ["services", name, "networks"]
  const networks = Object.keys(service.networks ?? {})
  if (service.network_mode !== undefined && networks.length > 0)
    say(
      "conflict",
      ["services", name, "network_mode"],
      "network_mode and networks exclude each other",
      "Keep one of them.",
    )
  for (const network of networks) mustExist([...path, network], "network", network, model.networks, say)
  const shared = service.network_mode?.startsWith("service:") === true ? service.network_mode.slice(8) : undefined
  if (shared !== undefined && !Object.hasOwn(model.services, shared))
    undefinedName(["services", name, "network_mode"], "service", shared, model.services, {}, say)
}

const checkReferences = (name: string, service: Service, { model, disabled }: Relations, say: Say): void => {
  const path = ["services", name]
  for (const [dependency, { required }] of Object.entries(service.depends_on ?? {})) {
    if (Object.hasOwn(model.services, dependency)) continue
    if (Object.hasOwn(disabled, dependency) && !required) continue
    undefinedName([...path, "depends_on", dependency], "service", dependency, model.services, disabled, say)
  }
  service.volumes?.forEach((mount, i) => {
    if (mount.type === "volume" && mount.source !== undefined)
      mustExist([...path, "volumes", i], "volume", mount.source, model.volumes, say)
  })
  const grants = (section: "configs" | "secrets") =>
    service[section]?.forEach((grant, i) =>
      mustExist([...path, section, i], section.slice(0, -1), grant.source ?? "", model[section], say),
    )
  grants("configs")
  grants("secrets")
  service.build?.secrets?.forEach((grant, i) =>
    mustExist([...path, "build", "secrets", i], "secret", grant.source ?? "", model.secrets, say),
  )
  for (const used of Object.keys(service.models ?? {}))
    mustExist([...path, "models", used], "model", used, model.models, say)
}

const mustExist = (
  path: Path,
  kind: string,
  name: string,
  known: Readonly<Record<string, unknown>> | undefined,
  say: Say,
): void => {
  if (!Object.hasOwn(known ?? {}, name)) undefinedName(path, kind, name, known ?? {}, {}, say)
}

const undefinedName = (
  path: Path,
  kind: string,
  name: string,
  known: Readonly<Record<string, unknown>>,
  disabled: Readonly<Record<string, Service>>,
  say: Say,
): void => {
  const profiles = Object.hasOwn(disabled, name) ? disabled[name]!.profiles : undefined
  if (profiles !== undefined) {
    say(
      "reference",
      path,
      `service ${name} is disabled by its profiles`,
      `Enable it with --profile ${profiles.join(" or --profile ")}, or set required: false.`,
    )
    return
  }
  const near = nearest(name, Object.keys(known))
  say(
    "reference",
    path,
    `${kind} ${name} is not defined`,
    near === undefined ? `Define ${name} under ${kind}s.` : `Did you mean ${near}?`,
    `a ${kind} of this file`,
  )
}

const checkLimits = (service: Service, path: ReadonlyArray<string>, say: Say): void => {
  const { limits, reservations } = service.deploy?.resources ?? {}
  for (const [key, own, place, section, other] of [
    ["cpus", service.cpus, "limits.cpus", limits, limits?.cpus],
    ["mem_limit", service.mem_limit, "limits.memory", limits, limits?.memory],
    ["mem_reservation", service.mem_reservation, "reservations.memory", reservations, reservations?.memory],
    ["pids_limit", service.pids_limit, "limits.pids", limits, limits?.pids],
  ] as const)
    if (own !== undefined && section !== undefined && own !== other)
      say("conflict", [...path, key], `${key} and deploy.resources.${place} differ`, "Keep one of them.")
}

const checkNumbers = (name: string, service: Service, say: Say): void => {
  const path = ["services", name]
  const { deploy, scale } = service
  if (scale !== undefined && deploy?.replicas !== undefined && scale !== deploy.replicas)
    say("conflict", [...path, "scale"], "scale and deploy.replicas differ", "Keep one of them.")
  if (scale !== undefined && scale < 0)
    say("value", [...path, "scale"], "it is negative", "Write 0 or more.", "0 or more")
  if ((deploy?.replicas ?? 0) < 0)
    say("value", [...path, "deploy", "replicas"], "it is negative", "Write 0 or more.", "0 or more")
  const limits = deploy?.resources.limits
  const reservations = deploy?.resources.reservations
  if (limits !== undefined || reservations !== undefined) checkLimits(service, path, say)
  const replicas = scale ?? deploy?.replicas ?? 1
  if (replicas > 1 && service.container_name !== undefined)
    say(
      "conflict",
      [...path, "container_name"],
      `${replicas} containers cannot share one container_name`,
      "Remove container_name, or run one container.",
    )
  service.develop?.watch?.forEach((trigger, i) => {
    if (trigger.target !== undefined || trigger.action === "rebuild" || trigger.action === "restart") return
    say(
      "missing-key",
      [...path, "develop", "watch", i],
      `action ${trigger.action} needs a target`,
      "Add target: the path inside the container.",
      "target",
    )
  })
  const test = service.healthcheck?.test?.[0]
  if (test !== undefined && !["CMD", "CMD-SHELL", "NONE"].includes(test))
    say(
      "value",
      [...path, "healthcheck", "test"],
      `a list must begin with CMD, CMD-SHELL or NONE, not ${test}`,
      'Write ["CMD", …], or the command as one text.',
      "CMD, CMD-SHELL or NONE",
    )
}

const checkMounts = (name: string, service: Service, say: Say): void => {
  const targets = new Set<string>()
  const mount = (path: Path, target: string) => {
    if (targets.has(target))
      say("conflict", path, `something is already mounted at ${target}`, "Choose another target.")
    targets.add(target)
  }
  service.tmpfs?.forEach((tmpfs, i) => mount(["services", name, "tmpfs", i], tmpfs.split(":")[0]!))
  service.volumes?.forEach((volume, i) => mount(["services", name, "volumes", i], volume.target ?? ""))
}

const checkContainerNames = (model: StackModel, say: Say): void => {
  const owners = new Map<string, string>()
  for (const [name, service] of Object.entries(model.services)) {
    if (service.container_name === undefined) continue
    const owner = owners.get(service.container_name)
    if (owner === undefined) owners.set(service.container_name, name)
    else
      say(
        "conflict",
        ["services", name, "container_name"],
        `${service.container_name} is already the name of ${owner}'s container`,
        "Choose another name.",
      )
  }
}

/** Depth first, each service once; one finding a cycle. */
const checkCycles = ({ model }: Relations, say: Say): void => {
  const done = new Set<string>()
  const trail: string[] = []
  const onTrail = new Set<string>()
  // A stack of its own: a chain of dependencies may be longer than the call stack.
  for (const start of Object.keys(model.services).toSorted()) {
    if (done.has(start)) continue
    const work: Array<{ name: string; rest: string[] }> = []
    const enter = (name: string) => {
      trail.push(name)
      onTrail.add(name)
      const depends = model.services[name]?.depends_on ?? {}
      work.push({
        name,
        rest: Object.keys(depends)
          .filter((d) => Object.hasOwn(model.services, d))
          .toSorted(),
      })
    }
    enter(start)
    for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
      const next = top.rest.shift()
      if (next === undefined) {
        work.pop()
        trail.pop()
        onTrail.delete(top.name)
        done.add(top.name)
      } else if (onTrail.has(next)) {
        const cycle = [...trail.slice(trail.indexOf(next)), next]
        say(
          "cycle",
          ["services", top.name, "depends_on", next],
          `services depend on each other in a circle: ${cycle.join(" → ")}`,
          "Remove one of these dependencies.",
        )
      } else if (!done.has(next)) enter(next)
    }
  }
}
