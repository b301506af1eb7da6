/** The driver contract over a `FakeEngine`, with faults on request: for our tests and for those of SDK users. */
import { type Duration, Effect, Result, Schema, Stream } from "effect"
import {
  type Driver,
  type EngineEvent,
  type EngineEventFilter,
  type ExecRequest,
  type ExecSession,
  type Instance,
  type OpenDriver,
  openDriver,
  type Recovery,
} from "../driver/Driver.ts"
import type { PulledImage, Request } from "../driver/Request.ts"
import {
  ContainerExited,
  EngineFailed,
  EngineUnreachable,
  Internal,
  ImageMissing,
  NotDeployed,
  Unhealthy,
  type WindFlowError,
} from "../model/errors/union.ts"
import type { Operation, Outputs } from "../plan/Operation.ts"
import type { FakeContainer, FakeEngine } from "./FakeEngine.ts"
import { FakeDesired, type FakeObserved, fakePlan } from "./fakePlan.ts"
import { prepareFake } from "./fakePrepare.ts"

export interface FakeDriverOptions {
  /** Refuses an operation before anything happens: `true`, or the error it fails with. `nth` counts executions from 1. */
  readonly fail?: (operation: Operation, nth: number) => boolean | WindFlowError
  /** The operation is done and its answer is lost: it fails with `EngineUnreachable`. */
  readonly loseAnswer?: (operation: Operation, nth: number) => boolean
  /** How long an operation takes; default: no time. */
  readonly delay?: (operation: Operation) => Duration.Input
  /** Called when an operation is sent. */
  readonly onExecute?: (operation: Operation) => void
  /** What `exec` and `run` run. Default: exit code 0 without output. */
  readonly exec?: (request: ExecRequest) => {
    readonly exitCode: number
    readonly stdout?: string
    readonly stderr?: string
  }
  /** Images that no registry has. Default: none. */
  readonly missing?: (image: string) => boolean
  /** What the engine says of itself. Default: nothing, for ever. */
  readonly events?: (filter: EngineEventFilter) => Stream.Stream<EngineEvent, WindFlowError>
}

const container = { id: Schema.String }
const Call = Schema.Union([
  Schema.Struct({
    verb: Schema.Literals(["CreateNetwork", "CreateVolume"]),
    name: Schema.String,
    project: Schema.String,
  }),
  Schema.Struct({ verb: Schema.Literals(["RemoveNetwork", "RemoveVolume"]), name: Schema.String }),
  Schema.Struct({
    verb: Schema.Literal("CreateContainer"),
    name: Schema.String,
    project: Schema.String,
    service: Schema.String,
    number: Schema.Int,
    image: Schema.String,
    hash: Schema.String,
    oneShot: Schema.Boolean,
    healthcheck: Schema.Boolean,
  }),
  Schema.Struct({
    verb: Schema.Literals(["StartContainer", "StopContainer", "RestartContainer", "RemoveContainer"]),
    ...container,
  }),
  Schema.Struct({ verb: Schema.Literal("KillContainer"), ...container, signal: Schema.String }),
  Schema.Struct({ verb: Schema.Literal("RenameContainer"), ...container, name: Schema.String }),
  Schema.Struct({
    verb: Schema.Literal("WaitReady"),
    names: Schema.Array(Schema.String),
    gate: Schema.Literals(["healthy", "completed"]),
    service: Schema.String,
  }),
])
type Call = typeof Call.Type
const decodeCall = Schema.decodeUnknownEffect(Call)

const callOf = (operation: Operation, inputs: Outputs): Effect.Effect<Call, Internal> =>
  Effect.mapError(
    decodeCall({ verb: operation.verb, ...operation.args, ...inputs }, { onExcessProperty: "error" }),
    (error) => new Internal({ detail: `${operation.id}: ${error.message}` }),
  )

const waitReady = (engine: FakeEngine, name: string, call: Extract<Call, { verb: "WaitReady" }>) => {
  const there = engine.containers().find((candidate) => candidate.name === name)
  const exited = (code: number) =>
    new ContainerExited({ service: call.service, container: name, exitCode: code, log: "" })
  return Effect.flatten(
    engine.until(there?.id ?? name, (now): Effect.Effect<void, WindFlowError> | undefined => {
      if (now === undefined) return Effect.fail(exited(137))
      if (call.gate === "completed")
        return now.state !== "exited"
          ? undefined
          : now.exitCode === 0
            ? Effect.void
            : Effect.fail(exited(now.exitCode ?? 1))
      if (now.state === "exited") return Effect.fail(exited(now.exitCode ?? 1))
      if (now.health === "unhealthy")
        return Effect.fail(new Unhealthy({ service: call.service, container: name, log: "" }))
      return now.health === "starting" ? undefined : Effect.void
    }),
  )
}

const perform = (engine: FakeEngine, call: Call): Effect.Effect<Outputs, WindFlowError> => {
  const nothing = (effect: Effect.Effect<void, WindFlowError>) => Effect.as(effect, {})
  switch (call.verb) {
    case "CreateNetwork":
      return nothing(engine.create("network", { name: call.name, project: call.project }))
    case "CreateVolume":
      return nothing(engine.create("volume", { name: call.name, project: call.project }))
    case "RemoveNetwork":
      return nothing(engine.remove("network", call.name))
    case "RemoveVolume":
      return nothing(engine.remove("volume", call.name))
    case "CreateContainer":
      return Effect.map(engine.createContainer(call), ({ id }) => ({ id }))
    case "StartContainer":
      return nothing(engine.startContainer(call.id))
    case "StopContainer":
      return nothing(engine.stopContainer(call.id))
    case "RestartContainer":
      return nothing(engine.restartContainer(call.id))
    case "KillContainer":
      return nothing(engine.killContainer(call.id))
    case "RemoveContainer":
      return nothing(engine.removeContainer(call.id))
    case "RenameContainer":
      return nothing(engine.renameContainer(call.id, call.name))
    case "WaitReady":
      return nothing(Effect.forEach(call.names, (name) => waitReady(engine, name, call), { discard: true }))
    default:
      return call satisfies never
  }
}

const recover = (engine: FakeEngine, call: Call): Recovery => {
  const answer = (happened: boolean, outputs: Outputs = {}): Recovery =>
    happened ? { _tag: "Happened", outputs } : { _tag: "DidNotHappen" }
  switch (call.verb) {
    case "CreateNetwork":
      return answer(engine.networks().some(({ name }) => name === call.name))
    case "CreateVolume":
      return answer(engine.volumes().some(({ name }) => name === call.name))
    case "RemoveNetwork":
      return answer(!engine.networks().some(({ name }) => name === call.name))
    case "RemoveVolume":
      return answer(!engine.volumes().some(({ name }) => name === call.name))
    case "CreateContainer": {
      const there = engine.containers().find(({ name, hash }) => name === call.name && hash === call.hash)
      return there === undefined ? answer(false) : answer(true, { id: there.id })
    }
    case "RemoveContainer":
      return answer(!engine.containers().some(({ id }) => id === call.id))
    case "RenameContainer":
      return answer(engine.containers().some(({ id, name }) => id === call.id && name === call.name))
    case "StartContainer":
    case "StopContainer":
    case "RestartContainer":
    case "KillContainer":
    case "WaitReady":
      return { _tag: "Unknown" }
    default:
      return call satisfies never
  }
}

const instanceOf = (c: FakeContainer): Instance => ({
  project: c.project,
  service: c.service,
  name: c.name,
  id: c.id,
  number: c.number,
  image: c.image,
  command: "",
  oneOff: false,
  state: c.state,
  health: c.health,
  exitCode: c.exitCode,
  ports: [],
  createdAt: new Date(0).toISOString(),
  status: c.state,
  configHash: c.hash,
  managedBy: "windflow",
})

const imageParts = (image: string) => {
  const colon = image.lastIndexOf(":")
  return colon < 0
    ? { repository: image, tag: "latest" }
    : { repository: image.slice(0, colon), tag: image.slice(colon + 1) }
}

/** What a command would have said. */
const conversation = ({
  exitCode = 0,
  stdout = "",
  stderr = "",
}: Partial<ReturnType<NonNullable<FakeDriverOptions["exec"]>>> = {}): ExecSession => {
  const chunk = (stream: "stdout" | "stderr", text: string) =>
    text === "" ? [] : [{ stream, bytes: new TextEncoder().encode(text) }]
  return {
    output: Stream.fromIterable([...chunk("stdout", stdout), ...chunk("stderr", stderr)]),
    write: () => Effect.void,
    end: Effect.void,
    resize: () => Effect.void,
    exitCode: Effect.succeed(exitCode),
  }
}

/** The driver itself, for those who need its types; `fakeDriver` opens it. */
export const makeFakeDriver = (
  engine: FakeEngine,
  options: FakeDriverOptions = {},
): Driver<FakeDesired, FakeObserved> => {
  let executed = 0
  const here = (project: string) => (thing: { readonly project: string }) => thing.project === project
  const notDeployed = (project: string, detail: string) => new NotDeployed({ deployment: project, detail })
  return {
    name: "fake",
    parity: [],
    desired: FakeDesired,
    prepare: (request: Request) => Effect.succeed(prepareFake(request)),
    observe: ({ project }) =>
      Effect.sync(() => ({
        containers: engine.containers().filter(here(project)),
        networks: engine.networks().filter(here(project)),
        volumes: engine.volumes().filter(here(project)),
      })),
    plan: (desired, observed) => Result.succeed(fakePlan(desired, observed)),
    execute: (operation, { inputs }) =>
      Effect.gen(function* () {
        const nth = ++executed
        options.onExecute?.(operation)
        if (options.delay !== undefined) yield* Effect.sleep(options.delay(operation))
        const refused = options.fail?.(operation, nth) ?? false
        if (refused !== false)
          return yield* Effect.fail(
            refused === true
              ? new EngineFailed({ call: operation.verb, status: 500, detail: "asked to fail" })
              : refused,
          )
        const outputs = yield* perform(engine, yield* callOf(operation, inputs))
        if (options.loseAnswer?.(operation, nth) === true)
          return yield* Effect.fail(
            new EngineUnreachable({ endpoint: "fake", reason: "closed", detail: "the answer was lost" }),
          )
        return outputs
      }),
    recover: (operation, { inputs }) =>
      // Without its inputs (never known, or lost) nothing can be looked for.
      Effect.match(callOf(operation, inputs), {
        onFailure: (): Recovery => ({ _tag: "Unknown" }),
        onSuccess: (call) => recover(engine, call),
      }),
    urls: ({ down, services }) => Effect.succeed(down ? [] : services.map(({ name }) => `http://${name}.fake`)),
    records: engine.records,
    instances: (project) =>
      Effect.sync(() =>
        engine
          .containers()
          .filter((c) => project === undefined || c.project === project)
          .map(instanceOf),
      ),
    logs: (project, { services }) =>
      Stream.suspend(() =>
        Stream.fromIterable(
          engine
            .containers()
            .filter((c) => c.project === project && (services === undefined || services.includes(c.service)))
            .map((c) => ({
              service: c.service,
              container: `${c.service}-${c.number}`,
              stream: "stdout" as const,
              at: new Date(0).toISOString(),
              text: `${c.service} is ${c.state}`,
            })),
        ),
      ),
    events: (filter) => options.events?.(filter) ?? Stream.never,
    images: (project) =>
      Effect.sync(() =>
        engine
          .containers()
          .filter(here(project))
          .map((c) => ({
            container: c.name,
            service: c.service,
            id: `sha256:${c.image}`,
            ...imageParts(c.image),
            platform: "linux/amd64",
            size: 0,
          })),
      ),
    processes: (project) =>
      Effect.sync(() =>
        engine
          .containers()
          .filter((c) => c.project === project && c.state === "running")
          .map((c) => ({
            service: c.service,
            container: c.name,
            number: c.number,
            titles: ["PID", "CMD"],
            processes: [["1", c.service]],
          })),
      ),
    pull: (stack, { services, skipBuildable }) =>
      Effect.sync(() =>
        Object.entries(stack.model.services).flatMap(([service, { image, build }]): ReadonlyArray<PulledImage> => {
          if (image === undefined || services?.includes(service) === false) return []
          const about = { image, services: [service] }
          const buildable = build !== undefined
          if (buildable && skipBuildable) return [{ ...about, outcome: { _tag: "Skipped", reason: "buildable" } }]
          if (options.missing?.(image) !== true) return [{ ...about, outcome: { _tag: "Pulled" } }]
          const error = new ImageMissing({ image, service, detail: "there is no such image" })
          return [{ ...about, outcome: { _tag: "Failed", error, buildable } }]
        }),
      ),
    build: (stack, { services }) =>
      Effect.sync(() =>
        Object.entries(stack.model.services).flatMap(([service, { build, image = `${stack.name}-${service}` }]) =>
          build === undefined || services?.includes(service) === false
            ? []
            : [{ service, image, id: `sha256:${image}` }],
        ),
      ),
    oneOff: (request) =>
      Effect.suspend(() => {
        const { stack, service } = request
        if (stack.model.services[service] === undefined)
          return Effect.fail(notDeployed(stack.name, `service ${service} is not in the stack`))
        const argv = request.argv ?? []
        const name = request.name ?? `${stack.name}-${service}-run-1`
        const exec = conversation(options.exec?.({ project: stack.name, service, argv }))
        return Effect.succeed({ ...exec, id: name, name, kill: () => Effect.void })
      }),
    exec: (request) =>
      Effect.suspend(() => {
        const there = engine
          .containers()
          .find(
            (c) => c.project === request.project && c.service === request.service && c.number === (request.index ?? 1),
          )
        if (there?.state !== "running")
          return Effect.fail(notDeployed(request.project, `service ${request.service} does not run`))
        return Effect.succeed(conversation(options.exec?.(request)))
      }),
  }
}

export const fakeDriver = (engine: FakeEngine, options?: FakeDriverOptions): OpenDriver =>
  openDriver(makeFakeDriver(engine, options))
