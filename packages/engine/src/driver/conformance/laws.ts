/**
 * The laws of the driver contract as a program that runs against any driver on a real target: ours in tests, an embedder's own.
 * It changes the target (it deploys, edits and removes `scenario`'s project) and reports every law, held or broken.
 */
import { Effect, Result, Schema } from "effect"
import { Internal, type WindFlowError } from "../../model/errors/union.ts"
import { digestJson } from "../../plan/digest.ts"
import type { Operation, Outputs } from "../../plan/Operation.ts"
import type { PlanDraft } from "../../plan/Plan.ts"
import { brokenRule } from "../../plan/seal.ts"
import type { Driver, ExecuteContext } from "../Driver.ts"
import type { Request } from "../Request.ts"

export interface ConformanceScenario {
  /** Deploys the project from nothing. */
  readonly up: Request
  /** The same project with one service changed. */
  readonly edit: Request
  /** Removes it. */
  readonly down: Request
  /** Labels of a record that nobody else uses, for the record laws. */
  readonly recordName: string
}

export interface LawResult {
  readonly law: string
  /** Absent: the law held. */
  readonly broken?: string
}

const silent = () => Effect.void
/** A wait observes; nothing is changed by it, so it may appear in the plan of a converged deployment. */
const isWait = (draft: PlanDraft, operation: Operation): boolean =>
  draft.groups.find((group) => group.id === operation.group)?.kind === "wait"

const asJson = (draft: PlanDraft): string =>
  // Drafts are JSON by construction: the round trip through text is exactly what is being checked.
  digestJson(JSON.parse(JSON.stringify(draft)) as Schema.Json)

class Laws<Desired, Observed> {
  readonly results: Array<LawResult> = []
  readonly #driver: Driver<Desired, Observed>
  constructor(driver: Driver<Desired, Observed>) {
    this.#driver = driver
  }

  check(law: string, held: boolean, broken: string): void {
    this.results.push(held ? { law } : { law, broken })
  }

  /** prepare → observe → plan, with the purity laws. */
  look(request: Request, step: string) {
    const driver = this.#driver
    return Effect.gen({ self: this }, function* () {
      const desired = yield* driver.prepare(request, { preview: false, report: silent })
      const observed = yield* driver.observe(desired)
      const draft = yield* Effect.fromResult(driver.plan(desired, observed))
      const again = yield* Effect.fromResult(driver.plan(desired, observed))
      this.check(`${step}: plan is pure`, asJson(draft) === asJson(again), "the same input gave another draft")
      const rule = brokenRule(draft)
      this.check(`${step}: the draft obeys the DAG rules`, rule === undefined, rule ?? "")
      const saved = yield* Schema.encodeEffect(driver.desired)(desired).pipe(
        Effect.flatMap(Schema.decodeUnknownEffect(driver.desired)),
        Effect.mapError((error) => new Internal({ detail: `desired state cannot be saved: ${error.message}` })),
      )
      const fromSaved = driver.plan(saved, observed)
      this.check(
        `${step}: a saved desired state gives the same plan`,
        Result.isSuccess(fromSaved) && asJson(fromSaved.success) === asJson(draft),
        "encoding and decoding the desired state changed the plan",
      )
      return { desired, draft }
    })
  }

  /** Executes the draft one by one, asking `recover` before and after each. */
  apply(desired: Desired, draft: PlanDraft, step: string) {
    const driver = this.#driver
    return Effect.gen({ self: this }, function* () {
      const outputs = new Map<string, Outputs>()
      for (const operation of draft.operations) {
        const inputs = Object.fromEntries(
          Object.entries(operation.inputs ?? {}).map(([key, ref]) => [
            key,
            outputs.get(ref.operation)?.[ref.output] ?? "",
          ]),
        )
        const context: ExecuteContext<Desired> = { desired, inputs, report: silent }
        const observable = operation.recovery === "observe" && !isWait(draft, operation)
        if (observable) {
          const before = yield* driver.recover(operation, context)
          this.check(
            `${step}: recover knows that ${operation.verb} did not happen`,
            before._tag === "DidNotHappen",
            `${operation.id} had not run, recover says ${before._tag}`,
          )
        }
        const result = yield* driver.execute(operation, context)
        outputs.set(operation.id, result)
        if (observable) {
          const after = yield* driver.recover(operation, context)
          this.check(
            `${step}: recover knows that ${operation.verb} happened`,
            after._tag === "Happened" && Object.entries(result).every(([key, value]) => after.outputs[key] === value),
            `${operation.id} had run with ${JSON.stringify(result)}, recover says ${JSON.stringify(after)}`,
          )
        }
        if (operation.recovery === "idempotent") {
          const twice = yield* Effect.result(driver.execute(operation, context))
          this.check(
            `${step}: ${operation.verb} may be repeated`,
            Result.isSuccess(twice),
            Result.isFailure(twice) ? twice.failure.message : "",
          )
        }
      }
    })
  }

  records(name: string) {
    const { records } = this.#driver
    return Effect.gen({ self: this }, function* () {
      const first = yield* records.claim({ name, labels: { "windflow.conformance": name, who: "first" } })
      const second = yield* records.claim({ name, labels: { "windflow.conformance": name, who: "second" } })
      this.check(
        "records: a claim is atomic",
        second.labels["who"] === first.labels["who"],
        "the second claim won as well",
      )
      const listed = yield* records.list({ "windflow.conformance": name })
      this.check(
        "records: list finds by label",
        listed.length === 1 && listed[0]?.name === name,
        JSON.stringify(listed),
      )
      yield* records.remove(name)
      const again = yield* Effect.result(records.remove(name))
      this.check("records: removing twice succeeds", Result.isSuccess(again), "the second remove failed")
      const left = yield* records.list({ "windflow.conformance": name })
      this.check("records: removed is removed", left.length === 0, JSON.stringify(left))
    })
  }
}

/** Runs every law. Fails only when the driver itself fails; broken laws are in the result. */
export const checkConformance = <Desired, Observed>(
  driver: Driver<Desired, Observed>,
  scenario: ConformanceScenario,
): Effect.Effect<ReadonlyArray<LawResult>, WindFlowError> =>
  Effect.gen(function* () {
    const laws = new Laws(driver)
    yield* laws.records(scenario.recordName)
    for (const [step, request] of [
      ["up", scenario.up],
      ["edit", scenario.edit],
      ["down", scenario.down],
    ] as const) {
      const { desired, draft } = yield* laws.look(request, step)
      laws.check(
        `${step}: there is something to do`,
        draft.operations.some((operation) => !isWait(draft, operation)),
        "the plan is empty",
      )
      yield* laws.apply(desired, draft, step)
      const { draft: next } = yield* laws.look(request, `${step} again`)
      const left = next.operations.filter((operation) => !isWait(next, operation))
      laws.check(
        `${step}: planning after applying gives nothing`,
        left.length === 0,
        left.map((operation) => `${operation.id} (${operation.cause})`).join(", "),
      )
    }
    return laws.results
  })
