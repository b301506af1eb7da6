/**
 * Gathers what can be known of an engine before a change, by reading calls; `policy/preflight.ts` judges. The Engine API tells
 * the ports of containers, not those of the host's processes, and no free space: that is asked of the file system where the
 * engine is on this machine.
 */
import { Effect } from "effect"
import type { Finding } from "../../model/errors/Finding.ts"
import type { WindFlowError } from "../../model/errors/union.ts"
import type { Operation } from "../../plan/Operation.ts"
import { findingsOf, type HostPort } from "../../policy/preflight.ts"
import { registryAuth } from "../../transport/registryAuth.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { Desired, DesiredService, DesiredUp } from "./Desired.ts"
import { engineDisk, enginePlatform } from "./engineFacts.ts"
import { nameOf } from "./observe.ts"

type Operations = ReadonlyArray<Pick<Operation, "verb" | "args" | "precondition">>

const servicesOf = (desired: DesiredUp, operations: Operations, verb: string): ReadonlyArray<DesiredService> => {
  const names = new Set(operations.filter((operation) => operation.verb === verb).map(({ args }) => args["service"]))
  return desired.services.filter(({ name }) => names.has(name))
}

const wantedPorts = (service: DesiredService): ReadonlyArray<HostPort & { readonly service: string }> =>
  (service.model.ports ?? []).flatMap(({ published = "", host_ip, protocol = "tcp" }) =>
    /^[1-9]\d*$/.test(published)
      ? [{ service: service.name, ip: host_ip ?? "", port: Number(published), protocol }]
      : [],
  )

/** Ports of containers that no operation of the plan ends. */
const heldPorts = (context: ComposeDriverContext, operations: Operations) => {
  const leaving = new Set(
    operations
      .filter(({ verb }) => verb === "StopContainer" || verb === "RemoveContainer")
      .map(({ precondition }) => precondition?.["id"]),
  )
  return Effect.map(context.api.containers.list({ status: ["running", "paused", "restarting"] }), (all) =>
    all
      .filter(({ Id }) => !leaving.has(Id))
      .flatMap((container) =>
        (container.Ports ?? []).flatMap(({ IP, PublicPort, Type }) =>
          PublicPort === undefined
            ? []
            : [{ holder: nameOf(container), ip: IP ?? "", port: PublicPort, protocol: Type }],
        ),
      ),
  )
}

interface LookedAt {
  readonly service: DesiredService
  readonly reference: string
}

/** One call for each image that is to become a container. */
const images = (context: ComposeDriverContext, services: ReadonlyArray<DesiredService>) => {
  const byId = new Map<string, LookedAt>()
  for (const service of services)
    if (service.image.id !== null && !byId.has(service.image.id))
      byId.set(service.image.id, { service, reference: service.image.reference })
  return Effect.forEach(
    byId,
    ([id, { service, reference }]) =>
      Effect.map(context.api.images.find(id), (found) => ({
        service: service.name,
        reference,
        found: found !== undefined,
        os: found?.Os ?? "",
        architecture: found?.Architecture ?? "",
        chosen: service.model.platform !== undefined,
      })),
    { concurrency: 8 },
  )
}

/** What a preview has not pulled: whether the registry would give it. */
const registries = (context: ComposeDriverContext, services: ReadonlyArray<DesiredService>) => {
  const pending = new Map(
    services.filter(({ image }) => image.pending === "pull").map(({ name, image }) => [image.reference, name] as const),
  )
  return Effect.map(
    Effect.forEach(
      pending,
      ([reference, service]) =>
        Effect.flatMap(registryAuth(context.config, reference), (auth) =>
          context.api.images.digest(reference, auth),
        ).pipe(
          Effect.as([]),
          Effect.catchTag(["EngineFailed", "NotAuthorised"], (error) =>
            Effect.succeed([{ service, reference, why: error.detail }]),
          ),
        ),
      { concurrency: 4 },
    ),
    (found) => found.flat(),
  )
}

/** Values of secrets that are to be revealed: a saved state names versions, the store has the present one. */
const secrets = (context: ComposeDriverContext, desired: DesiredUp, services: ReadonlyArray<DesiredService>) =>
  desired.origin !== "saved"
    ? Effect.succeed([])
    : Effect.forEach(
        services.flatMap((service) => service.secrets.map(({ name, version }) => ({ service, name, version }))),
        ({ service, name, version }) =>
          context.secrets.version(name).pipe(
            Effect.map((present) => ({ service: service.name, name, wanted: version, present })),
            Effect.catchTag("SecretMissing", () => Effect.succeed({ service: service.name, name, wanted: version })),
          ),
        { concurrency: 8 },
      )

export const preflight = (
  context: ComposeDriverContext,
  desired: Desired,
  operations: Operations,
): Effect.Effect<ReadonlyArray<Finding>, WindFlowError> =>
  Effect.gen(function* () {
    if (desired._tag !== "Up") return []
    const created = servicesOf(desired, operations, "CreateContainer")
    const wanted = servicesOf(desired, operations, "StartContainer").flatMap(wantedPorts)
    const none: ReadonlyArray<never> = []
    const facts = yield* Effect.all(
      {
        held: wanted.length === 0 ? Effect.succeed(none) : heldPorts(context, operations),
        images: images(context, created),
        refusedImages: registries(context, created),
        secrets: secrets(context, desired, created),
        disk: created.length === 0 ? Effect.succeed(undefined) : engineDisk(context),
        engine: created.length === 0 ? Effect.succeed(undefined) : enginePlatform(context),
      },
      { concurrency: 8 },
    )
    return findingsOf({
      wanted,
      held: facts.held,
      images: facts.images.filter(({ found }) => found),
      missingImages: facts.images.filter(({ found }) => !found),
      secrets: facts.secrets,
      refusedImages: facts.refusedImages,
      ...(facts.disk === undefined ? {} : { disk: facts.disk }),
      ...(facts.engine === undefined ? {} : { engine: { os: facts.engine.Os, architecture: facts.engine.Arch } }),
    })
  })
