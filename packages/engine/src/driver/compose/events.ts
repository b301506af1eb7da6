/** What an engine tells about its objects, as the contract has it. One request; opening it again is the caller's business. */
import { Effect, Stream } from "effect"
import { Usage, type WindFlowError } from "../../model/errors/union.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import { resuming } from "../../transport/resume.ts"
import type { EngineEvent as EngineAnswer } from "../../transport/engineAnswers.ts"
import type { EngineEvent, EngineEventFilter } from "../Driver.ts"
import { logTime } from "./logs.ts"
import { labels, projectFilter } from "./names.ts"

/** The engine counts nanoseconds; JSON numbers keep about a quarter of a microsecond of them. */
const isoTime = (nanoseconds: number): string => {
  const whole = BigInt(Math.trunc(nanoseconds))
  const seconds = new Date(Number(whole / 1_000_000_000n) * 1000).toISOString().slice(0, -".000Z".length)
  return `${seconds}.${String(whole % 1_000_000_000n).padStart(9, "0")}Z`
}

/** Images, networks and volumes of Compose carry the project's label only on their object: not every event repeats it. */
export const eventOf = ({ Type, Action, Actor, timeNano }: EngineAnswer): EngineEvent => {
  const attributes = Actor?.Attributes ?? {}
  const project = attributes[labels.project]
  const service = attributes[labels.service]
  return {
    type: Type ?? "",
    action: Action,
    id: Actor?.ID ?? "",
    name: attributes["name"] ?? Actor?.ID ?? "",
    ...(project === undefined ? {} : { project }),
    ...(service === undefined ? {} : { service }),
    at: isoTime(timeNano ?? 0),
    attributes,
  }
}

export const events = (
  api: Pick<DockerApiShape, "events" | "now">,
  { type, event, project, since, until }: EngineEventFilter,
): Stream.Stream<EngineEvent, WindFlowError> =>
  Stream.suspend(() => {
    const now = Date.now()
    const from = since === undefined ? undefined : logTime(since, now)
    const to = until === undefined ? undefined : logTime(until, now)
    const wrong = since !== undefined && from === undefined ? since : to === undefined ? until : undefined
    if (wrong !== undefined)
      return Stream.fail(
        new Usage({ subject: wrong, detail: "this is no time", expected: "2026-01-31T12:00:00Z or 10m" }),
      )
    const filters = {
      ...(type === undefined ? {} : { type }),
      ...(event === undefined ? {} : { event }),
      ...(project === undefined ? {} : { label: projectFilter(project) }),
    }
    let last: EngineEvent | undefined
    let opened = 0
    return resuming(
      api,
      (goesOn) =>
        Stream.unwrap(
          Effect.gen(function* () {
            if (!goesOn) opened = yield* api.now
            const place = goesOn ? (last === undefined ? (from ?? String(opened / 1000)) : logTime(last.at, 0)) : from
            // `since` includes its moment.
            const told = last?.at
            return api.events(filters, place, to).pipe(
              Stream.map(eventOf),
              Stream.filter(({ at }) => told === undefined || at > told),
              Stream.tap((event) => Effect.sync(() => void (last = event))),
            )
          }),
        ),
      (now): EngineEvent => ({
        type: "connection",
        action: "resumed",
        id: "",
        name: "",
        at: new Date(now).toISOString(),
      }),
    )
  })
