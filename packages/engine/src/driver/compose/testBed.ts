/**
 * For this folder's tests: stacks from small models, a driver on the local engine, and the
 * five steps in sequence. No part of the product.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect, Redacted, type Scope } from "effect"
import { SecretMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { Stack } from "../../model/Stack.ts"
import type { Service, StackModel } from "../../model/StackModel.ts"
import type { Operation, Outputs } from "../../plan/Operation.ts"
import type { PlanDraft } from "../../plan/Plan.ts"
import { brokenRule } from "../../plan/seal.ts"
import type { DockerApiShape } from "../../transport/DockerApi.ts"
import { resolveEndpoint } from "../../transport/endpoint.ts"
import type { Dial } from "../../transport/EngineHttp.ts"
import { openDocker, processSources } from "../../transport/openDocker.ts"
import type { Driver, Report } from "../Driver.ts"
import { defaultDownOptions, defaultUpOptions, type DownOptions, type Request, type UpOptions } from "../Request.ts"
import { type ComposeDriverContext, composeDriver } from "./ComposeDriver.ts"
import type { Desired } from "./Desired.ts"
import type { Observed } from "./Observed.ts"

type Secrets = ComposeDriverContext["secrets"]

export const silent: Report = () => Effect.void

/** A folder with a compose.yaml, removed with the scope. */
export const folder = (files: Readonly<Record<string, string>>): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = mkdtempSync(join(tmpdir(), "windflow-dkr-"))
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, name)), { recursive: true })
        writeFileSync(join(directory, name), text)
      }
      return directory
    }),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
  )

export const stackOf = (model: StackModel, directory = "/nowhere"): Stack => ({
  name: model.name,
  model,
  disabled: [],
  secretReferences: {},
  origin: {
    workingDirectory: directory,
    files: [join(directory, "compose.yaml")],
    environmentFiles: [],
    locate: (path) => ({ file: "compose.yaml", line: path.length, column: 1 }),
  },
})

type LooseService = Partial<Service>
/** A model as the loader would make it: every service on the default network, which carries the project's name. */
export const modelOf = (
  name: string,
  services: Readonly<Record<string, LooseService>>,
  rest: Partial<StackModel> = {},
): StackModel => ({
  name,
  services: Object.fromEntries(
    Object.entries(services).map(([key, service]) => [
      key,
      { command: null, entrypoint: null, networks: { default: null }, ...service },
    ]),
  ),
  networks: { default: { name: `${name}_default`, ipam: {} } },
  ...rest,
})

export const noSecrets: Secrets = {
  version: (name) => Effect.fail(new SecretMissing({ name, detail: "there are none in this test" })),
  reveal: (name) => Effect.fail(new SecretMissing({ name, detail: "there are none in this test" })),
}

export const secretsOf = (
  values: Readonly<Record<string, { readonly version: string; readonly value: string }>>,
): Secrets => {
  const find = (name: string) => {
    const found = values[name]
    return found === undefined
      ? Effect.fail(new SecretMissing({ name, detail: "not in this test" }))
      : Effect.succeed(found)
  }
  return {
    version: (name) => Effect.map(find(name), ({ version }) => version),
    reveal: (name) => Effect.map(find(name), ({ value }) => Redacted.make(value)),
  }
}

export interface Bed {
  readonly api: DockerApiShape
  readonly driver: Driver<Desired, Observed>
  readonly draft: (
    request: Request,
    preview?: boolean,
  ) => Effect.Effect<{ readonly desired: Desired; readonly draft: PlanDraft }, WindFlowError>
  /** Prepare, observe, plan, execute in order; stops before the operation `until` returns true for. */
  readonly run: (request: Request, until?: (operation: Operation) => boolean) => Effect.Effect<PlanDraft, WindFlowError>
  readonly up: (stack: Stack, options?: Partial<UpOptions>) => Effect.Effect<PlanDraft, WindFlowError>
  readonly down: (project: string, options?: Partial<DownOptions>) => Effect.Effect<PlanDraft, WindFlowError>
}

export const up = (stack: Stack, options: Partial<UpOptions> = {}): Request => ({
  _tag: "Up",
  stack,
  options: { ...defaultUpOptions, waitTimeout: 60, ...options },
})
export const down = (project: string, options: Partial<DownOptions> = {}): Request => ({
  _tag: "Down",
  project,
  options: { ...defaultDownOptions, stopTimeout: 0, ...options },
})

export interface Elsewhere {
  /** How streams to the engine are opened. */
  readonly dial?: Dial
  /** `false`: the engine is taken for one of another machine. */
  readonly localFiles?: boolean
  readonly report?: Report
}

/** The local engine, or another endpoint. */
export const openBed = (
  url?: string,
  secrets: Secrets = noSecrets,
  { dial, localFiles = true, report = silent }: Elsewhere = {},
): Effect.Effect<Bed, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const resolved = yield* Effect.fromResult(resolveEndpoint(url, processSources(process.env)))
    const api = yield* openDocker(resolved, dial)
    return bedOver({ api, secrets, config: resolved.config, localFiles }, report)
  })

/** An engine that is reached already. */
export const bedOver = (context: Omit<ComposeDriverContext, "contents">, report: Report = silent): Bed => {
  const { api } = context
  const driver = composeDriver(context)
  const draft: Bed["draft"] = (request, preview = false) =>
    Effect.gen(function* () {
      const desired = yield* driver.prepare(request, { preview, report })
      const observed = yield* driver.observe(desired)
      const draft = yield* Effect.fromResult(driver.plan(desired, observed))
      const broken = brokenRule(draft)
      if (broken !== undefined) throw new Error(`the planner broke a rule: ${broken}`)
      return { desired, draft }
    })
  const run: Bed["run"] = (request, until = () => false) =>
    Effect.gen(function* () {
      const planned = yield* draft(request)
      yield* walk(driver, planned.desired, planned.draft.operations, until, report)
      return planned.draft
    })
  return {
    api,
    driver,
    draft,
    run,
    up: (stack, options) => run(up(stack, options)),
    down: (project, options) => run(down(project, options)),
  }
}

/** One operation after the other, in the order of the draft. */
export const walk = (
  driver: Driver<Desired, Observed>,
  desired: Desired,
  operations: ReadonlyArray<Operation>,
  until: (operation: Operation) => boolean = () => false,
  report: Report = silent,
): Effect.Effect<void, WindFlowError> =>
  Effect.gen(function* () {
    const outputs = new Map<string, Outputs>()
    for (const operation of operations) {
      if (until(operation)) return
      const inputs = Object.fromEntries(
        Object.entries(operation.inputs ?? {}).map(([key, from]) => [
          key,
          outputs.get(from.operation)?.[from.output] ?? "",
        ]),
      )
      outputs.set(operation.id, yield* driver.execute(operation, { desired, inputs, report }))
    }
  })

/** Groups that change something. */
export const changes = (draft: PlanDraft): ReadonlyArray<string> =>
  draft.groups
    .filter(({ kind }) => kind !== "none" && kind !== "wait")
    .map(({ kind, resource, cause }) => `${kind} ${resource} (${cause})`)
