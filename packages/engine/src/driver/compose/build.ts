/** Builds a service's image over the Engine API: BuildKit without a session, labelled and named as Compose does it. */
import { Effect, Option, Schema, Stream } from "effect"
import { BuildFailed, EngineFailed, FileUnreadable, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Build } from "../../model/StackModel.ts"
import { proxyEnvironment } from "../../transport/dockerConfig.ts"
import type { ProgressLine } from "../../transport/engineAnswers.ts"
import type { Report } from "../Driver.ts"
import { buildContext } from "./buildContext.ts"
import type { BuildPurpose } from "./buildImages.ts"
import { decodeBuildStatus } from "./buildTrace.ts"
import type { ComposeDriverContext } from "./ComposeDriver.ts"
import { composeVersion, labels } from "./names.ts"

const decodeImageId = Schema.decodeUnknownOption(Schema.Struct({ ID: Schema.String }))
const logLines = 15

/** What a build has told so far. */
interface BuildRecord {
  image: string | undefined
  /** Digest → name of the step. */
  readonly steps: Map<string, string>
  /** Digest → the end of what the step printed. */
  readonly output: Map<string, ReadonlyArray<string>>
  failed: { readonly digest: string; readonly name: string } | undefined
}

const follow = (record: BuildRecord, line: ProgressLine): ReadonlyArray<string> => {
  if (typeof line.aux !== "string") {
    record.image = Option.getOrUndefined(decodeImageId(line.aux))?.ID ?? record.image
    return []
  }
  const status = decodeBuildStatus(line.aux)
  const shown: Array<string> = []
  for (const { digest, name, error } of status.steps) {
    if (!record.steps.has(digest)) shown.push(name)
    record.steps.set(digest, name)
    if (error !== "") record.failed ??= { digest, name }
  }
  for (const { digest, text } of status.logs) {
    const lines = text.split("\n").filter((part) => part.trim() !== "")
    shown.push(...lines)
    record.output.set(digest, [...(record.output.get(digest) ?? []), ...lines].slice(-logLines))
  }
  return shown
}

const queryOf = (
  context: ComposeDriverContext,
  stack: Stack,
  name: string,
  build: typeof Build.Type,
  purpose: BuildPurpose,
) => ({
  version: 2,
  rm: 1,
  forcerm: 1,
  target: build.target,
  nocache: build.no_cache === true || purpose.noCache === true ? 1 : undefined,
  pull: build.pull === true || purpose.pull === true ? 1 : undefined,
  networkmode: build.network,
  shmsize: build.shm_size,
  platform: stack.model.services[name]?.platform,
  extrahosts: build.extra_hosts?.map((entry) => entry.replace("=", ":")).join(","),
  buildargs: JSON.stringify({
    ...proxyEnvironment(context.config, context.api.endpoint),
    ...build.args,
    ...purpose.args,
  }),
  labels: JSON.stringify({
    ...build.labels,
    [labels.project]: stack.name,
    [labels.service]: name,
    [labels.version]: composeVersion,
  }),
})

const splitTag = (reference: string): readonly [string, string] => {
  const colon = reference.lastIndexOf(":")
  return colon > reference.lastIndexOf("/")
    ? [reference.slice(0, colon), reference.slice(colon + 1)]
    : [reference, "latest"]
}

/** The id of the image that was built, which also carries the given name. */
export const buildImage = (
  context: ComposeDriverContext,
  stack: Stack,
  name: string,
  image: string,
  purpose: BuildPurpose,
  report: Report,
): Effect.Effect<string, WindFlowError> =>
  Effect.gen(function* () {
    const build = stack.model.services[name]?.build ?? {}
    const found = stack.origin.locate(["services", name, "build"])
    const place = found === undefined ? {} : { place: found }
    const directory = build.context ?? stack.origin.workingDirectory
    const { archive, dockerfile } = yield* Effect.tryPromise({
      try: () =>
        buildContext({ directory, dockerfile: build.dockerfile ?? "Dockerfile", inline: build.dockerfile_inline }),
      catch: (error) =>
        new FileUnreadable({
          path: directory,
          reason: "other",
          detail: `the build context: ${String(error)}`,
          ...place,
        }),
    })
    let unreadable: Error | undefined
    archive.once("error", (error) => (unreadable = error))
    const record: BuildRecord = { image: undefined, steps: new Map(), output: new Map(), failed: undefined }
    const failed = (detail: string) => {
      const { failed, output } = record
      const log = failed === undefined ? [] : (output.get(failed.digest) ?? [])
      return new BuildFailed({
        service: name,
        step: failed?.name ?? "the start",
        detail: [detail, ...log].join("\n"),
        ...place,
      })
    }
    yield* Stream.runForEach(
      context.api.images.build({ ...queryOf(context, stack, name, build, purpose), t: image, dockerfile }, archive),
      (line) =>
        Effect.gen(function* () {
          for (const text of follow(record, line))
            yield* report({ subject: `build ${name}`, current: record.steps.size, text })
          if (line.error !== undefined) return yield* failed(line.error)
        }),
    ).pipe(
      Effect.mapError((error) => {
        if (unreadable !== undefined)
          return new FileUnreadable({
            path: directory,
            reason: "other",
            detail: `the build context: ${unreadable.message}`,
            ...place,
          })
        // A Dockerfile that cannot be parsed is refused before the first step.
        return error instanceof EngineFailed && error.status !== undefined ? failed(error.detail) : error
      }),
    )
    const { image: id } = record
    if (id === undefined) return yield* failed("the engine named no image at the end")
    for (const tag of build.tags ?? []) yield* context.api.images.tag(id, ...splitTag(tag))
    return id
  })
