/** A request as a desired state. Nothing has to be pulled or built here: nodes pull, and a digest pins an image. Pure. */
import { Result } from "effect"
import { ComposeInvalid, Unsupported, type WindFlowError } from "../../model/errors/index.ts"
import type { Stack } from "../../model/index.ts"
import type { LifecycleRequest, Request, UpOptions } from "../Request.ts"
import { driverName, refuse } from "./accept.ts"
import { configObject, serviceObjects } from "./convert.ts"
import type { Desired } from "./state.ts"

const dependenciesOf = (stack: Stack, name: string): ReadonlyArray<string> =>
  Object.keys(stack.model.services[name]?.depends_on ?? {}).filter((other) => other in stack.model.services)

/** The services asked for, each after those it depends on. */
const chosen = (stack: Stack, options: UpOptions): ReadonlyArray<string> => {
  const order: Array<string> = []
  const seen = new Set<string>()
  const visit = (name: string, follow: boolean): void => {
    if (seen.has(name)) return
    seen.add(name)
    if (follow) for (const dependency of dependenciesOf(stack, name)) visit(dependency, follow)
    order.push(name)
  }
  const wanted = options.services ?? Object.keys(stack.model.services)
  if (options.noDeps) {
    // Still in dependency order: walk everything, keep what was asked for.
    for (const name of wanted) visit(name, true)
    return order.filter((name) => wanted.includes(name))
  }
  for (const name of wanted) visit(name, true)
  return order
}

const up = (stack: Stack, options: UpOptions): Result.Result<Desired, WindFlowError> => {
  const refusal = refuse(stack, options)
  if (refusal !== undefined) return Result.fail(refusal)
  const unknown = (options.services ?? []).find((name) => !(name in stack.model.services))
  if (unknown !== undefined)
    return Result.fail(
      new ComposeInvalid({
        diagnostics: [{ severity: "error", code: "unknown-service", message: `no service ${unknown}` }],
      }),
    )
  const names = chosen(stack, options)
  const services = names.map((name) => ({
    name,
    dependsOn: dependenciesOf(stack, name)
      .filter((other) => names.includes(other))
      .map((other) => ({
        service: other,
        healthy: stack.model.services[name]?.depends_on?.[other]?.condition === "service_healthy",
      })),
  }))
  const configs = new Set(
    names.flatMap((name) => (stack.model.services[name]?.configs ?? []).flatMap((reference) => reference.source ?? [])),
  )
  return Result.succeed({
    format: 1,
    project: stack.name,
    intent: "up",
    services,
    objects: [
      ...[...configs].sort().map((config) => configObject(stack, config)),
      ...names.flatMap((name) => serviceObjects(stack, name, options)),
    ],
    spared: [...stack.disabled, ...Object.keys(stack.model.services).filter((name) => !names.includes(name))],
    removeOrphans: options.removeOrphans,
    until: options.until === "healthy" ? "healthy" : "started",
    waitTimeout: options.waitTimeout,
    nodePorts: names.flatMap((name) =>
      (stack.model.services[name]?.ports ?? []).flatMap((port) =>
        port.published === undefined || port.protocol === "udp" ? [] : [Number(port.published)],
      ),
    ),
    warnings: [],
  })
}

const down = (project: string): Desired => ({
  format: 1,
  project,
  intent: "down",
  services: [],
  objects: [],
  spared: [],
  removeOrphans: true,
  until: "healthy",
  waitTimeout: 300,
  nodePorts: [],
  warnings: [],
})

const alternatives: Readonly<Record<LifecycleRequest["_tag"], string>> = {
  Stop: "A Deployment has no stopped state: scale it to 0 with `up --scale SERVICE=0`.",
  Start: "Scale it up with `up --scale SERVICE=N`.",
  Restart: "Use kubectl rollout restart.",
  Kill: "Use kubectl delete pod; its Deployment makes another one.",
  Remove: "Use `down`: Pods are removed with their Deployment.",
}

/** Pods are made and removed by their controllers: verbs about single containers have no meaning here. */
const refused = (verb: string, remedy: string) =>
  new Unsupported({
    driver: driverName,
    diagnostics: [{ severity: "error", code: "unsupported", message: `\`${verb}\` is not supported`, remedy }],
  })

export const prepare = (request: Request): Result.Result<Desired, WindFlowError> => {
  if (request._tag === "Down")
    return request.options.images === undefined
      ? Result.succeed(down(request.project))
      : Result.fail(refused("down --rmi", "Nodes remove images by themselves."))
  if (request._tag !== "Up") return Result.fail(refused(request._tag.toLowerCase(), alternatives[request._tag]))
  // Asked before a `run`: nothing is deployed for what cannot follow.
  return request.options.onlyDependencies === true
    ? Result.fail(refused("run", "Use kubectl run."))
    : up(request.stack, request.options)
}
