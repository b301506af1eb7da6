/**
 * The Effect face over ports: resolves names to targets, opens each target once while it is in use, and hands everything else to
 * the engine. No deployment logic, no I/O of its own.
 */
import { type Revision, type Target, Unsupported, Usage, type WindFlowError } from "@windflow/engine/model"
import { defaultDownOptions, defaultUpOptions, type Request } from "@windflow/engine/driver"
import type { ApplyOptions, RunOptions } from "@windflow/engine/execute"
import { Duration, Effect, RcMap, type Scope, Stream, Struct } from "effect"
import type { Config } from "./config.ts"
import type { BootstrapOptions, DownFlags, PlanOptions, Ref, UpFlags, Where } from "./contract.ts"
import type { WindFlowShape } from "./effectContract.ts"
import { makeEventLog } from "./eventLog.ts"
import { withRevision } from "./isError.ts"
import { decodePlan, type Plan, withProse } from "./plan.ts"
import { configTargets, type Registry, resolveTarget } from "./registry.ts"
import { said } from "./said.ts"
import type { Probe, Session } from "./session.ts"
import { targetReport } from "./targetReport.ts"
import { makeVerbs } from "./verbs.ts"
import { resolveStack } from "./Stack.ts"

export interface Ports {
  readonly config: Config
  readonly registry: Registry
  /** What `local` and no target at all mean. */
  readonly local: Effect.Effect<Target, WindFlowError>
  readonly open: (target: Target) => Effect.Effect<Session, WindFlowError, Scope.Scope>
  readonly bootstrap?: (target: Target, options: BootstrapOptions) => Effect.Effect<Plan, WindFlowError>
  /** Undefined for drivers that know no stages. */
  readonly probe?: (target: Target) => Effect.Effect<Probe | undefined, WindFlowError, Scope.Scope>
}

/** A handshake is worth keeping for a while; a socket of this machine is not. */
const sshIdle = Duration.seconds(30)
const localIdle = Duration.seconds(1)
const overSsh = (target: Target | undefined): boolean =>
  target?.endpoints.some((endpoint) => endpoint.startsWith("ssh://")) === true

const upKeys = [
  "services",
  "noDeps",
  "recreate",
  "recreateDependencies",
  "removeOrphans",
  "renewAnonymousVolumes",
  "pull",
  "build",
  "carry",
  "scale",
  "stopTimeout",
  "until",
  "waitTimeout",
] as const
const upOptions = (flags: UpFlags) => ({ ...defaultUpOptions, ...said(Struct.pick(flags, upKeys)) })

const downOptions = ({ volumes, removeOrphans, stopTimeout, images }: DownFlags) => ({
  ...defaultDownOptions,
  ...said({ volumes, removeOrphans, stopTimeout, images }),
})

const whereOf = (options: Where | undefined): Where =>
  said({ target: options?.target, environment: options?.environment })

/** `project@target`, `project`, or its parts. */
const partsOf = (ref: Ref): { readonly project: string; readonly where: Where } => {
  if (typeof ref !== "string") return { project: ref.project, where: whereOf(ref) }
  const at = ref.indexOf("@")
  return at === -1 ? { project: ref, where: {} } : { project: ref.slice(0, at), where: { target: ref.slice(at + 1) } }
}

const notBuilt = (what: string, remedy: string) =>
  Effect.fail(
    new Unsupported({
      driver: "compose",
      diagnostics: [{ severity: "error", code: "not-built", message: `${what} is not built yet`, remedy }],
    }),
  )

export const makeWindFlow = Effect.fn("makeWindFlow")(function* (ports: Ports) {
  const log = makeEventLog()
  const local = yield* Effect.cached(ports.local)
  const targets = new Map<string, Target>()
  const sessions = yield* RcMap.make({
    lookup: (key: string) => {
      const target = targets.get(key)
      return target === undefined
        ? Effect.fail(new Usage({ subject: key, detail: "unknown target" }))
        : ports.open(target)
    },
    idleTimeToLive: (key) => (overSsh(targets.get(key)) ? sshIdle : localIdle),
  })

  const at = Effect.fn("at")(function* (where: Where) {
    const target = yield* resolveTarget(where, ports.config, ports.registry, yield* local)
    const key = JSON.stringify([target.name, target.driver, target.endpoints, target.ssh])
    targets.set(key, target)
    return yield* RcMap.get(sessions, key)
  })

  /** Runs on an opened deployment; events are numbered and kept, and the revision of a failure goes onto its error. */
  const running = <Options extends RunOptions>(
    options: Options,
    run: (options: Options) => Effect.Effect<Revision, WindFlowError>,
  ) =>
    Effect.suspend(() => {
      const record = log.recorder()
      let ended: Revision | undefined
      const observed: Options = {
        ...options,
        onEvent: (event) => {
          if (event._tag === "RunEnded") ended = event.revision
          const numbered = record(event)
          options.onEvent?.(numbered)
        },
      }
      return Effect.mapError(run(observed), (error) => withRevision(error, ended))
    })

  const runOptions = ({ onEvent, concurrency, cancel, deadline }: RunOptions): RunOptions =>
    said({ onEvent, concurrency, cancel, deadline })

  const planned = (session: Session, request: Request, preview: boolean) =>
    Effect.map(session.deployments.plan(request, { preview }), withProse)

  const deployed = (ref: Ref) => {
    const { project, where } = partsOf(ref)
    return Effect.map(at(where), (session) => ({ session, project }))
  }

  const shape: WindFlowShape = {
    plan: Effect.fn("windflow.plan")(function* (stack, options: Omit<PlanOptions, "signal"> = {}) {
      const resolved = yield* stack[resolveStack]
      const session = yield* at(whereOf(options))
      const request: Request = { _tag: "Up", stack: resolved, options: upOptions(options) }
      return yield* planned(session, request, options.prepare !== true)
    }, Effect.scoped),

    planDown: Effect.fn("windflow.planDown")(function* (ref, options = {}) {
      const { session, project } = yield* deployed(ref)
      return yield* planned(session, { _tag: "Down", project, options: downOptions(options) }, true)
    }, Effect.scoped),

    apply: Effect.fn("windflow.apply")(function* (plan, options: ApplyOptions = {}) {
      // A plan may come from a file or a network: it is checked here as any other input.
      const checked = yield* Effect.fromResult(decodePlan(JSON.parse(JSON.stringify(plan))))
      const session = yield* at({ target: checked.target })
      const withStale = { ...runOptions(options), ...said({ onStale: options.onStale }) }
      return yield* running<ApplyOptions>(withStale, (observed) => session.deployments.apply(checked, observed))
    }, Effect.scoped),

    up: Effect.fn("windflow.up")(function* (stack, options = {}) {
      const resolved = yield* stack[resolveStack]
      const session = yield* at(whereOf(options))
      const request: Request = { _tag: "Up", stack: resolved, options: upOptions(options) }
      return yield* running(runOptions(options), (observed) => session.deployments.run(request, observed))
    }, Effect.scoped),

    down: Effect.fn("windflow.down")(function* (ref, options = {}) {
      const { session, project } = yield* deployed(ref)
      const request: Request = { _tag: "Down", project, options: downOptions(options) }
      return yield* running(runOptions(options), (observed) => session.deployments.run(request, observed))
    }, Effect.scoped),

    rollback: Effect.fn("windflow.rollback")(function* (ref, options = {}) {
      const { session, project } = yield* deployed(ref)
      const wanted = { ...runOptions(options), ...said({ to: options.to }) }
      return yield* running(wanted, (observed) => session.deployments.rollback(project, observed))
    }, Effect.scoped),

    promote: () => notBuilt("promote", "Deploy the same stack with `up` and the other environment."),
    adopt: () => notBuilt("adopt", "Deploy the same Compose file with `up`: what is equal is taken over untouched."),

    ...makeVerbs({ at, deployed, running, runOptions, whereOf }),

    ps: Effect.fn("windflow.ps")(function* (where = {}, options = {}) {
      const single = typeof where === "string" || "project" in where ? partsOf(where) : undefined
      const session = yield* at(single?.where ?? (typeof where === "string" ? {} : whereOf(where)))
      return yield* session.driver.use((driver) =>
        driver.instances(single?.project, said({ oneOffs: options.oneOffs })),
      )
    }, Effect.scoped),

    history: Effect.fn("windflow.history")(function* (ref) {
      const { session, project } = yield* deployed(ref)
      return (yield* session.deployments.history(project)).map((record) => record.revision)
    }, Effect.scoped),

    logs: (ref, options = {}) =>
      Stream.unwrap(
        Effect.map(deployed(ref), ({ session, project }) => {
          const { services, follow = false, tail, since, until, index, buffer } = options
          return session.driver.use((driver) =>
            driver.logs(project, { follow, ...said({ services, tail, since, until, index, buffer }) }),
          )
        }),
      ),

    events: (options = {}) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const deployment = options.ref === undefined ? undefined : yield* deploymentOf(options.ref)
          return log.stream(said({ deployment, run: options.run, after: options.after }))
        }),
      ),

    exec: Effect.fn("windflow.exec")(function* (ref, service, argv, options = {}) {
      const { session, project } = yield* deployed(ref)
      return yield* session.driver.use((driver) => driver.exec({ ...options, project, service, argv }))
    }),

    targets: {
      list: Effect.gen(function* () {
        const named = [yield* local, ...configTargets(ports.config)]
        const registered = yield* ports.registry.list
        return [...named, ...registered.filter((target) => !named.some((other) => other.name === target.name))]
      }),
      add: ports.registry.add,
      remove: ports.registry.remove,
      bootstrap: Effect.fn("windflow.targets.bootstrap")(function* (input, options = {}) {
        const target = yield* resolveTarget({ target: input }, ports.config, ports.registry, yield* local)
        return ports.bootstrap === undefined
          ? yield* new Usage({ subject: target.name, detail: "hosts cannot be made ready from here" })
          : yield* ports.bootstrap(target, options)
      }),
      test: Effect.fn("windflow.targets.test")(function* (input) {
        const target = yield* resolveTarget({ target: input }, ports.config, ports.registry, yield* local)
        const probe = yield* ports.probe?.(target) ?? Effect.succeed(undefined)
        return yield* targetReport(target, probe, at({ target }))
      }, Effect.scoped),
      events: (input, { type, event, project, since, until } = {}) =>
        Stream.unwrap(
          Effect.map(at({ target: input }), (session) =>
            session.driver.use((driver) => driver.events(said({ type, event, project, since, until }))),
          ),
        ),
    },
  }

  /** Names a deployment without opening its target. */
  const deploymentOf = Effect.fn("deploymentOf")(function* (ref: Ref) {
    const { project, where } = partsOf(ref)
    const target = yield* resolveTarget(where, ports.config, ports.registry, yield* local)
    return `${project}@${target.name}`
  })

  return shape
})
