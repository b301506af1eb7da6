/** `windflow` alone: what runs here, what drifted from the file, what to do next. Changes nothing. */
import type { Instance } from "@windflow/engine/driver"
import type { Plan, Stack } from "@windflow/sdk"
import { isError } from "@windflow/sdk"
import { instanceRow } from "../render/instances.ts"
import { renderPlan } from "../render/plan.ts"
import { table } from "../render/table.ts"
import type { Verb, VerbContext } from "./Verb.ts"

/** The stack of this directory; undefined when there is no Compose file here. Every other problem is told. */
const stackHere = async (context: VerbContext): Promise<Stack | undefined> => {
  try {
    return await context.stack()
  } catch (error) {
    if (context.flags.file === undefined && isError(error, "FileUnreadable") && error.reason === "missing")
      return undefined
    throw error
  }
}

const unhealthy = (instances: ReadonlyArray<Instance>): ReadonlyArray<string> =>
  instances
    .filter(
      ({ health, state, exitCode }) =>
        health === "unhealthy" || state === "dead" || (state === "exited" && exitCode !== 0),
    )
    .map(({ name }) => name)

/** Projects with their number of containers, in the order of their names. */
const projects = (instances: ReadonlyArray<Instance>): ReadonlyArray<readonly [string, number]> =>
  [...Map.groupBy(instances, (instance) => instance.project)]
    .map(([project, all]) => [project, all.length] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))

interface Seen {
  readonly instances: ReadonlyArray<Instance>
  readonly stack: Stack | undefined
  readonly plan: Plan | undefined
}

const nextSteps = ({ instances, stack, plan }: Seen, texts: VerbContext["texts"]): ReadonlyArray<string> => {
  const { nextInit, nextLogs, nextPlan, nextUp } = texts.overview
  if (stack === undefined) return [nextInit]
  if (plan !== undefined && plan.changes > 0) return [nextPlan, nextUp]
  return instances.length > 0 ? [nextLogs] : [nextUp]
}

const overview: Verb<object> = async (context) => {
  const { texts, colors } = context
  const stack = await stackHere(context)
  const flow = await context.open()
  const instances = await flow.ps(stack === undefined ? context.where : { project: stack.name, ...context.where }, {
    signal: context.signal,
  })
  const plan = stack === undefined ? undefined : await flow.plan(stack, { ...context.where, signal: context.signal })
  if (context.json) {
    context.print(
      JSON.stringify({
        deployment: plan?.deployment ?? null,
        changes: plan?.changes ?? null,
        projects: projects(instances).map(([project, containers]) => ({ project, containers })),
        unhealthy: unhealthy(instances),
      }),
    )
    return 0
  }
  if (stack === undefined) {
    context.print(texts.overview.noFile)
    context.print(
      instances.length === 0
        ? texts.overview.nothingRuns
        : table(
            [texts.table.project, texts.table.containers],
            projects(instances).map(([project, containers]) => [project, String(containers)]),
          ),
    )
  } else {
    const { name, image, service, status, ports } = texts.table
    context.print(
      instances.length === 0
        ? texts.overview.nothingRuns
        : table(
            [name, image, service, status, ports],
            instances.map((one) => instanceRow(one, colors)),
          ),
    )
  }
  if (plan !== undefined)
    context.print(
      plan.changes === 0 ? colors.good(texts.overview.inStep(plan.deployment)) : renderPlan(plan, texts, colors),
    )
  const sick = unhealthy(instances)
  if (sick.length > 0) context.print(colors.bad(texts.overview.unhealthy(sick.join(", "))))
  context.print(
    `${texts.overview.next}\n${nextSteps({ instances, stack, plan }, texts)
      .map((step) => `  ${step}`)
      .join("\n")}`,
  )
  return 0
}

export default overview
