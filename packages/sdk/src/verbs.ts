/** Compose's verbs of the Effect face: what each asks of the engine. No deployment logic. */
import { NotDeployed, type Revision, type WindFlowError } from "@windflow/engine/model"
import {
  defaultBuildOptions,
  defaultPullOptions,
  defaultUpOptions,
  type LifecycleRequest,
  type Report,
} from "@windflow/engine/driver"
import type { RunOptions } from "@windflow/engine/execute"
import { Effect, type Scope } from "effect"
import type { Chosen, Ref, Where } from "./contract.ts"
import type { WindFlowShape } from "./effectContract.ts"
import { said } from "./said.ts"
import type { Session } from "./session.ts"
import { resolveStack } from "./Stack.ts"

/** What `makeWindFlow` has and these need. */
export interface VerbPorts {
  readonly at: (where: Where) => Effect.Effect<Session, WindFlowError, Scope.Scope>
  readonly deployed: (
    ref: Ref,
  ) => Effect.Effect<{ readonly session: Session; readonly project: string }, WindFlowError, Scope.Scope>
  readonly running: (
    options: RunOptions,
    run: (options: RunOptions) => Effect.Effect<Revision, WindFlowError>,
  ) => Effect.Effect<Revision, WindFlowError>
  readonly runOptions: (options: RunOptions) => RunOptions
  readonly whereOf: (options: Where | undefined) => Where
}

type Verbs = Pick<
  WindFlowShape,
  "stop" | "start" | "restart" | "kill" | "rm" | "runOnce" | "pull" | "build" | "images" | "top" | "port" | "forget"
>

const { waitTimeout: defaultWait } = defaultUpOptions
const noReport: Report = () => Effect.void
const chosen = (project: string, { services }: Chosen) => ({ project, ...said({ services }) })

export const makeVerbs = ({ at, deployed, running, runOptions, whereOf }: VerbPorts): Verbs => {
  const lifecycle = Effect.fn("windflow.lifecycle")(function* (
    ref: Ref,
    options: RunOptions,
    request: (project: string) => LifecycleRequest,
  ) {
    const { session, project } = yield* deployed(ref)
    return yield* running(runOptions(options), (observed) => session.deployments.run(request(project), observed))
  }, Effect.scoped)

  return {
    stop: (ref, options = {}) =>
      lifecycle(ref, options, (project) => ({
        _tag: "Stop",
        ...chosen(project, options),
        ...said({ stopTimeout: options.stopTimeout }),
      })),
    start: (ref, options = {}) =>
      lifecycle(ref, options, (project) => ({
        _tag: "Start",
        ...chosen(project, options),
        wait: options.wait ?? false,
        waitTimeout: options.waitTimeout ?? defaultWait,
      })),
    restart: (ref, options = {}) =>
      lifecycle(ref, options, (project) => ({
        _tag: "Restart",
        ...chosen(project, options),
        noDeps: options.noDeps ?? false,
        waitTimeout: options.waitTimeout ?? defaultWait,
        ...said({ stopTimeout: options.stopTimeout }),
      })),
    kill: (ref, options = {}) =>
      lifecycle(ref, options, (project) => ({
        _tag: "Kill",
        ...chosen(project, options),
        signal: options.signalName ?? "SIGKILL",
      })),
    rm: (ref, options = {}) =>
      lifecycle(ref, options, (project) => ({
        _tag: "Remove",
        ...chosen(project, options),
        stop: options.stop ?? false,
        volumes: options.volumes ?? false,
      })),

    runOnce: Effect.fn("windflow.runOnce")(function* (stack, service, options = {}) {
      const { target: _target, environment: _environment, removeOrphans, onEvent, report, ...oneOff } = options
      const resolved = yield* stack[resolveStack]
      const session = yield* at(whereOf(options))
      const ground = {
        ...defaultUpOptions,
        services: [service],
        onlyDependencies: true,
        ...said({ noDeps: oneOff.noDeps, removeOrphans }),
      }
      yield* running(said({ onEvent }), (observed) =>
        session.deployments.run({ _tag: "Up", stack: resolved, options: ground }, observed),
      )
      return yield* session.driver.use((driver) =>
        driver.oneOff({ ...oneOff, stack: resolved, service, report: report ?? noReport }),
      )
    }),

    pull: Effect.fn("windflow.pull")(function* (stack, options = {}) {
      const { target: _target, environment: _environment, report = noReport, ignoreFailures, ...own } = options
      const resolved = yield* stack[resolveStack]
      const session = yield* at(whereOf(options))
      const pulled = yield* session.driver.use((driver) =>
        driver.pull(resolved, { ...defaultPullOptions, ...own }, report),
      )
      for (const { outcome } of pulled)
        if (outcome._tag === "Failed" && !outcome.buildable && ignoreFailures !== true)
          return yield* Effect.fail(outcome.error)
      return pulled
    }, Effect.scoped),

    build: Effect.fn("windflow.build")(function* (stack, options = {}) {
      const { target: _target, environment: _environment, report = noReport, ...own } = options
      const resolved = yield* stack[resolveStack]
      const session = yield* at(whereOf(options))
      return yield* session.driver.use((driver) => driver.build(resolved, { ...defaultBuildOptions, ...own }, report))
    }, Effect.scoped),

    images: Effect.fn("windflow.images")(function* (ref) {
      const { session, project } = yield* deployed(ref)
      return yield* session.driver.use((driver) => driver.images(project))
    }, Effect.scoped),

    top: Effect.fn("windflow.top")(function* (ref) {
      const { session, project } = yield* deployed(ref)
      return yield* session.driver.use((driver) => driver.processes(project))
    }, Effect.scoped),

    port: Effect.fn("windflow.port")(function* (ref, service, port, { protocol = "tcp", index } = {}) {
      const { session, project } = yield* deployed(ref)
      const instances = yield* session.driver.use((driver) => driver.instances(project))
      const instance = instances.find(
        (one) => one.service === service && one.state === "running" && (index === undefined || one.number === index),
      )
      const notThere = (detail: string) => new NotDeployed({ deployment: project, detail })
      if (instance === undefined)
        return yield* notThere(`service ${service} has no running container${index === undefined ? "" : ` ${index}`}`)
      const found = instance.ports.find(
        (one) => one.target === port && one.protocol === protocol && one.published !== undefined,
      )
      const published = instance.ports.flatMap((one) =>
        one.published === undefined ? [] : `${one.target}/${one.protocol}`,
      )
      return (
        found ??
        (yield* notThere(
          `${instance.name} does not publish ${port}/${protocol}${published.length === 0 ? "" : `, only ${[...new Set(published)].join(", ")}`}`,
        ))
      )
    }, Effect.scoped),

    forget: Effect.fn("windflow.forget")(function* (ref) {
      const { session, project } = yield* deployed(ref)
      yield* session.deployments.forget(project)
    }, Effect.scoped),
  }
}
