/**
 * Does one operation, and tells what became of one. A change is sent with uid and resourceVersion, so the API server refuses it
 * when somebody else was faster; where the precondition is a generation (a Deployment's status changes its version all the
 * time), the version is read first.
 */
import { Effect, Match, Option, Schedule, Schema } from "effect"
import { Internal, NameTaken, PortInUse, PreconditionFailed, type WindFlowError } from "../../model/errors/index.ts"
import type { Operation, Outputs } from "../../plan/index.ts"
import type { ExecuteContext, Recovery } from "../Driver.ts"
import { decodeAnswer, get, isSuccess, statusOf } from "./call.ts"
import { type KubeApi, type KubeRequest, type KubeResponse, refusal } from "./KubeApi.ts"
import { AnyObject, type Kind, Deployment, type Metadata, pathOf } from "./objects.ts"
import { awaitGone, awaitRollout, settled } from "./rollout.ts"
import { type Desired, type DesiredObject, keyOf, Manifest } from "./state.ts"
import { applyRequest, conflictOwner, immutableField, takenPort, tryApply } from "./trial.ts"
import { type Precondition, preconditionOf, type Verb, verbOf } from "./verbs.ts"

type Target = { readonly kind: Kind; readonly name: string }

/** The version read is outdated already: read again. Never leaves this module. */
class Outdated extends Schema.TaggedError<Outdated>()("Outdated", {}) {}

const outputsOf = (metadata: Metadata): Outputs => ({
  uid: metadata.uid,
  ...(metadata.generation === undefined ? {} : { generation: String(metadata.generation) }),
})

const broken = (operation: Operation, detail: string) =>
  new PreconditionFailed({ operation: operation.id, resource: operation.resource, detail })

/** Uid and version to send, or `undefined` for "must not be there"; fails when the precondition does not hold. */
const guard = (api: KubeApi, operation: Operation, target: Target, precondition: Precondition) =>
  Effect.gen(function* () {
    if ("resourceVersion" in precondition) return precondition
    const found = yield* get(api, AnyObject, pathOf(target.kind, api.namespace, target.name))
    if ("absent" in precondition)
      return yield* found === undefined ? Effect.succeed(undefined) : Effect.fail(broken(operation, "exists already"))
    if (found === undefined) return yield* broken(operation, "is not there any more")
    const { uid, resourceVersion, generation } = found.metadata
    if (uid !== precondition.uid) return yield* broken(operation, "was deleted and created again")
    if (String(generation) !== precondition.generation)
      return yield* broken(operation, `was changed (generation ${precondition.generation}, now ${generation})`)
    return { uid, resourceVersion }
  })

/** Reading the version and changing by it, again while only status writers are faster. */
const conditionally = <A>(
  operation: Operation,
  attempt: Effect.Effect<A, WindFlowError | Outdated>,
): Effect.Effect<A, WindFlowError> =>
  attempt.pipe(
    Effect.retry({
      while: (error) => error._tag === "Outdated",
      schedule: Schedule.max([Schedule.exponential("20 millis"), Schedule.recurs(8)]),
    }),
    Effect.catchTag("Outdated", () => Effect.fail(broken(operation, "keeps changing"))),
  )

const decodeMetadata = Schema.decodeUnknownOption(Manifest)

const withGuard = (object: DesiredObject, held: { uid: string; resourceVersion: string } | undefined): Manifest => ({
  ...object.manifest,
  metadata: { ...Option.getOrElse(decodeMetadata(object.manifest["metadata"]), () => ({})), ...held },
})

const conflict = (
  operation: Operation,
  object: Target,
  precondition: Precondition,
  request: KubeRequest,
  response: KubeResponse,
): WindFlowError | Outdated => {
  const status = statusOf(response)
  const owner = conflictOwner(status)
  if (owner !== undefined) return new NameTaken({ kind: object.kind, name: object.name, owner })
  const port = takenPort(status)
  if (port !== undefined) return new PortInUse({ service: object.name, ...port })
  if (response.status === 409)
    return "generation" in precondition ? new Outdated() : broken(operation, status.message ?? "was changed")
  return immutableField(status) === "metadata.uid" || (response.status === 404 && !("absent" in precondition))
    ? broken(operation, "was deleted meanwhile")
    : refusal(request, response)
}

const apply = (api: KubeApi, operation: Operation, desired: Desired, object: DesiredObject) =>
  Effect.gen(function* () {
    const precondition = yield* preconditionOf(operation)
    const attempt = Effect.gen(function* () {
      const held = yield* guard(api, operation, object, precondition)
      const request = applyRequest(api, object, {
        project: desired.project,
        dryRun: false,
        force: held !== undefined,
        manifest: withGuard(object, held),
      })
      const response = yield* api.send(request)
      if (!isSuccess(response)) return yield* Effect.fail(conflict(operation, object, precondition, request, response))
      const { metadata } = yield* decodeAnswer(AnyObject)(request, response.body)
      return outputsOf(metadata)
    })
    return yield* conditionally(operation, attempt)
  })

const remove = (api: KubeApi, operation: Operation, target: Target) =>
  Effect.gen(function* () {
    const precondition = yield* preconditionOf(operation)
    const attempt = Effect.gen(function* () {
      const held = yield* guard(api, operation, target, precondition)
      if (held === undefined) return {}
      const request: KubeRequest = {
        method: "DELETE",
        path: pathOf(target.kind, api.namespace, target.name),
        body: {
          apiVersion: "v1",
          kind: "DeleteOptions",
          // A Deployment goes when its Pods are gone; nothing else here owns anything worth waiting for.
          propagationPolicy: target.kind === "Deployment" ? "Foreground" : "Background",
          preconditions: { uid: held.uid, resourceVersion: held.resourceVersion },
        },
      }
      const response = yield* api.send(request)
      return isSuccess(response) ? {} : yield* Effect.fail(conflict(operation, target, precondition, request, response))
    })
    return yield* conditionally(operation, attempt)
  })

const desiredObject = (
  operation: Operation,
  desired: Desired,
  target: Target,
): Effect.Effect<DesiredObject, WindFlowError> => {
  const object = desired.objects.find((object) => keyOf(object) === keyOf(target))
  return object === undefined
    ? Effect.fail(new Internal({ detail: `operation ${operation.id} names an object that is not desired` }))
    : Effect.succeed(object)
}

const generationOf = (inputs: Outputs): number | undefined =>
  inputs["generation"] === undefined ? undefined : Number(inputs["generation"])

const run = (
  api: KubeApi,
  operation: Operation,
  verb: Verb,
  { desired, inputs, report }: ExecuteContext<Desired>,
): Effect.Effect<Outputs, WindFlowError> =>
  Match.valueTags(verb, {
    Apply: (target) =>
      Effect.flatMap(desiredObject(operation, desired, target), (object) => apply(api, operation, desired, object)),
    Delete: (target) => remove(api, operation, target),
    WaitRollout: ({ name, seconds }) =>
      Effect.as(
        awaitRollout(api, { project: desired.project, name, generation: generationOf(inputs), seconds, report }),
        {},
      ),
    WaitGone: ({ kind, name, seconds }) =>
      Effect.as(awaitGone(api, { kind, name, uid: operation.precondition?.["uid"], seconds }), {}),
  })

export const execute = (api: KubeApi, operation: Operation, context: ExecuteContext<Desired>) =>
  Effect.flatMap(verbOf(operation), (verb) => run(api, operation, verb, context))

const happened = (outputs: Outputs): Recovery => ({ _tag: "Happened", outputs })
const didNotHappen: Recovery = { _tag: "DidNotHappen" }

const ask = (
  api: KubeApi,
  operation: Operation,
  verb: Verb,
  { desired, inputs }: ExecuteContext<Desired>,
): Effect.Effect<Recovery, WindFlowError> =>
  Effect.gen(function* () {
    const path = pathOf(verb.kind, api.namespace, verb.name)
    const raw = yield* get(api, Schema.Unknown, path)
    if (raw === undefined) return verb._tag === "Delete" || verb._tag === "WaitGone" ? happened({}) : didNotHappen
    const { metadata } = yield* decodeAnswer(AnyObject)({ method: "GET", path }, raw)
    const other = metadata.uid !== operation.precondition?.["uid"]
    return yield* Match.valueTags(verb, {
      Apply: (target) =>
        desiredObject(operation, desired, target).pipe(
          // It happened when doing it now would change nothing: a dry run says so whoever wrote in between.
          Effect.flatMap((object) => tryApply(api, desired.project, object, raw)),
          Effect.map((trial) => (trial._tag === "Unchanged" ? happened(outputsOf(metadata)) : didNotHappen)),
        ),
      Delete: () => Effect.succeed(other || metadata.deletionTimestamp !== undefined ? happened({}) : didNotHappen),
      WaitGone: () => Effect.succeed(other ? happened({}) : didNotHappen),
      WaitRollout: () =>
        Effect.map(decodeAnswer(Deployment)({ method: "GET", path }, raw), (deployment) =>
          settled(deployment, generationOf(inputs)) ? happened({}) : didNotHappen,
        ),
    })
  })

export const recover = (api: KubeApi, operation: Operation, context: ExecuteContext<Desired>) =>
  Effect.flatMap(verbOf(operation), (verb) => ask(api, operation, verb, context))
