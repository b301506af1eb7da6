/** Does one operation: one call to the engine (waits apart). Decides nothing; what it may touch is named by id. */
import { Effect, Redacted, Schema } from "effect"
import {
  EngineFailed,
  ImageMissing,
  Internal,
  NameTaken,
  PortInUse,
  PreconditionFailed,
  Unhealthy,
  type WindFlowError,
} from "../../model/errors/union.ts"
import type { Operation, Outputs } from "../../plan/Operation.ts"
import type { ExecuteContext } from "../Driver.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import { createBody } from "./createBody.ts"
import type { Desired, DesiredService, DesiredUp } from "./Desired.ts"
import { labels } from "./names.ts"
import { apiFor } from "./newerKeys.ts"
import { networkBody, volumeBody } from "./networkBody.ts"
import { digestOf, isTreeKey, treeKey } from "./planCarried.ts"
import { runPreStart } from "./preStart.ts"
import { runHook } from "./runHooks.ts"
import { seenStopped } from "./seenStopped.ts"
import { sharedInput, type SharedIds } from "./sharing.ts"
import { upload } from "./uploads.ts"
import { Action } from "./verbs.ts"
import { waitFor } from "./wait.ts"

const decodeAction = Schema.decodeUnknownEffect(Action)

/** An operation read from a journal or a saved plan is data from outside: decoded before anything is done. */
export const actionOf = (operation: Operation): Effect.Effect<Action, Internal> =>
  Effect.mapError(
    decodeAction({ verb: operation.verb, args: operation.args }),
    (error) => new Internal({ detail: `operation ${operation.id}: ${error.message}` }),
  )

export const upOf = (desired: Desired, operation: Operation): Effect.Effect<DesiredUp, Internal> =>
  desired._tag === "Up"
    ? Effect.succeed(desired)
    : Effect.fail(new Internal({ detail: `operation ${operation.id} does not belong to a down` }))

const member = <A>(found: A | undefined, operation: Operation): Effect.Effect<A, Internal> =>
  found === undefined
    ? Effect.fail(new Internal({ detail: `operation ${operation.id} names what the desired state lacks` }))
    : Effect.succeed(found)

/** The container's id: known when the plan was made, or an earlier operation's output. */
export const containerOf = (
  id: string | undefined,
  operation: Operation,
  context: { readonly inputs: Outputs },
): Effect.Effect<string, Internal> => member(id ?? context.inputs["container"], operation)

const gone = (operation: Operation) => (error: WindFlowError) =>
  error instanceof EngineFailed && error.status === 404
    ? new PreconditionFailed({ operation: operation.id, resource: operation.resource, detail: "is not there any more" })
    : error

/** `Bind for 127.0.0.1:8080 failed: port is already allocated`, `listen tcp4 0.0.0.0:80: bind: address already in use`. */
export const portInUse = (service: string, error: WindFlowError): WindFlowError => {
  if (!(error instanceof EngineFailed)) return error
  if (!/port is already allocated|address already in use/.test(error.detail)) return error
  const port = /(?:Bind for|listen \w+|exposing port \w+) (\S+:\d+)/.exec(error.detail)?.[1]
  // The engine puts its own names before the reason.
  const reason = /(?:Bind for|listen \w+) .*$/.exec(error.detail)?.[0] ?? error.detail
  return new PortInUse({ service, port: port ?? "?", detail: reason })
}

const revealed = (context: ComposeDriverContext, service: DesiredService) =>
  Effect.map(
    Effect.forEach(service.secrets, ({ variable, name }) =>
      Effect.map(context.secrets.reveal(name), (value) => [variable, Redacted.value(value)] as const),
    ),
    (entries) => Object.fromEntries(entries),
  )

/** Who holds a name we wanted: told from the labels of the container that has it. */
const nameTaken = (
  context: ComposeDriverContext,
  own: string,
  operation: Operation,
  name: string,
  error: WindFlowError,
) =>
  !(error instanceof EngineFailed) || error.status !== 409
    ? Effect.fail(error)
    : Effect.matchEffect(context.api.containers.inspect(name), {
        onFailure: () => Effect.fail(error),
        onSuccess: (holder) => {
          const project = holder.Config.Labels?.[labels.project]
          const service = holder.Config.Labels?.[labels.service]
          return Effect.fail(
            `service:${service}:${holder.Config.Labels?.[labels.number]}` === operation.resource
              ? new PreconditionFailed({
                  operation: operation.id,
                  resource: operation.resource,
                  detail: "exists already",
                })
              : new NameTaken({
                  kind: "container",
                  name,
                  owner:
                    project === undefined
                      ? `container ${holder.Id.slice(0, 12)} of nobody's project`
                      : `project ${project}`,
                  ...(project === own && service !== undefined ? { orphan: service } : {}),
                }),
          )
        },
      })

/**
 * Anonymous volumes move along only to where the service or the image still declares one. What the image declares is asked here: a
 * plan is made before the image may be there.
 */
const stillDeclared = (
  context: ComposeDriverContext,
  { model }: DesiredService,
  { image, inherited }: Extract<Action, { readonly verb: "CreateContainer" }>["args"],
) => {
  const declared = new Set((model.volumes ?? []).map(({ target }) => target))
  if (inherited.every(({ target }) => declared.has(target))) return Effect.succeed(inherited)
  return Effect.map(context.api.images.find(image), (found) => {
    for (const target of Object.keys(found?.Config?.Volumes ?? {})) declared.add(target)
    return inherited.filter(({ target }) => declared.has(target))
  })
}

/** Ids of other services' containers: known when the plan was made, or outputs of the operations that create them. */
export const sharedIn = (
  { shared }: Pick<Extract<Action, { readonly verb: "CreateContainer" }>["args"], "shared">,
  run: { readonly inputs: Outputs },
): SharedIds => ({
  ...shared,
  ...Object.fromEntries(
    Object.entries(run.inputs).flatMap(([name, id]) =>
      name.startsWith(sharedInput) ? [[name.slice(sharedInput.length), id]] : [],
    ),
  ),
})

/** Digest → tree, of what this run has carried. */
const treesIn = (inputs: Outputs): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(inputs).flatMap(([key, tree]) => (isTreeKey(key) ? [[digestOf(key), tree]] : [])))

const createContainer = (
  context: ComposeDriverContext,
  operation: Operation,
  run: ExecuteContext<Desired>,
  args: Extract<Action, { readonly verb: "CreateContainer" }>["args"],
): Effect.Effect<Outputs, WindFlowError> =>
  Effect.gen(function* () {
    const desired = yield* upOf(run.desired, operation)
    const service = yield* member(
      desired.services.find((candidate) => candidate.name === args.service),
      operation,
    )
    const secrets = yield* revealed(context, service)
    const inherited = yield* stillDeclared(context, service, args)
    const body = createBody(desired, service, {
      ...args,
      inherited,
      secrets,
      shared: sharedIn(args, run),
      trees: { ...args.trees, ...treesIn(run.inputs) },
    })
    const { platform } = service.model
    const created = yield* context.api.containers.create(args.name, body, platform, apiFor(service.model)).pipe(
      Effect.catch((error) => nameTaken(context, run.desired.project, operation, args.name, error)),
      Effect.mapError((error) =>
        error instanceof EngineFailed && error.status === 404 && /image/i.test(error.detail)
          ? new ImageMissing({ image: service.image.reference, service: service.name, detail: error.detail })
          : error,
      ),
    )
    for (const text of created.Warnings ?? []) yield* run.report({ subject: operation.resource, current: 0, text })
    return { id: created.Id }
  })

export const execute = (
  context: ComposeDriverContext,
  operation: Operation,
  run: ExecuteContext<Desired>,
): Effect.Effect<Outputs, WindFlowError> =>
  Effect.gen(function* () {
    const { containers, networks, volumes } = context.api
    const { verb, args } = yield* actionOf(operation)
    const none: Outputs = {}
    switch (verb) {
      case "CreateNetwork": {
        const desired = yield* upOf(run.desired, operation)
        const network = yield* member(
          desired.networks.find(({ key }) => key === args.key),
          operation,
        )
        const created = yield* Effect.mapError(networks.create(networkBody(desired, network)), (error) =>
          error instanceof EngineFailed && error.status === 409
            ? new NameTaken({ kind: "network", name: network.model.name, owner: "somebody who made it just now" })
            : error,
        )
        return { id: created.Id }
      }
      case "RemoveNetwork":
        yield* networks.remove(args.id).pipe(
          Effect.catchIf(
            // "has active endpoints"
            (error) => args.unlessUsed === true && error instanceof EngineFailed && error.status === 403,
            () => run.report({ subject: operation.resource, current: 0, text: "is still in use and stays" }),
          ),
        )
        return none
      case "CreateVolume": {
        const desired = yield* upOf(run.desired, operation)
        const volume = yield* member(
          desired.volumes.find(({ key }) => key === args.key),
          operation,
        )
        const created = yield* volumes.create(volumeBody(desired, volume))
        // The engine answers with the volume that is there, whoever made it.
        const owner = created.Labels?.[labels.project]
        if (owner !== desired.project)
          return yield* new NameTaken({ kind: "volume", name: created.Name, owner: `project ${owner ?? "(none)"}` })
        return none
      }
      case "RemoveVolume":
        yield* volumes.remove(args.name)
        return none
      case "CreateContainer":
        return yield* createContainer(context, operation, run, args)
      case "CarryFiles": {
        const desired = yield* upOf(run.desired, operation)
        const trees = (desired.trees ?? []).filter(({ digest }) => args.digests.includes(digest))
        // Any image will do: nothing of it runs.
        const { image } = yield* member(desired.services[0], operation)
        const { carryTrees } = yield* Effect.promise(() => import("../../host/carryTrees.ts"))
        const request = { project: desired.project, image: image.id ?? image.reference, trees }
        const carried = yield* carryTrees(context.api, request, run.report)
        return Object.fromEntries(Object.entries(carried).map(([digest, tree]) => [treeKey(digest), tree]))
      }
      case "UploadFiles": {
        const desired = yield* upOf(run.desired, operation)
        const service = yield* member(
          desired.services.find(({ name }) => name === args.service),
          operation,
        )
        const id = yield* containerOf(args.id, operation, run)
        yield* Effect.mapError(upload(context, desired, service, id, args.owned), gone(operation))
        return none
      }
      case "StartContainer": {
        const id = yield* containerOf(args.id, operation, run)
        yield* Effect.mapError(containers.start(id), (error) => portInUse(args.service, gone(operation)(error)))
        return none
      }
      case "RunHook": {
        const id = yield* containerOf(args.id, operation, run)
        yield* runHook(context.api, id, args, run.desired, run.report, operation.resource)
        return none
      }
      case "RunPreStart": {
        const desired = yield* upOf(run.desired, operation)
        const service = yield* member(
          desired.services.find(({ name }) => name === args.service),
          operation,
        )
        const container = yield* containerOf(args.id, operation, run)
        const hook = { service, index: args.index, container, shared: sharedIn(args, run) }
        yield* runPreStart(context.api, desired, hook, run.report, operation.resource)
        return none
      }
      case "UnpauseContainer":
        yield* Effect.mapError(containers.unpause(args.id), gone(operation))
        return none
      case "StopContainer": {
        const id = yield* containerOf(args.id, operation, run)
        yield* containers.stop(id, args.seconds ?? undefined)
        if (run.desired._tag !== "Down") yield* seenStopped(context.api, id)
        return none
      }
      case "RemoveContainer":
        yield* Effect.mapError(
          containers.remove(yield* containerOf(args.id, operation, run), {
            volumes: args.volumes,
            force: args.onlyStopped !== true,
          }),
          (error) =>
            error instanceof EngineFailed && error.status === 409
              ? new PreconditionFailed({ operation: operation.id, resource: operation.resource, detail: error.detail })
              : error,
        )
        return none
      case "RestartContainer":
        yield* Effect.mapError(containers.restart(args.id, args.seconds ?? undefined), (error) =>
          portInUse(args.service, gone(operation)(error)),
        )
        return none
      case "KillContainer":
        yield* Effect.mapError(containers.kill(args.id, args.signal), gone(operation))
        return none
      case "RemoveImage":
        yield* context.api.images.untag(args.name)
        return none
      case "RenameContainer": {
        const id = yield* containerOf(args.id, operation, run)
        yield* containers.rename(id, args.name).pipe(
          Effect.mapError(gone(operation)),
          Effect.catch((error) => nameTaken(context, run.desired.project, operation, args.name, error)),
        )
        return none
      }
      case "Wait": {
        const id = yield* containerOf(args.id, operation, run)
        const waited = waitFor(context.api, id, args, operation)
        if (args.borne !== true) return yield* Effect.as(waited, none)
        const failure = yield* Effect.as(waited, "").pipe(
          Effect.catchTag(["Unhealthy", "ContainerExited"], (error) => Effect.succeed(error.message)),
        )
        if (failure !== "") yield* run.report({ subject: operation.resource, current: 0, text: failure })
        return { failure }
      }
      case "Barrier":
        return none
      case "Delay":
        return yield* Effect.as(Effect.sleep(`${args.millis} millis`), none)
      case "Tally": {
        const bad = Object.entries(run.inputs).filter(([, failure]) => failure !== "")
        if (bad.length <= args.allowed) return none
        return yield* new Unhealthy({
          service: args.service,
          container: bad.map(([name]) => name).join(", "),
          log: bad.map(([, failure]) => failure).join("\n"),
        })
      }
    }
  })
