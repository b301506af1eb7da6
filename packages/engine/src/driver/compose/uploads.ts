/**
 * Configs and secrets that are no files of this machine: files that are put into a container before it starts, as Compose does.
 * Which they are is pure; the archive is made when it is sent.
 */
import { Effect, Redacted } from "effect"
import { Internal, VariableMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { FileReference } from "../../model/StackModel.ts"
import { apiSocketConfig, apiSocketContent } from "./apiSocket.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import type { ContentKind } from "./contents.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { grantTarget, isUploaded } from "./mounts.ts"

export interface Upload {
  readonly kind: ContentKind
  readonly key: string
  /** Absolute, in the container. */
  readonly target: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

const defaultMode = 0o444

/** An owner is named: then the engine is asked to give the file to the container's user where it runs as one. */
const isOwned = ({ uid, gid }: typeof FileReference.Type): boolean => (uid ?? "") !== "" || (gid ?? "") !== ""

/** `owned` or not: the engine takes that flag for a whole archive, so there are at most two. Secrets before configs. */
export const uploadsOf = (desired: DesiredUp, service: DesiredService, owned: boolean): ReadonlyArray<Upload> => {
  const of = (kind: ContentKind, objects: DesiredUp["configs"], directory: string) =>
    (service.model[kind] ?? [])
      .filter((grant) => isUploaded(objects[grant.source ?? ""]) && isOwned(grant) === owned)
      .map((grant): Upload => ({
        kind,
        key: grant.source ?? "",
        target: grantTarget(grant, directory),
        mode: grant.mode === undefined ? defaultMode : Number.parseInt(grant.mode, 8),
        uid: Number(grant.uid ?? "0"),
        gid: Number(grant.gid ?? "0"),
      }))
  return [...of("secrets", desired.secretFiles, "/run/secrets/"), ...of("configs", desired.configs, "/")]
}

/** What `prepare` read in this process; a saved plan brings no values, then the variable is asked. */
const valueOf = (
  context: ComposeDriverContext,
  desired: DesiredUp,
  service: DesiredService,
  { kind, key }: Upload,
): Effect.Effect<Redacted.Redacted, WindFlowError> => {
  if (key === apiSocketConfig) return Effect.map(apiSocketContent(context.config), (text) => Redacted.make(text))
  const object = (kind === "configs" ? desired.configs : desired.secretFiles)[key]
  if ((object?.content ?? "") !== "") return Effect.succeed(Redacted.make(object?.content ?? ""))
  const content = service.contents.find((candidate) => candidate.kind === kind && candidate.key === key)
  const held = content === undefined ? undefined : context.contents.get(content)
  if (held !== undefined) return Effect.succeed(held)
  const variable = object?.environment ?? ""
  const value = context.variable?.(variable)
  return value === undefined
    ? Effect.fail(new VariableMissing({ variable, subject: `${kind}.${key}` }))
    : Effect.succeed(Redacted.make(value))
}

const archiveOf = (files: ReadonlyArray<readonly [Upload, Redacted.Redacted]>): Effect.Effect<Buffer, Internal> =>
  Effect.tryPromise({
    try: async () => {
      const [{ pack }, { buffer }] = await Promise.all([import("tar-stream"), import("node:stream/consumers")])
      const archive = pack()
      for (const [{ target, mode, uid, gid }, value] of files)
        // An empty value gives no file, as with Compose.
        if (Redacted.value(value) !== "") archive.entry({ name: target, mode, uid, gid }, Redacted.value(value))
      archive.finalize()
      return buffer(archive)
    },
    catch: (error) => new Internal({ detail: `the archive of configs and secrets: ${String(error)}` }),
  })

export const upload = (
  context: ComposeDriverContext,
  desired: DesiredUp,
  service: DesiredService,
  container: string,
  owned: boolean,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const files = yield* Effect.forEach(uploadsOf(desired, service, owned), (file) =>
      Effect.map(valueOf(context, desired, service, file), (value) => [file, value] as const),
    )
    yield* context.api.containers.putArchive(container, yield* archiveOf(files), { owned })
  })
