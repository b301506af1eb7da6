/** `run`: creates a one-off container, attaches to it, starts it, and waits for its end. Its outcome is not journalled: see runs.md. */
import { resolve } from "node:path"
import { Effect, Redacted, type Scope } from "effect"
import { EngineFailed, Internal, NameTaken, Usage, type WindFlowError } from "../../model/errors/union.ts"
import { defaultUpOptions } from "../Request.ts"
import type { OneOffRequest, OneOffSession } from "../OneOff.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { DesiredService } from "./Desired.ts"
import { conversation, detached } from "./exec.ts"
import { portInUse } from "./execute.ts"
import { oneOffBody, oneOffModel, oneOffName } from "./oneOffModel.ts"
import { prepare } from "./prepare.ts"
import { withoutSecrets } from "./withoutSecrets.ts"

const randomSlug = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("")

const prepared = (context: ComposeDriverContext, request: OneOffRequest, name: string) =>
  Effect.gen(function* () {
    const { stack, service, report } = request
    const model = stack.model.services[service]
    if (model === undefined)
      return yield* new Usage({
        subject: `service ${service}`,
        detail: "it is not in the stack",
        expected: Object.keys(stack.model.services).sort().join(", "),
      })
    const changed = yield* Effect.try({
      try: () => oneOffModel(model, name, request, (path) => resolve(stack.origin.workingDirectory, path)),
      catch: (problem) => (problem instanceof Usage ? problem : new Internal({ detail: String(problem) })),
    })
    const options = {
      ...defaultUpOptions,
      services: [service],
      noDeps: true,
      pull: request.pull ?? defaultUpOptions.pull,
      build: request.build ?? defaultUpOptions.build,
    }
    const services = { ...stack.model.services, [service]: changed }
    const altered = { ...stack, model: { ...stack.model, services } }
    const desired = yield* prepare(context, { _tag: "Up", stack: altered, options }, { preview: false, report })
    const found = desired._tag === "Up" ? desired.services.find((one) => one.name === service) : undefined
    if (desired._tag !== "Up" || found === undefined)
      return yield* new Internal({ detail: `service ${service} was prepared and is not there` })
    return { desired, service: found }
  })

const secretValues = (context: ComposeDriverContext, service: DesiredService) =>
  Effect.map(
    Effect.forEach(service.secrets, ({ variable, name }) =>
      Effect.map(context.secrets.reveal(name), (value) => [variable, Redacted.value(value)] as const),
    ),
    (entries): Readonly<Record<string, string>> => Object.fromEntries(entries),
  )

export const oneOff = (
  context: ComposeDriverContext,
  request: OneOffRequest,
): Effect.Effect<OneOffSession, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const { containers } = context.api
    const slug = randomSlug()
    const name = request.name ?? oneOffName(request.stack.name, request.service, slug)
    const { desired, service } = yield* prepared(context, request, name)
    const create = Effect.gen(function* () {
      const secrets = yield* secretValues(context, service)
      const body = oneOffBody(desired, service, name, slug, { image: service.image.reference, secrets }, request)
      return yield* containers.create(name, body, service.model.platform)
    })
    const { Id: id } = yield* withoutSecrets(context, desired, create).pipe(
      Effect.mapError((error) =>
        error instanceof EngineFailed && error.status === 409
          ? new NameTaken({ kind: "container", name, owner: "another container" })
          : error,
      ),
    )
    const start = Effect.mapError(containers.start(id), (error) => portInUse(request.service, error)).pipe(
      // What never ran is of no use to anybody, and holds its name.
      Effect.onError(() => Effect.ignore(containers.remove(id, { volumes: true }))),
    )
    const handle = { id, name, kill: (signal: string) => containers.kill(id, signal) }
    if (request.detach === true) {
      yield* start
      return { ...detached, ...handle }
    }
    const tty = request.tty !== undefined
    const { socket, head } = yield* containers.attach(id, { stdin: request.interactive !== false })
    const ended = yield* containers.wait(id, request.remove === true ? "removed" : "next-exit")
    yield* start
    let over = false
    yield* Effect.addFinalizer(() => (over ? Effect.void : Effect.ignore(containers.stop(id, undefined))))
    // Engines before 23 pass the size over that it was made with.
    if (request.tty !== undefined) yield* Effect.ignore(containers.resize(id, request.tty.columns, request.tty.rows))
    const session: OneOffSession = {
      ...handle,
      ...conversation(context.api.endpoint, socket, head, tty),
      // A container that has just ended has no size to change.
      resize: ({ columns, rows }) => Effect.ignore(containers.resize(id, columns, rows)),
      exitCode: Effect.tap(ended, () =>
        Effect.sync(() => {
          over = true
        }),
      ),
    }
    return session
  })
