/** One snapshot: a list for each kind, and a dry run for each desired object. Nothing is called after it. */
import { Effect, Option, Schema } from "effect"
import type { WindFlowError } from "../../model/errors/index.ts"
import { decodeAnswer, list } from "./call.ts"
import type { KubeApi } from "./KubeApi.ts"
import { AnyObject, annotations, Deployment, Kind, labels, ownedBy, pathOf } from "./objects.ts"
import { settled } from "./rollout.ts"
import { type Desired, keyOf, type LiveObject, type Observed } from "./state.ts"
import { tryApply } from "./trial.ts"

const kinds: ReadonlyArray<Kind> = Kind.literals

const liveOf = (kind: Kind, raw: unknown) =>
  Effect.gen(function* () {
    const { metadata } = yield* decodeAnswer(AnyObject)({ method: "GET", path: kind }, raw)
    const dependsOn = metadata.annotations?.[annotations.dependsOn]
    return {
      kind,
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      generation: metadata.generation,
      service: metadata.labels?.[labels.service],
      dependsOn: dependsOn === undefined ? [] : dependsOn.split(","),
      deleting: metadata.deletionTimestamp !== undefined,
      settled:
        kind !== "Deployment" ||
        Option.exists(Schema.decodeUnknownOption(Deployment)(raw), (deployment) => settled(deployment)),
    } satisfies LiveObject
  })

export const observe = (api: KubeApi, desired: Desired): Effect.Effect<Observed, WindFlowError> =>
  Effect.gen(function* () {
    const found = yield* Effect.forEach(
      kinds,
      (kind) =>
        list(api, Schema.Unknown, pathOf(kind, api.namespace), { labelSelector: ownedBy(desired.project) }).pipe(
          Effect.flatMap(({ items }) =>
            Effect.forEach(items, (raw) => Effect.map(liveOf(kind, raw), (live) => ({ raw, live }))),
          ),
        ),
      { concurrency: "unbounded" },
    )
    const all = found.flat()
    const raw = new Map(all.map((item) => [keyOf(item.live), item.raw]))
    const trials = yield* Effect.forEach(
      desired.objects,
      (object) =>
        Effect.map(
          tryApply(api, desired.project, object, raw.get(keyOf(object))),
          (trial) => [keyOf(object), trial] as const,
        ),
      { concurrency: 8 },
    )
    return { live: all.map((item) => item.live), trials: Object.fromEntries(trials) }
  })
