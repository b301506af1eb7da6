/** Makes a host a Docker host: looks, plans, and walks the plan with journal and events as any other. */
import { Clock, Effect, Schedule, Schema } from "effect"
import { makeEmit } from "../execute/events.ts"
import { isoNow } from "../execute/Session.ts"
import { walk } from "../execute/walk.ts"
import { Cancelled, HostCommandFailed, Internal, type WindFlowError } from "../model/errors/union.ts"
import type { Event } from "../model/Event.ts"
import type { Target } from "../model/Target.ts"
import type { Operation } from "../plan/Operation.ts"
import type { Plan } from "../plan/Plan.ts"
import { seal } from "../plan/seal.ts"
import type { Journal } from "../state/Journal.ts"
import type { SshHost } from "../transport/ssh/SshHost.ts"
import { BootstrapAction, type BootstrapOptions, planBootstrap } from "./bootstrapPlan.ts"
import { asRoot, type BootstrapFacts, bootstrapFacts } from "./HostFacts.ts"

export interface BootstrapPorts {
  readonly host: Pick<SshHost, "run">
  readonly target: Target
  readonly journal: Journal
  /** Who does it, for the journal. */
  readonly owner: string
}

/** What the journal calls a host that is made ready, where it names deployments by project. */
const subject = "bootstrap"

interface Looked {
  readonly facts: BootstrapFacts
  readonly plan: Plan
}

const look = ({ host, target }: BootstrapPorts, options: BootstrapOptions): Effect.Effect<Looked, WindFlowError> =>
  Effect.gen(function* () {
    const facts = yield* bootstrapFacts(host, options.deploy?.user)
    const draft = yield* Effect.fromResult(planBootstrap(target.name, facts, options))
    const { detached, deploy } = options
    const desired = { detached, ...(deploy === undefined ? {} : { deploy: { user: deploy.user, key: deploy.key } }) }
    const plan = yield* Effect.try({
      try: () => seal(draft, { project: subject, target, driver: "host", intent: "bootstrap", desired }),
      catch: (error) => (error instanceof Internal ? error : new Internal({ detail: String(error) })),
    })
    return { facts, plan }
  })

/** Changes nothing. */
export const previewBootstrap = (
  ports: BootstrapPorts,
  options: BootstrapOptions,
): Effect.Effect<Plan, WindFlowError> => Effect.map(look(ports, options), ({ plan }) => plan)

const decodeAction = Schema.decodeUnknownEffect(BootstrapAction)

/** The last lines, which name the cause. */
const shown = 2000

const runStep = (
  { host, target }: BootstrapPorts,
  facts: BootstrapFacts,
  argv: ReadonlyArray<string>,
  input?: string,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const command = asRoot(facts, argv)
    const { exitCode, stdout, stderr } = yield* host.run(
      command,
      input === undefined ? {} : { input: Buffer.from(input) },
    )
    if (exitCode === 0) return
    const said = stderr.toString("utf8").trim() || stdout.toString("utf8").trim()
    return yield* new HostCommandFailed({
      host: target.name,
      command: command.join(" "),
      exitCode: exitCode ?? -1,
      detail: said.slice(-shown),
    })
  })

const step = (ports: BootstrapPorts, facts: BootstrapFacts, operation: Operation): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const action = yield* Effect.mapError(
      decodeAction({ verb: operation.verb, args: operation.args }),
      (error) => new Internal({ detail: `operation ${operation.id}: ${error.message}` }),
    )
    switch (action.verb) {
      case "Run":
        return yield* runStep(ports, facts, action.args.argv)
      case "Write": {
        const { path, mode, owner, text } = action.args
        const beside = `${path}.windflow`
        // `tee` reads what `install /dev/stdin` cannot open: sshd gives a socket.
        yield* runStep(ports, facts, ["tee", beside], text)
        yield* runStep(ports, facts, ["chmod", mode, beside])
        yield* runStep(ports, facts, ["chown", `${owner}:${owner}`, beside])
        return yield* runStep(ports, facts, ["mv", "-f", beside, path])
      }
      case "AwaitEngine":
        return yield* runStep(ports, facts, ["docker", "version"]).pipe(
          Effect.retry({
            schedule: Schedule.spaced("500 millis"),
            times: action.args.seconds * 2,
            while: (error) => error._tag === "HostCommandFailed",
          }),
        )
    }
  })

/** Resolves with the plan that was carried out; without operations nothing was written anywhere. Ends in order when interrupted. */
export const runBootstrap = (
  ports: BootstrapPorts,
  options: BootstrapOptions,
  onEvent?: (event: Event) => void,
): Effect.Effect<Plan, WindFlowError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { journal, owner } = ports
      const { facts, plan } = yield* restore(look(ports, options))
      const emit = yield* makeEmit(onEvent)
      const { deployment } = plan
      const run = crypto.randomUUID()
      emit({ _tag: "RunStarted", run, deployment })
      emit({
        _tag: "Planned",
        hash: plan.hash,
        groups: plan.groups.map(({ id, kind, resource, operations }) => ({ id, kind, resource, operations })),
      })
      for (const text of plan.warnings) emit({ _tag: "Warning", text })
      if (plan.operations.length === 0) return plan
      // No lock: a host without an engine has nowhere to keep one, and each step may be done twice.
      const epoch = Math.max((yield* journal.lastEpoch(deployment)) + 1, yield* Clock.currentTimeMillis)
      const row = Effect.map(isoNow, (at) => ({ deployment, run, epoch, at }))
      yield* Effect.flatMap(row, (fields) =>
        journal.append({
          _tag: "RunStarted",
          ...fields,
          owner,
          intent: plan.intent,
          planHash: plan.hash,
          operations: plan.operations.length,
          desired: plan.desired,
        }),
      )
      const cancelled = {
        because: "the bootstrap was cancelled",
        error: new Cancelled({ deployment, done: 0, total: plan.operations.length }),
      }
      const result = yield* walk(
        {
          operations: plan.operations,
          waits: new Set(),
          concurrency: 1,
          steps: {
            intent: (operation) =>
              Effect.flatMap(row, (fields) => journal.append({ _tag: "Intent", ...fields, operation })),
            permitted: Effect.void,
            execute: (operation) => Effect.as(step(ports, facts, operation), {}),
            succeeded: (operation, outputs) =>
              Effect.flatMap(row, (fields) =>
                journal.append({ _tag: "Succeeded", ...fields, operation: operation.id, outputs }),
              ),
            failed: (operation, error) =>
              Effect.flatMap(row, (fields) =>
                journal.append({ _tag: "Failed", ...fields, operation: operation.id, error }),
              ),
          },
          emit,
          stop: Effect.never,
        },
        { restore, stop: cancelled },
      )
      const status = result.error === undefined ? "succeeded" : result.asked ? "cancelled" : "failed"
      yield* Effect.flatMap(row, (fields) => journal.append({ _tag: "RunEnded", ...fields, status }))
      if (result.error === undefined) return plan
      return yield* Effect.fail(
        result.error._tag === "Cancelled"
          ? new Cancelled({ deployment, done: result.succeeded.size, total: plan.operations.length })
          : result.error,
      )
    }),
  )
