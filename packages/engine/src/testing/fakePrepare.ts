/** From a request to what the fake driver wants: images are names, nothing is pulled. */
import type { Request } from "../driver/Request.ts"
import type { Service } from "../model/StackModel.ts"
import { digestJson } from "../plan/digest.ts"
import type { FakeDesired, FakeService } from "./fakePlan.ts"

const gates = {
  service_started: "started",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
} as const

/** Dependencies first; a cycle is cut where it closes (the loader refuses cycles). */
const ordered = (services: Readonly<Record<string, Service>>): ReadonlyArray<string> => {
  const done = new Set<string>()
  const visit = (name: string) => {
    if (done.has(name) || services[name] === undefined) return
    done.add(name)
    for (const dependency of Object.keys(services[name].depends_on ?? {})) visit(dependency)
    order.push(name)
  }
  const order: Array<string> = []
  for (const name of Object.keys(services).sort()) visit(name)
  return order
}

const withDependencies = (services: Readonly<Record<string, Service>>, wanted: ReadonlyArray<string>) => {
  const all = new Set<string>()
  const visit = (name: string) => {
    if (all.has(name)) return
    all.add(name)
    for (const dependency of Object.keys(services[name]?.depends_on ?? {})) visit(dependency)
  }
  for (const name of wanted) visit(name)
  return all
}

/** Everything that makes another container of it. */
const hashOf = (service: Service, image: string): string => {
  const { depends_on: _, scale: __, deploy: ___, ...rest } = service
  // A decoded model is JSON; `digestJson` wants it without optional keys that are undefined.
  return digestJson(JSON.parse(JSON.stringify({ ...rest, image })))
}

const nothing: Omit<FakeDesired, "project"> = {
  down: false,
  removeOrphans: false,
  disabled: [],
  networks: [],
  volumes: [],
  removeVolumes: false,
  untilHealthy: false,
  recreate: "diverged",
  services: [],
}

export const prepareFake = (request: Request): FakeDesired => {
  if (request._tag === "Down")
    return {
      ...nothing,
      project: request.project,
      down: true,
      removeOrphans: request.options.removeOrphans,
      removeVolumes: request.options.volumes,
    }
  if (request._tag !== "Up") return { ...nothing, project: request.project, lifecycle: request }
  const { stack, options } = request
  const { services, networks, volumes } = stack.model
  const wanted = options.services ?? Object.keys(services)
  const all = options.noDeps ? new Set(wanted) : withDependencies(services, wanted)
  const chosen = options.onlyDependencies === true ? new Set([...all].filter((name) => !wanted.includes(name))) : all
  const awaited = new Set(
    Object.values(services).flatMap((service) =>
      Object.entries(service.depends_on ?? {}).flatMap(([name, { condition }]) =>
        condition === "service_completed_successfully" ? [name] : [],
      ),
    ),
  )
  const serviceOf = (name: string): ReadonlyArray<FakeService> => {
    const service = services[name]
    if (service === undefined || !chosen.has(name)) return []
    const image = options.pinnedImages[name] ?? service.image ?? `${stack.name}-${name}`
    return [
      {
        name,
        image,
        hash: hashOf(service, image),
        replicas: options.scale[name] ?? service.scale ?? service.deploy?.replicas ?? 1,
        healthcheck: service.healthcheck !== undefined && service.healthcheck.disable !== true,
        oneShot: awaited.has(name),
        after: Object.entries(service.depends_on ?? {})
          .filter(([dependency]) => chosen.has(dependency))
          .map(([dependency, { condition }]) => ({ service: dependency, gate: gates[condition] })),
      },
    ]
  }
  return {
    project: stack.name,
    down: false,
    removeOrphans: options.removeOrphans,
    disabled: [...stack.disabled, ...Object.keys(services).filter((name) => !chosen.has(name))],
    networks: Object.values(networks ?? {}).flatMap(({ name, external }) => (external === true ? [] : [name])),
    volumes: Object.values(volumes ?? {}).flatMap(({ name, external }) => (external === true ? [] : [name])),
    removeVolumes: false,
    untilHealthy: options.until === "healthy",
    recreate: options.recreate,
    services: ordered(services).flatMap(serviceOf),
  }
}
