/** The Promise face, made from the Effect face: signals become cancellation, failures become rejections with the typed error. */
import { Cancelled, Internal, type WindFlowError } from "@windflow/engine/model"
import type { ExecSession, Report } from "@windflow/engine/driver"
import { Cause, type Context, Effect, Exit, Queue, Scope, Stream } from "effect"
import type { Conversation, ExecResult, RunOptions, WindFlow, WorkOptions } from "./contract.ts"
import type { WindFlowShape } from "./effectContract.ts"
import { said } from "./said.ts"

const cancelled = (subject: string) => new Cancelled({ deployment: subject, done: 0, total: 0 })

/** The typed error of a failed exit; a defect becomes `Internal`, an interruption `Cancelled`. */
export const errorOf = (cause: Cause.Cause<WindFlowError>, subject: string): WindFlowError => {
  const failure = Cause.findErrorOption(cause)
  if (failure._tag === "Some") return failure.value
  return Cause.hasInterruptsOnly(cause) ? cancelled(subject) : new Internal({ detail: Cause.pretty(cause) })
}

/** Completes when the signal is aborted; never when there is none. */
export const aborted = (signal: AbortSignal | undefined): Effect.Effect<void> =>
  signal === undefined
    ? Effect.never
    : Effect.callback<void>((resume) => {
        const done = () => resume(Effect.void)
        if (signal.aborted) return done()
        signal.addEventListener("abort", done, { once: true })
        return Effect.sync(() => signal.removeEventListener("abort", done))
      })

/** A failing listener must not break a run: its error surfaces as an uncaught one, as with any event target. */
const guarded =
  <A>(listener: (value: A) => void) =>
  (value: A): void => {
    try {
      listener(value)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

/** A run is cancelled in order (operations in flight end, the journal is closed), never interrupted. */
const orderly = <Options extends RunOptions>(options: Options) => {
  const { signal, onEvent, ...rest } = options
  return {
    ...rest,
    ...(onEvent === undefined ? {} : { onEvent: guarded(onEvent) }),
    ...(signal === undefined ? {} : { cancel: aborted(signal) }),
  }
}

const reporting = (onProgress: WorkOptions["onProgress"]): Report | undefined => {
  if (onProgress === undefined) return undefined
  const listener = guarded(onProgress)
  return (progress) => Effect.sync(() => listener(progress))
}

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

const feed = (session: ExecSession, input: AsyncIterable<Uint8Array>) =>
  Stream.fromAsyncIterable(input, (cause) => new Internal({ detail: `input failed: ${String(cause)}` })).pipe(
    Stream.runForEach(session.write),
    Effect.andThen(session.end),
  )

const resizing = (session: ExecSession, tty: NonNullable<Conversation["tty"]>) =>
  Stream.callback<{ readonly columns: number; readonly rows: number }>((queue) =>
    Effect.acquireRelease(
      Effect.sync(() => tty.onResize?.((size) => Queue.offerUnsafe(queue, size))),
      (remove) => Effect.sync(() => remove?.()),
    ),
  ).pipe(Stream.runForEach(session.resize))

/** Runs a session to its end: feeds input, follows resizes, gathers or passes on output. */
const converse = Effect.fn("converse")(function* (session: ExecSession, options: Conversation) {
  const { input, tty, onOutput } = options
  if (input === undefined) yield* session.end
  else yield* Effect.forkScoped(feed(session, input))
  if (tty?.onResize !== undefined) yield* Effect.forkScoped(resizing(session, tty))
  const gathered = { stdout: [] as Array<Uint8Array>, stderr: [] as Array<Uint8Array> }
  const take = onOutput === undefined ? undefined : guarded(onOutput)
  yield* Stream.runForEach(session.output, (chunk) =>
    Effect.sync(() => {
      if (take === undefined) gathered[chunk.stream].push(chunk.bytes)
      else take(chunk)
    }),
  )
  const exitCode = yield* session.exitCode
  return { exitCode, stdout: concat(gathered.stdout), stderr: concat(gathered.stderr) } satisfies ExecResult
})

/** `services`: what the effects run with; `scope`: closed by disposing. */
export const promiseFace = (
  flow: WindFlowShape,
  services: Context.Context<never>,
  scope: Scope.Closeable,
): WindFlow => {
  const settle = async <A>(effect: Effect.Effect<A, WindFlowError>, subject: string, signal?: AbortSignal) => {
    const exit = await Effect.runPromiseExitWith(services)(effect, signal === undefined ? {} : { signal })
    if (Exit.isSuccess(exit)) return exit.value
    throw errorOf(exit.cause, subject)
  }
  const run = <A>(effect: Effect.Effect<A, WindFlowError>, subject: string, signal: AbortSignal | undefined) =>
    signal?.aborted === true ? Promise.reject<A>(cancelled(subject)) : settle(effect, subject)
  const iterable = <A>(stream: Stream.Stream<A, WindFlowError>, signal: AbortSignal | undefined) =>
    Stream.toAsyncIterableWith(signal === undefined ? stream : Stream.interruptWhen(stream, aborted(signal)), services)
  const named = (ref: Parameters<WindFlow["down"]>[0]) => (typeof ref === "string" ? ref : ref.project)

  return {
    plan: (stack, { signal, ...options } = {}) => settle(flow.plan(stack, options), stack.name, signal),
    planDown: (ref, { signal, ...options } = {}) => settle(flow.planDown(ref, options), named(ref), signal),
    apply: (plan, options = {}) => run(flow.apply(plan, orderly(options)), plan.deployment, options.signal),
    up: (stack, { requestId: _requestId, ...options } = {}) =>
      run(flow.up(stack, orderly(options)), stack.name, options.signal),
    down: (ref, options = {}) => run(flow.down(ref, orderly(options)), named(ref), options.signal),
    rollback: (ref, options = {}) => run(flow.rollback(ref, orderly(options)), named(ref), options.signal),
    stop: (ref, options = {}) => run(flow.stop(ref, orderly(options)), named(ref), options.signal),
    start: (ref, options = {}) => run(flow.start(ref, orderly(options)), named(ref), options.signal),
    restart: (ref, options = {}) => run(flow.restart(ref, orderly(options)), named(ref), options.signal),
    kill: (ref, options = {}) => run(flow.kill(ref, orderly(options)), named(ref), options.signal),
    rm: (ref, options = {}) => run(flow.rm(ref, orderly(options)), named(ref), options.signal),
    runOnce: (stack, service, argv, options = {}) => {
      const { signal, onStarted, onProgress, onEvent, input: _input, onOutput: _onOutput, tty, ...rest } = options
      const size = tty === undefined ? undefined : { columns: tty.columns, rows: tty.rows }
      const asked = {
        ...rest,
        ...said({ argv, tty: size, onEvent: onEvent && guarded(onEvent), report: reporting(onProgress) }),
      }
      const conversation = Effect.flatMap(flow.runOnce(stack, service, asked), (session) => {
        const { id, name } = session
        if (onStarted !== undefined)
          guarded(onStarted)({ id, name, kill: (text) => settle(session.kill(text), stack.name) })
        return Effect.map(converse(session, options), (result) => ({ ...result, id, name }))
      })
      return settle(Effect.scoped(conversation), stack.name, signal)
    },
    pull: (stack, { signal, onProgress, ...options } = {}) =>
      settle(flow.pull(stack, { ...options, ...said({ report: reporting(onProgress) }) }), stack.name, signal),
    build: (stack, { signal, onProgress, ...options } = {}) =>
      settle(flow.build(stack, { ...options, ...said({ report: reporting(onProgress) }) }), stack.name, signal),
    promote: (ref, options) => run(flow.promote(ref, orderly(options)), named(ref), options.signal),
    adopt: (ref, options = {}) => settle(flow.adopt(ref), named(ref), options.signal),
    ps: (where, { signal, ...options } = {}) => settle(flow.ps(where, options), "ps", signal),
    images: (ref, options = {}) => settle(flow.images(ref), named(ref), options.signal),
    top: (ref, options = {}) => settle(flow.top(ref), named(ref), options.signal),
    port: (ref, service, port, { signal, ...options } = {}) =>
      settle(flow.port(ref, service, port, options), named(ref), signal),
    forget: (ref, options = {}) => settle(flow.forget(ref), named(ref), options.signal),
    history: (ref, options = {}) => settle(flow.history(ref), named(ref), options.signal),
    logs: (ref, { signal, ...options } = {}) => iterable(flow.logs(ref, options), signal),
    events: ({ signal, ...options } = {}) => iterable(flow.events(options), signal),
    exec: (ref, service, argv, options = {}) => {
      const { index, user, workingDirectory, environment, privileged, detach, tty } = options
      const size = tty === undefined ? undefined : { columns: tty.columns, rows: tty.rows }
      const request = said({ index, user, workingDirectory, environment, privileged, detach, tty: size })
      const conversation = Effect.flatMap(flow.exec(ref, service, argv, request), (session) =>
        converse(session, options),
      )
      return settle(Effect.scoped(conversation), named(ref), options.signal)
    },
    targets: {
      list: () => settle(flow.targets.list, "targets"),
      add: (target) => settle(flow.targets.add(target), target.name),
      test: (target, options = {}) => settle(flow.targets.test(target), "targets", options.signal),
      events: (target, { signal, ...filter } = {}) => iterable(flow.targets.events(target, filter), signal),
      bootstrap: (target, { signal, ...options } = {}) =>
        settle(flow.targets.bootstrap(target, options), "targets", signal),
      remove: (name) => settle(flow.targets.remove(name), name),
    },
    [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  }
}
