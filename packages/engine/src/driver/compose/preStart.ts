/**
 * `pre_start` hooks: containers of their own that run to their end before a service starts, with the volumes and networks of its
 * first container. Compose 5.5.0 runs them once a service, when none of its containers runs.
 */
import { Effect, type Schema } from "effect"
import { HookFailed, Internal, type WindFlowError } from "../../model/errors/union.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { Report } from "../Driver.ts"
import { networking } from "./createBody.ts"
import type { DesiredService, DesiredUp } from "./Desired.ts"
import { environmentOf } from "./hooks.ts"
import { composeVersion, containerName, labels } from "./names.ts"
import { reportLines } from "./runHooks.ts"
import { resolveShared, type SharedIds } from "./sharing.ts"

type JsonObject = { readonly [key: string]: Schema.Json }

export interface PreStartRun {
  readonly service: DesiredService
  readonly index: number
  /** The container whose volumes it has. */
  readonly container: string
  readonly shared: SharedIds
}

/** Named as no replica is, and marked: what a crash leaves is removed by the next run. Pure. */
export const preStartBody = (desired: DesiredUp, run: PreStartRun): JsonObject | undefined => {
  const { service, index, container, shared } = run
  const hook = service.model.pre_start?.[index]
  if (hook === undefined) return undefined
  const model = resolveShared(service.model, shared)
  const network = networking(desired, service, model, containerName(desired.project, service.name, model, 0), [])
  return {
    Image: hook.image ?? service.image.reference,
    Cmd: hook.command,
    User: hook.user ?? "",
    WorkingDir: hook.working_dir ?? "",
    Env: [...environmentOf(service.model.environment), ...environmentOf(hook.environment)],
    Labels: {
      [labels.project]: desired.project,
      [labels.service]: service.name,
      [labels.version]: composeVersion,
      [labels.hook]: "pre_start",
    },
    HostConfig: {
      Privileged: hook.privileged ?? false,
      VolumesFrom: [container],
      NetworkMode: network.mode,
    },
    ...network.config,
  }
}

/** Creates it, follows it to its end and removes it, also when it fails. */
export const runPreStart = (
  api: DockerApiShape,
  desired: DesiredUp,
  run: PreStartRun,
  report: Report,
  subject: string,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const { service, index } = run
    const body = preStartBody(desired, run)
    if (body === undefined)
      return yield* new Internal({ detail: `${service.name} has no pre_start[${index}] in the desired state` })
    const { Id } = yield* Effect.acquireRelease(api.containers.create(undefined, body), ({ Id }) =>
      // What cannot be removed now is removed as a left-over later; the hook's own failure is what matters.
      Effect.ignore(api.containers.remove(Id, { volumes: true })),
    )
    yield* api.containers.start(Id)
    // Followed until it ends; a log that cannot be read must not keep the service from starting.
    const output = api.containers.logs(Id, { follow: true, timestamps: false })
    const log = yield* reportLines(output, report, subject).pipe(Effect.orElseSucceed(() => ""))
    const exitCode = yield* yield* api.containers.wait(Id, "not-running")
    if (exitCode !== 0)
      return yield* new HookFailed({
        service: service.name,
        container: Id.slice(0, 12),
        hook: `pre_start[${index}]`,
        exitCode,
        log,
      })
  }).pipe(Effect.scoped)
