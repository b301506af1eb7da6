/** A controller as a user writes it, made into one that can be started: its keys' types are known here and nowhere else. */
import { follow, makeWorkQueue, type Outcome } from "@windflow/engine/controller"
import { Usage } from "@windflow/engine/model"
import { Effect, type Scope, Stream } from "effect"
import type { WindFlow } from "./contract.ts"
import { durationOf } from "./durationOf.ts"
import { keysOf, type Source } from "./sources.ts"

/** Nothing: done. `requeueAfter`: look again then; a duration as Compose writes it: `30s`, `1m30s`. */
export type Result = void | undefined | { readonly requeueAfter: string }

export interface ReconcileLog {
  readonly debug: (message: string) => void
  readonly info: (message: string) => void
  readonly warn: (message: string) => void
  readonly error: (message: string) => void
}

export interface ReconcileContext {
  readonly windflow: WindFlow
  /** Aborted when the operator stops and the time to drain is over. */
  readonly signal: AbortSignal
  /** How many times in a row, from 1, this key was run without being done. */
  readonly attempt: number
  /** Goes to the operator's log, with controller, key and attempt. */
  readonly log: ReconcileLog
}

export interface Watch<Key, Event> {
  readonly source: Source<Event>
  /** Which of this controller's keys an event concerns. */
  readonly map: (event: Event) => readonly Key[]
}

export interface ControllerDefinition<Key, Events extends readonly unknown[] = readonly []> {
  readonly name: string
  readonly for: Source<Key>
  /** More sources of the same keys: of what `for`'s objects own. */
  readonly owns?: readonly Source<NoInfer<Key>>[]
  /** Sources of other things, and which keys they concern. */
  readonly watches?: { readonly [Index in keyof Events]: Watch<NoInfer<Key>, Events[Index]> }
  /** Keys reconciled at once; default 1. */
  readonly concurrency?: number
  readonly reconcile: (key: Key, context: ReconcileContext) => Result | Promise<Result>
}

/** For this package only. */
export const start: unique symbol = Symbol("windflow/start")

export interface Started {
  /** Follows every source, for ever. */
  readonly follow: Effect.Effect<unknown>
  readonly drain: Effect.Effect<void>
}

export interface Controller {
  readonly name: string
  readonly [start]: (flow: WindFlow) => Effect.Effect<Started, never, Scope.Scope>
}

const reconciler =
  <Key>(
    { reconcile }: Pick<ControllerDefinition<Key, readonly unknown[]>, "reconcile">,
    windflow: WindFlow,
  ): ((key: Key, attempt: number) => Effect.Effect<Outcome, unknown>) =>
  (key, attempt) =>
    Effect.gen(function* () {
      const say = Effect.runSyncWith(yield* Effect.context())
      const log: ReconcileLog = {
        debug: (message) => say(Effect.logDebug(message)),
        info: (message) => say(Effect.logInfo(message)),
        warn: (message) => say(Effect.logWarning(message)),
        error: (message) => say(Effect.logError(message)),
      }
      const result = yield* Effect.tryPromise({
        try: async (signal) => reconcile(key, { windflow, signal, attempt, log }),
        catch: (error) => error,
      })
      if (result === undefined) return undefined
      const { requeueAfter } = result
      return { requeueAfter: yield* Effect.fromResult(durationOf("requeueAfter", requeueAfter)) }
    })

/** Starts nothing. Throws `Usage` when the definition makes no sense. */
export const defineController = <Key, const Events extends readonly unknown[] = readonly []>(
  definition: ControllerDefinition<Key, Events>,
): Controller => {
  const { name, concurrency = 1, owns = [] } = definition
  if (name === "") throw new Usage({ subject: "controller", detail: "has no name" })
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new Usage({ subject: name, detail: `concurrency ${concurrency} makes no sense`, expected: "1 or more" })
  // Each watch fits its own event type, which `Events` states for users; here only the pairing matters.
  const watches = (definition.watches ?? []) as readonly Watch<Key, unknown>[]
  return {
    name,
    [start]: (flow) =>
      Effect.gen(function* () {
        const queue = yield* makeWorkQueue<Key>({ concurrency, reconcile: reconciler(definition, flow) })
        const own = [definition.for, ...owns].map((source) => source[keysOf](flow))
        const mapped = watches.map(({ source, map }) =>
          Stream.flatMap(source[keysOf](flow), (event) => Stream.fromIterable(map(event))),
        )
        const sources = [...own, ...mapped].map((keys) => follow(keys, queue.add))
        const following = Effect.all(sources, { concurrency: "unbounded" })
        return { follow: Effect.annotateLogs(following, { controller: name }), drain: queue.drain }
      }).pipe(Effect.annotateLogs({ controller: name })),
  }
}
