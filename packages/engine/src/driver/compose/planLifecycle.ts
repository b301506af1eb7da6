/**
 * Plans of `stop`, `start`, `restart`, `kill` and `rm`: from labels alone, in the order of the dependencies that these tell. They
 * act on containers that are there; what is deployed stays the same. Pure.
 */
import { Result } from "effect"
import { NotDeployed, Usage } from "../../model/errors/union.ts"
import type { PlanDraft } from "../../plan/Plan.ts"
import type { Kill, LifecycleRequest, Remove, Restart, Start, Stop } from "../Request.ts"
import { Draft } from "./draft.ts"
import { closure, inOrder, type LabelGraph, labelGraph } from "./labelGraph.ts"
import { temporaryName } from "./names.ts"
import { type Observed, type ObservedContainer, type ObservedDependency, runs } from "./Observed.ts"
import { planPostStart, planPreStop } from "./planHooks.ts"
import { snapshotOf } from "./snapshot.ts"
import type { Action, WaitCondition } from "./verbs.ts"

interface Scene {
  readonly draft: Draft
  readonly graph: LabelGraph
  readonly chosen: ReadonlySet<string>
}

const resourceOf = ({ service, number }: ObservedContainer) => `service:${service}:${number}`

/** An operation on one container, in a group of its own; with the hooks that the container carries, which the file may lack. */
const act = (
  draft: Draft,
  container: ObservedContainer,
  step: "stop" | "start" | "restart" | "kill" | "remove",
  cause: string,
  action: Action,
  after: ReadonlyArray<string>,
  kind: "update" | "delete" = "update",
): string => {
  const { id, name, service } = container
  const resource = resourceOf(container)
  const prefix = `container:${id.slice(0, 12)}`
  const group = draft.group(`${kind}:${name}`, kind, resource, cause)
  const around = { service, resource, name, handle: { id }, group, cause }
  const needs = step === "stop" || step === "restart" ? planPreStop(draft, container, around, after) : after
  const operation = draft.add({ id: `${prefix}/${step}`, group, resource, cause, needs, action })
  const starts = step === "restart" || action.verb === "StartContainer"
  return starts ? planPostStart(draft, container.hooks, around, prefix, operation) : operation
}

const stopOne = (
  draft: Draft,
  { stopTimeout }: { readonly stopTimeout?: number },
  container: ObservedContainer,
  cause: string,
  needs: ReadonlyArray<string>,
  kind?: "delete",
) => {
  const { id, name } = container
  const action = { verb: "StopContainer", args: { id, name, seconds: stopTimeout ?? null } } as const
  return act(draft, container, "stop", cause, action, needs, kind)
}

const planStop = ({ draft, graph, chosen }: Scene, request: typeof Stop.Type): void =>
  inOrder(graph.services, graph.dependents, (service, earlier) =>
    chosen.has(service)
      ? graph
          .containers(service)
          .filter(runs)
          .map((container) => stopOne(draft, request, container, "stop", earlier))
      : [],
  )

const planRemove = ({ draft, graph, chosen }: Scene, request: typeof Remove.Type): void =>
  inOrder(graph.services, graph.dependents, (service, earlier) => {
    if (!chosen.has(service)) return []
    return graph.containers(service).flatMap((container) => {
      const { id, name } = container
      if (runs(container) && !request.stop) return []
      const stop = runs(container) ? stopOne(draft, {}, container, "rm", earlier, "delete") : undefined
      const args = { id, name, volumes: request.volumes, onlyStopped: true }
      const needs = stop === undefined ? [] : [stop]
      act(draft, container, "remove", "rm", { verb: "RemoveContainer", args }, needs, "delete")
      return stop ?? []
    })
  })

const planKill = ({ draft, graph, chosen }: Scene, { signal }: typeof Kill.Type): void => {
  for (const service of graph.services.filter((name) => chosen.has(name)))
    for (const container of graph.containers(service).filter(runs)) {
      const { id, name } = container
      act(draft, container, "kill", `kill ${signal}`, { verb: "KillContainer", args: { id, name, signal } }, [])
    }
}

const waitWords: Readonly<Record<WaitCondition, string>> = {
  healthy: "until healthy",
  completed: "until completed",
  settled: "until up",
}

const wait = (
  draft: Draft,
  container: ObservedContainer,
  condition: WaitCondition,
  seconds: number,
  needs: ReadonlyArray<string>,
): string => {
  const { id, name, service } = container
  const operation = `container:${id.slice(0, 12)}/wait-${condition}`
  if (draft.has(operation)) return operation
  const cause = waitWords[condition]
  return draft.add({
    id: operation,
    group: draft.group(`wait:${service}`, "wait", `service:${service}`, cause),
    resource: resourceOf(container),
    cause,
    needs,
    action: { verb: "Wait", args: { id, name, service, condition, seconds } },
  })
}

const gateOf: Readonly<Record<Exclude<ObservedDependency["condition"], "service_started">, WaitCondition>> = {
  service_healthy: "healthy",
  service_completed_successfully: "completed",
}

const reached = (container: ObservedContainer, condition: WaitCondition): boolean =>
  condition === "completed"
    ? container.state === "exited" && container.exitCode === 0
    : container.state === "running" &&
      (container.health === "healthy" || (condition === "settled" && container.health === "none"))

/** What must be reached before a dependent goes on; `changed` is the operation by container. */
const gates = (
  { draft, graph }: Scene,
  dependency: ObservedDependency,
  changed: ReadonlyMap<string, string>,
  seconds: number,
): ReadonlyArray<string> =>
  graph.containers(dependency.service).flatMap((container) => {
    const operation = changed.get(container.id)
    if (dependency.condition === "service_started") return operation ?? []
    const condition = gateOf[dependency.condition]
    if (operation === undefined && reached(container, condition)) return []
    return wait(draft, container, condition, seconds, operation === undefined ? [] : [operation])
  })

/** A replacement that a run has left half done is the next `up`'s business: both together could not run. */
const isReplacement = (container: ObservedContainer, graph: LabelGraph): boolean =>
  graph.containers(container.service).some((other) => container.name === temporaryName(other.id, other.name))

/** Some service waits until it has ended with 0. */
const completes = (graph: LabelGraph, service: string): boolean =>
  graph
    .dependents(service)
    .some((name) =>
      graph
        .dependencies(name)
        .some((one) => one.service === service && one.condition === "service_completed_successfully"),
    )

const planStart = (scene: Scene, request: typeof Start.Type): void => {
  const { draft, graph, chosen } = scene
  const names = (service: string) => graph.dependencies(service).map((one) => one.service)
  const scope = closure(chosen, names)
  const started = new Map<string, string>()
  const passed = new Map<string, ReadonlyArray<string>>()
  const stands = (container: ObservedContainer): boolean =>
    runs(container) && container.state !== "paused"
      ? true
      : container.state === "removing" ||
        isReplacement(container, graph) ||
        // As `up` sees it: done. Who names it wants it again.
        (completes(graph, container.service) &&
          reached(container, "completed") &&
          request.services?.includes(container.service) !== true)
  inOrder(scope, names, (service) => {
    const needs = graph
      .dependencies(service)
      .flatMap((dependency) => [
        ...gates(scene, dependency, started, request.waitTimeout),
        ...(passed.get(dependency.service) ?? []),
      ])
    const waiting = graph.containers(service).filter((container) => !stands(container))
    // Order holds through what is left alone.
    if (waiting.length === 0) passed.set(service, needs)
    return waiting.map((container) => {
      const { id, name, state } = container
      const action: Action =
        state === "paused"
          ? { verb: "UnpauseContainer", args: { id, name } }
          : { verb: "StartContainer", args: { id, name, service } }
      const operation = act(draft, container, "start", "start", action, needs)
      started.set(id, operation)
      return operation
    })
  })
  if (!request.wait) return
  const changes = draft.last()
  for (const service of scope)
    for (const container of graph.containers(service)) {
      const condition = completes(graph, service) ? "completed" : "settled"
      if (isReplacement(container, graph) || (!started.has(container.id) && reached(container, condition))) continue
      wait(draft, container, condition, request.waitTimeout, changes)
    }
}

const planRestart = (scene: Scene, request: typeof Restart.Type): void => {
  const { draft, graph, chosen } = scene
  const restarting = (service: string) =>
    request.noDeps ? [] : graph.dependencies(service).filter((dependency) => dependency.restart)
  const dependents = (service: string) =>
    graph.services.filter((name) => restarting(name).some((dependency) => dependency.service === service))
  const scope = closure(chosen, dependents)
  const restarted = new Map<string, string>()
  const before = (service: string) => restarting(service).filter((dependency) => scope.has(dependency.service))
  inOrder(
    scope,
    (service) => before(service).map((dependency) => dependency.service),
    (service) => {
      const needs = before(service).flatMap((dependency) => gates(scene, dependency, restarted, request.waitTimeout))
      return graph
        .containers(service)
        .filter((container) => container.state !== "removing" && !isReplacement(container, graph))
        .map((container) => {
          const { id, name } = container
          const args = { id, name, service, seconds: request.stopTimeout ?? null }
          const cause = chosen.has(service) ? "restart" : "a dependency is restarted"
          const operation = act(draft, container, "restart", cause, { verb: "RestartContainer", args }, needs)
          restarted.set(id, operation)
          return operation
        })
    },
  )
}

const planInto = (scene: Scene, request: LifecycleRequest): void => {
  switch (request._tag) {
    case "Stop":
      return planStop(scene, request)
    case "Start":
      return planStart(scene, request)
    case "Restart":
      return planRestart(scene, request)
    case "Kill":
      return planKill(scene, request)
    case "Remove":
      return planRemove(scene, request)
    default:
      return request satisfies never
  }
}

/** Stopping and removing what is not there is done; starting it cannot be. */
const needsContainers: ReadonlySet<LifecycleRequest["_tag"]> = new Set(["Start", "Restart", "Kill"])

export const planLifecycle = (
  request: LifecycleRequest,
  observed: Observed,
): Result.Result<PlanDraft, Usage | NotDeployed> => {
  const graph = labelGraph(observed.containers)
  const present = request._tag === "Kill" ? observed.containers.filter(runs) : observed.containers
  if (present.length === 0 && needsContainers.has(request._tag))
    return Result.fail(
      new NotDeployed({
        deployment: request.project,
        detail: request._tag === "Kill" ? "no container runs" : "there are no containers",
      }),
    )
  const unknown =
    graph.services.length === 0 ? undefined : request.services?.find((name) => !graph.services.includes(name))
  if (unknown !== undefined)
    return Result.fail(
      new Usage({
        subject: `service ${unknown}`,
        detail: "it has no container",
        expected: graph.services.join(", "),
      }),
    )
  const draft = new Draft()
  planInto({ draft, graph, chosen: new Set(request.services ?? graph.services) }, request)
  return Result.succeed(draft.finish(snapshotOf(observed)))
}
