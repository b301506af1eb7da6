/** Runs one hook in a container that runs; its output is progress, a code other than 0 fails the run, as with Compose. */
import { Effect, Stream } from "effect"
import { EngineFailed, HookFailed, type WindFlowError } from "../../model/errors/union.ts"
import { type Frame, textLines } from "../../transport/demultiplex.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { Report } from "../Driver.ts"
import type { Desired } from "./Desired.ts"
import { outputOf } from "./exec.ts"
import { type ContainerHook, type HookKind, hooksInLabels, hooksOf } from "./hooks.ts"

export interface HookRun {
  readonly service: string
  readonly name: string
  readonly hook: HookKind
  readonly index: number
}

const keptLines = 20

/** Tells each line and keeps the last ones, for the error. */
export const reportLines = <E>(
  output: Stream.Stream<Frame, E>,
  report: Report,
  subject: string,
): Effect.Effect<string, E> =>
  Effect.gen(function* () {
    const last: Array<string> = []
    yield* Stream.runForEach(textLines(output), ({ text }) => {
      last.push(text)
      if (last.length > keptLines) last.shift()
      return report({ subject, current: 0, text })
    })
    return last.join("\n")
  })

const goneOrStopped = (error: WindFlowError): boolean =>
  error instanceof EngineFailed && (error.status === 404 || error.status === 409)

const definitionOf = (
  labels: Readonly<Record<string, string>>,
  desired: Desired,
  { service, hook, index }: HookRun,
): ContainerHook | undefined => {
  const model = desired._tag === "Up" ? desired.services.find(({ name }) => name === service)?.model : undefined
  const hooks = hooksInLabels(labels) ?? (model === undefined ? undefined : hooksOf(model))
  return hooks?.[hook]?.[index]
}

const runIn = (
  api: DockerApiShape,
  id: string,
  definition: ContainerHook,
  run: HookRun,
  report: Report,
  subject: string,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const created = yield* api.exec.create(id, {
      Cmd: definition.command,
      AttachStdout: true,
      AttachStderr: true,
      Privileged: definition.privileged ?? false,
      User: definition.user ?? "",
      WorkingDir: definition.working_dir ?? "",
      Env: definition.environment ?? [],
    })
    const { socket, head } = yield* api.exec.start(created.Id, false)
    // A socket error reaches whoever reads; without a listener Node would end the process.
    socket.on("error", () => undefined)
    const log = yield* reportLines(outputOf(api.endpoint, socket, head, false), report, subject)
    const { ExitCode } = yield* api.exec.inspect(created.Id)
    if (ExitCode !== 0)
      yield* new HookFailed({
        service: run.service,
        container: run.name,
        hook: `${run.hook}[${run.index}]`,
        exitCode: ExitCode ?? -1,
        log,
      })
  }).pipe(Effect.scoped)

/** A container that stopped or went meanwhile needs no `pre_stop` any more. */
export const runHook = (
  api: DockerApiShape,
  id: string,
  run: HookRun,
  desired: Desired,
  report: Report,
  subject: string,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const details = yield* api.containers.inspect(id)
    const definition = definitionOf(details.Config.Labels ?? {}, desired, run)
    if (definition !== undefined) yield* runIn(api, id, definition, run, report, subject)
  }).pipe(
    Effect.catchIf(
      (error) => run.hook === "pre_stop" && goneOrStopped(error),
      () => Effect.void,
    ),
  )
