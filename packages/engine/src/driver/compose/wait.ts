/**
 * Waits until a container is what the next step needs. Looks once; if that does not settle it, listens to the engine's events
 * and looks again at each that concerns the container. Nothing is polled; the deadline is the plan's.
 *
 * A container that is unhealthy when the wait begins gets a fair chance: what it says of the time before (this run may just have
 * changed what it depends on) does not count, the first healthcheck that began afterwards does.
 */
import { Effect, Stream } from "effect"
import {
  ContainerExited,
  EngineFailed,
  PreconditionFailed,
  Unhealthy,
  type WindFlowError,
} from "../../model/errors/union.ts"
import type { Operation } from "../../plan/Operation.ts"
import { textLines } from "../../transport/demultiplex.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import type { ContainerDetails } from "../../transport/engineAnswers.ts"
import type { WaitCondition } from "./verbs.ts"

export interface WaitRequest {
  readonly service: string
  readonly name: string
  readonly condition: WaitCondition
  readonly seconds: number
  /** How long it must stay so: milliseconds after a healthcheck passed, and where there is none. */
  readonly stay?: { readonly healthy: number; readonly running: number }
}

export type Verdict = "reached" | "waiting" | "exited" | "unhealthy" | "no-healthcheck"

/**
 * What a container's state means for a condition. Pure.
 * @param since - Unix milliseconds: a healthcheck that began earlier says nothing bad any more.
 */
export const judge = (state: ContainerDetails["State"], condition: WaitCondition, since = 0): Verdict => {
  const health = state.Health?.Status
  if (state.Status === "exited" || state.Status === "dead")
    return condition !== "healthy" && state.ExitCode === 0 && state.Status === "exited" ? "reached" : "exited"
  if (!state.Running || state.Restarting === true || condition === "completed") return "waiting"
  if (health === undefined || health === "none") return condition === "healthy" ? "no-healthcheck" : "reached"
  if (health === "unhealthy") return lastProbe(state) >= since ? "unhealthy" : "waiting"
  return health === "healthy" ? "reached" : "waiting"
}

/** When the last healthcheck that ended had begun. */
const lastProbe = (state: ContainerDetails["State"]): number => {
  const began = Date.parse(state.Health?.Log?.at(-1)?.Start ?? "")
  return Number.isNaN(began) ? 0 : began
}

const logLines = 20
/** The end of what the container wrote; a log that cannot be read must not hide why it is asked for. */
const tail = (api: DockerApiShape, id: string): Effect.Effect<string> =>
  api.containers.logs(id, { follow: false, tail: logLines, timestamps: false }).pipe(
    textLines,
    Stream.runCollect,
    Effect.map((lines) => lines.map((line) => line.text).join("\n")),
    Effect.timeout("5 seconds"),
    Effect.orElseSucceed(() => ""),
  )

const probes = (state: ContainerDetails["State"]): string =>
  (state.Health?.Log ?? [])
    .slice(-3)
    .map((probe) => `healthcheck (exit ${probe.ExitCode}): ${(probe.Output ?? "").trim()}`)
    .join("\n")

const joined = (...parts: ReadonlyArray<string>) => parts.filter((part) => part !== "").join("\n")

const failure = (api: DockerApiShape, details: ContainerDetails, request: WaitRequest, verdict: Verdict) =>
  Effect.gen(function* () {
    const { service, name: container, seconds } = request
    const { State: state } = details
    if (verdict === "no-healthcheck")
      return new Unhealthy({
        service,
        container,
        log: "another service waits for its health, but it has no healthcheck",
      })
    const log = yield* tail(api, details.Id)
    if (verdict === "exited")
      return new ContainerExited({
        service,
        container,
        exitCode: state.ExitCode,
        log: joined(state.OOMKilled === true ? "it ran out of memory" : "", state.Error ?? "", log),
      })
    const late = verdict === "waiting" ? `not ${request.condition} within ${seconds} s (${state.Status})` : ""
    if (verdict === "waiting" && state.Status === "restarting")
      return new ContainerExited({ service, container, exitCode: state.ExitCode, log: joined(late, log) })
    return new Unhealthy({ service, container, log: joined(late, probes(state), log) })
  })

/** The details when it is settled, for good or bad. */
interface Settled {
  readonly details: ContainerDetails
  readonly verdict: Verdict
}

const relevant = /^(start|die|destroy|restart|oom|unpause|health_status.*)$/
const ended = /^(die|oom|health_status: unhealthy)$/
/** The end of a probe: while the health stays the same there is no other event. Its result is recorded a moment later. */
const probed = "exec_die"
const recorded = "250 millis"

export const waitFor = (
  api: DockerApiShape,
  id: string,
  request: WaitRequest,
  operation: Operation,
): Effect.Effect<void, WindFlowError> => {
  const look = Effect.mapError(api.containers.inspect(id), (error) =>
    error instanceof EngineFailed && error.status === 404
      ? new PreconditionFailed({
          operation: operation.id,
          resource: operation.resource,
          detail: "is not there any more",
        })
      : error,
  )
  const settled = (since: number) =>
    Effect.map(look, (details): Settled | undefined => {
      const verdict = judge(details.State, request.condition, since)
      return verdict === "waiting" ? undefined : { details, verdict }
    })
  const watch = Effect.gen(function* () {
    const first = yield* settled(0)
    if (first !== undefined && first.verdict !== "unhealthy") return first
    // The engine's clock comes in whole seconds, cut off: the next one is certainly later than the look.
    const now = Math.floor((yield* api.now) / 1000)
    const ill = first !== undefined
    const again = settled(ill ? (now + 1) * 1000 : 0)
    // Events from a little before: what happened between the look and the subscription is told again.
    return yield* api.events({ type: ["container"], container: [id] }, String(now - 2)).pipe(
      Stream.filter(({ Action }) => relevant.test(Action) || (ill && Action === probed)),
      Stream.mapEffect(({ Action }) => (Action === probed ? Effect.delay(again, recorded) : again)),
      Stream.filter((found): found is Settled => found !== undefined),
      Stream.runHead,
      Effect.flatMap((found): Effect.Effect<Settled, WindFlowError> =>
        found._tag === "Some"
          ? Effect.succeed(found.value)
          : Effect.fail(new EngineFailed({ call: "GET /events", detail: "the engine ended its events" })),
      ),
    )
  })
  /** Looks again after a while, or as soon as it falls: another start, or another state, means that it did not stay up. */
  const stayed = (settled: Settled): Effect.Effect<Settled, WindFlowError> => {
    const { State: before } = settled.details
    const healthy = before.Health?.Status === "healthy"
    const millis = (healthy ? request.stay?.healthy : request.stay?.running) ?? 0
    if (settled.verdict !== "reached" || !before.Running || millis === 0) return Effect.succeed(settled)
    const judged = Effect.map(look, (details): Settled => {
      const verdict = judge(details.State, request.condition)
      const fell = details.State.StartedAt !== before.StartedAt || verdict === "waiting"
      return { details, verdict: fell ? "exited" : verdict }
    })
    const falls = Effect.flatMap(api.now, (now) =>
      api.events({ type: ["container"], container: [id] }, String(Math.floor(now / 1000) - 2)).pipe(
        Stream.filter(({ Action }) => ended.test(Action)),
        Stream.mapEffect(() => judged),
        Stream.filter(({ verdict }) => verdict !== "reached"),
        Stream.runHead,
        Effect.asVoid,
      ),
    )
    return Effect.andThen(Effect.raceFirst(Effect.sleep(`${millis} millis`), falls), judged)
  }
  return Effect.gen(function* () {
    const found = yield* Effect.timeoutOption(watch, `${request.seconds} seconds`)
    const { details, verdict } =
      found._tag === "Some" ? yield* stayed(found.value) : { details: yield* look, verdict: "waiting" as const }
    if (verdict !== "reached") yield* Effect.flatMap(failure(api, details, request, verdict), Effect.fail)
  })
}
