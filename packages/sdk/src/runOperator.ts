/** Runs controllers until it is told to stop: opens WindFlow, starts the queues, follows the sources, drains. */
import { Unsupported, Usage, type WindFlowError } from "@windflow/engine/model"
import { Cause, Effect, Exit, Logger, References } from "effect"
import type { WindFlow } from "./contract.ts"
import { type Controller, start } from "./defineController.ts"
import { durationOf } from "./durationOf.ts"
import { open } from "./open.ts"
import { aborted, errorOf } from "./promise.ts"

export interface OperatorLogEntry {
  readonly at: string
  readonly level: string
  readonly message: string
  /** `controller`, and in a reconcile `key` and `attempt`. */
  readonly annotations: Readonly<Record<string, unknown>>
  /** What failed, for people. */
  readonly cause?: string
}

export interface OperatorOptions {
  readonly controllers: readonly Controller[]
  /** Stays open when the operator ends. Default: `WindFlow.open()`, closed with the operator. */
  readonly windflow?: WindFlow
  /** Not built yet: `true` is refused with `Unsupported`. */
  readonly leaderElection?: boolean
  /** Stops the operator. Absent: it runs for ever. */
  readonly signal?: AbortSignal
  /** How long work under way may take after the stop before it is aborted; default `30s`. */
  readonly drain?: string
}

const noLeaderElection = new Unsupported({
  driver: "operator",
  diagnostics: [
    {
      severity: "error",
      code: "not-built",
      message: "`leaderElection` is not built yet: there is no lease that several operators share",
      remedy: "Run one operator, and leave `leaderElection` out.",
    },
  ],
})

const checked = Effect.fn("checked")(function* ({ controllers, leaderElection, drain = "30s" }: OperatorOptions) {
  if (leaderElection === true) return yield* noLeaderElection
  if (controllers.length === 0) return yield* new Usage({ subject: "controllers", detail: "there are none" })
  const names = controllers.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) return yield* new Usage({ subject: twice, detail: "two controllers have this name" })
  return yield* Effect.fromResult(durationOf("drain", drain))
})

const opened = Effect.acquireRelease(
  // What `open` rejects with is always of the closed union.
  Effect.tryPromise({ try: () => open(), catch: (error) => error as WindFlowError }),
  (flow) => Effect.promise(() => flow[Symbol.asyncDispose]()),
)

/** As an Effect, which logs to the loggers of its context. Interrupting it stops at once; `signal` drains first. */
export const operate = (options: OperatorOptions): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const drain = yield* checked(options)
    const flow = options.windflow ?? (yield* opened)
    const started = yield* Effect.forEach(options.controllers, (controller) => controller[start](flow))
    const following = Effect.all(
      started.map(({ follow }) => follow),
      { concurrency: "unbounded" },
    )
    yield* Effect.raceFirst(following, aborted(options.signal))
    const drained = yield* Effect.timeoutOption(
      Effect.all(
        started.map(({ drain }) => drain),
        { concurrency: "unbounded" },
      ),
      drain,
    )
    if (drained._tag === "None") yield* Effect.logWarning("the time to drain is over: what still runs is aborted")
  }).pipe(Effect.scoped)

const passingOn = (onLog: (entry: OperatorLogEntry) => void) =>
  Logger.make(({ date, logLevel, message, cause, fiber }) =>
    onLog({
      at: date.toISOString(),
      level: logLevel,
      message: (Array.isArray(message) ? message : [message]).map(String).join(" "),
      annotations: fiber.getRef(References.CurrentLogAnnotations),
      ...(cause.reasons.length === 0 ? {} : { cause: Cause.pretty(cause) }),
    }),
  )

/**
 * Runs until `signal` is aborted, then resolves when what was under way is done. Failures of controllers and sources are logged and
 * tried again; they never end it. Rejects only when it cannot start. Prints nothing: `onLog` gets what there is to say.
 */
export const runOperator = async (
  options: OperatorOptions & { readonly onLog?: (entry: OperatorLogEntry) => void },
): Promise<void> => {
  const loggers = options.onLog === undefined ? [] : [passingOn(options.onLog)]
  const exit = await Effect.runPromiseExit(Effect.provide(operate(options), Logger.layer(loggers)))
  if (Exit.isFailure(exit)) throw errorOf(exit.cause, "operator")
}
