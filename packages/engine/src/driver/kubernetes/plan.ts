/**
 * The Kubernetes planner, pure. Order: what a service reads, its Service, its Deployment, the rollout; a service after those it
 * depends on (`service_healthy`: after their rollout). Deletions come last, when nothing uses them any more; an object whose
 * immutable field changes is deleted first.
 */
import { Match, Result, type Schema } from "effect"
import { EngineFailed, Internal, NameTaken, PortInUse, type WindFlowError } from "../../model/errors/index.ts"
import type { FieldChange, GroupKind, Operation, PlanDraft } from "../../plan/index.ts"
import type { Kind } from "./objects.ts"
import { type Desired, type DesiredObject, keyOf, type LiveObject, type Observed, type Trial } from "./state.ts"
import type { Precondition } from "./verbs.ts"

/** Seconds for Pods to end; a grace period beyond it fails the wait, and the next run goes on waiting. */
const deleteSeconds = 120

const resourceOf = (object: { readonly kind: Kind; readonly name: string }): string =>
  `${object.kind.toLowerCase()}:${object.name}`

const guardOf = (live: LiveObject): Precondition =>
  live.generation === undefined
    ? { uid: live.uid, resourceVersion: live.resourceVersion }
    : { uid: live.uid, generation: String(live.generation) }

/** The cause in words: the last named part of the first field that says something. */
const causeOf = (fields: ReadonlyArray<FieldChange>): string => {
  const words = fields.map(({ path }) =>
    path.startsWith("data.") || path.endsWith("windflow.dev/configuration")
      ? "configuration"
      : (/\.(image|replicas|env|ports|command|args)(\b|\[)/.exec(path)?.[1] ?? path),
  )
  return `${[...new Set(words)].join(", ")} changed`
}

class Draft {
  readonly groups: Array<PlanDraft["groups"][number]> = []
  readonly operations: Array<Operation> = []
  /** `keyOf` → ids of operations after which the object is as desired. */
  readonly applied = new Map<string, ReadonlyArray<string>>()
  readonly rolledOut = new Map<string, ReadonlyArray<string>>()

  group(
    kind: GroupKind,
    object: DesiredObject | LiveObject,
    cause: string,
    fields: ReadonlyArray<FieldChange> = [],
  ): string {
    const id = `${kind}:${resourceOf(object)}`
    this.groups.push({ id, kind, resource: resourceOf(object), cause, fields })
    return id
  }

  operation(
    object: { readonly kind: Kind; readonly name: string },
    what: string,
    rest: Pick<Operation, "verb" | "group" | "cause" | "needs" | "recovery"> &
      Partial<Pick<Operation, "precondition" | "inputs">> & { readonly seconds?: number },
  ): string {
    const { seconds, ...operation } = rest
    const id = `${resourceOf(object)}/${what}`
    const needs = [...new Set(operation.needs)]
    const args = { kind: object.kind, name: object.name, ...(seconds === undefined ? {} : { seconds }) }
    this.operations.push({ id, resource: resourceOf(object), ...operation, needs, args })
    return id
  }

  apply(object: DesiredObject, group: string, cause: string, needs: ReadonlyArray<string>, guard: Precondition): void {
    this.applied.set(keyOf(object), [
      this.operation(object, "apply", { verb: "Apply", group, cause, needs, precondition: guard, recovery: "observe" }),
    ])
  }

  /** The id of the operation after which it is gone: a Deployment goes after its Pods, others at once. */
  remove(live: LiveObject, group: string, cause: string, needs: ReadonlyArray<string>): string {
    const wait = (after: ReadonlyArray<string>, because: string) =>
      this.operation(live, "gone", {
        verb: "WaitGone",
        group,
        cause: because,
        needs: after,
        precondition: { uid: live.uid },
        recovery: "idempotent",
        seconds: deleteSeconds,
      })
    if (live.deleting) return wait(needs, "it is being deleted")
    const precondition = guardOf(live)
    const deleted = this.operation(live, "delete", {
      verb: "Delete",
      group,
      cause,
      needs,
      precondition,
      recovery: "observe",
    })
    return live.kind === "Deployment" ? wait([deleted], cause) : deleted
  }
}

const planObject = (
  draft: Draft,
  object: DesiredObject,
  live: LiveObject | undefined,
  trial: Trial,
  gates: ReadonlyArray<string>,
): Result.Result<void, WindFlowError> => {
  const needs = [...gates, ...object.after.flatMap((key) => draft.applied.get(key) ?? [])]
  const create = (group: string, cause: string, after: ReadonlyArray<string>) =>
    Result.succeed(draft.apply(object, group, cause, after, { absent: "true" }))
  const replace = (old: LiveObject, cause: string) => {
    const group = draft.group("replace", object, cause)
    return create(group, cause, [draft.remove(old, group, cause, needs)])
  }
  // A trial that speaks of a live object was made against one; without it in the same snapshot, it went away in between.
  const moved = new EngineFailed({ call: `observing ${keyOf(object)}`, detail: "it changed while it was observed" })
  if (live?.deleting === true) return replace(live, "it is being deleted")
  return Match.valueTags(trial, {
    Taken: ({ owner }) => Result.fail(new NameTaken({ kind: object.kind, name: object.name, owner })),
    PortTaken: ({ port, detail }) =>
      Result.fail(new PortInUse({ service: object.service ?? object.name, port, detail })),
    Unchanged: () => Result.succeed(void draft.group("none", object, "up to date")),
    Creates: () =>
      live === undefined
        ? create(draft.group("create", object, "does not exist"), "does not exist", needs)
        : Result.fail(moved),
    Changes: ({ fields }) => {
      if (live === undefined) return Result.fail(moved)
      const cause = causeOf(fields)
      return Result.succeed(
        draft.apply(object, draft.group("update", object, cause, fields), cause, needs, guardOf(live)),
      )
    },
    Immutable: ({ field }) =>
      live === undefined ? Result.fail(moved) : replace(live, `${field} cannot change in place`),
  })
}

/** A wait when something was applied or has not settled yet, and somebody wants to know. */
const planRollout = (draft: Draft, desired: Desired, object: DesiredObject, live: LiveObject | undefined): void => {
  const applied = draft.applied.get(keyOf(object)) ?? []
  const awaited =
    desired.until === "healthy" ||
    desired.services.some((service) => service.dependsOn.some((gate) => gate.healthy && gate.service === object.name))
  if (!awaited || (applied.length === 0 && live?.settled === true)) return
  const [apply] = applied
  const group = draft.group("wait", object, "rollout")
  draft.rolledOut.set(object.name, [
    draft.operation(object, "rollout", {
      verb: "WaitRollout",
      group,
      cause: "rollout",
      needs: applied,
      ...(apply === undefined ? {} : { inputs: { generation: { operation: apply, output: "generation" } } }),
      recovery: "idempotent",
      seconds: desired.waitTimeout,
    }),
  ])
}

/** Deployments first, each after those that depend on it; then what they used. */
const planDeletions = (draft: Draft, doomed: ReadonlyArray<LiveObject>, cause: string): void => {
  const before = draft.operations.map((operation) => operation.id)
  const gone = new Map<string, string>()
  const deployments = doomed.filter((object) => object.kind === "Deployment")
  const remove = (live: LiveObject, path: ReadonlySet<string>): void => {
    if (gone.has(live.name)) return
    const dependents = deployments.filter((other) => other.dependsOn.includes(live.name) && !path.has(other.name))
    for (const dependent of dependents) remove(dependent, new Set([...path, live.name]))
    if (gone.has(live.name)) return
    const needs = [...before, ...dependents.flatMap((dependent) => gone.get(dependent.name) ?? [])]
    gone.set(live.name, draft.remove(live, draft.group("delete", live, cause), cause, needs))
  }
  for (const live of deployments) remove(live, new Set([live.name]))
  for (const live of doomed)
    if (live.kind !== "Deployment")
      draft.remove(live, draft.group("delete", live, cause), cause, [
        ...before,
        // A ConfigMap without a service may be read by any of them.
        ...(live.service === undefined ? [...gone.values()] : [gone.get(live.service) ?? []].flat()),
      ])
}

const snapshotOf = (desired: Desired, observed: Observed): Schema.Json => ({
  // Whether a rollout has settled is health: it decides about waits only, and makes no plan stale.
  live: observed.live
    .map((live) => ({ key: keyOf(live), guard: guardOf(live), service: live.service ?? null, deleting: live.deleting }))
    .sort((a, b) => (a.key < b.key ? -1 : 1)),
  trials: desired.objects.map((object) => {
    const trial = observed.trials[keyOf(object)]
    return [
      keyOf(object),
      trial?._tag ?? null,
      trial?._tag === "Changes" ? trial.fields.map((field) => [field.path, field.after ?? null]) : [],
    ]
  }),
})

export const plan = (desired: Desired, observed: Observed): Result.Result<PlanDraft, WindFlowError> => {
  const draft = new Draft()
  const live = new Map(observed.live.map((object) => [keyOf(object), object]))
  for (const object of desired.objects) {
    const service = desired.services.find((service) => service.name === object.service)
    const gates =
      object.kind === "Deployment"
        ? [
            ...(draft.applied.get(keyOf({ kind: "Service", name: object.name })) ?? []),
            ...(service?.dependsOn ?? []).flatMap((gate) =>
              gate.healthy
                ? (draft.rolledOut.get(gate.service) ?? [])
                : (draft.applied.get(keyOf({ kind: "Deployment", name: gate.service })) ?? []),
            ),
          ]
        : []
    const trial = observed.trials[keyOf(object)]
    if (trial === undefined)
      return Result.fail(new Internal({ detail: `${keyOf(object)} is desired and was not observed` }))
    const planned = planObject(draft, object, live.get(keyOf(object)), trial, gates)
    if (Result.isFailure(planned)) return Result.fail(planned.failure)
    if (object.kind === "Deployment") planRollout(draft, desired, object, live.get(keyOf(object)))
  }
  const wanted = new Set(desired.objects.map(keyOf))
  const deployed = new Set(desired.services.map((service) => service.name))
  const rest = observed.live.filter((object) => !wanted.has(keyOf(object)))
  const spared = (object: LiveObject) =>
    // With some services left alone, nobody knows which configs they read.
    object.service === undefined ? desired.spared.length > 0 : desired.spared.includes(object.service)
  const orphan = (object: LiveObject) => object.service !== undefined && !deployed.has(object.service)
  const doomed = rest.filter((object) => !spared(object) && (desired.removeOrphans || !orphan(object)))
  const orphans = rest.filter((object) => !spared(object) && orphan(object) && !desired.removeOrphans)
  planDeletions(draft, doomed, desired.intent === "down" ? "the deployment is removed" : "no longer in the stack")
  return Result.succeed({
    groups: draft.groups,
    operations: draft.operations,
    snapshot: snapshotOf(desired, observed),
    warnings: [
      ...desired.warnings,
      ...orphans
        .filter((object) => object.kind === "Deployment")
        .map((object) => `service ${object.name} is not in the stack and still runs: --remove-orphans removes it`),
    ],
  })
}
