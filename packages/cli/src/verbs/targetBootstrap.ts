/** `windflow target bootstrap [NAME|URL]`: makes a bare Debian or Ubuntu host a Docker host. `--dry-run` shows every step. */
import { Schema } from "effect"
import { Usage } from "@windflow/engine/model"
import { createLive } from "../live.ts"
import { readText } from "../files.ts"
import { planDocument, renderPlan } from "../render/plan.ts"
import type { Verb } from "./Verb.ts"

interface Options {
  readonly dryRun?: boolean
  readonly detached?: boolean
  readonly deployUser?: string
  readonly deployKey?: string
}

const Step = Schema.Union([
  Schema.Struct({ argv: Schema.Array(Schema.String) }),
  Schema.Struct({ path: Schema.String, text: Schema.String }),
])
const decodeStep = Schema.decodeUnknownOption(Step)

/** What a step does on the host, for whoever wants to know before it is done. */
const shown = (args: unknown): ReadonlyArray<string> => {
  const step = decodeStep(args)
  if (step._tag === "None") return []
  return "argv" in step.value
    ? [`    $ ${step.value.argv.join(" ")}`]
    : [
        `    > ${step.value.path}`,
        ...step.value.text
          .trimEnd()
          .split("\n")
          .map((line) => `      ${line}`),
      ]
}

const targetBootstrap: Verb<Options> = async (context, options, args) => {
  const { deployUser, deployKey, dryRun = false, detached = false } = options
  if ((deployUser === undefined) !== (deployKey === undefined))
    throw new Usage({
      subject: "--deploy-user",
      detail: context.texts.target.deployPair,
      expected: "--deploy-user deploy --deploy-key ~/.ssh/id_ed25519.pub",
    })
  const deploy =
    deployUser === undefined || deployKey === undefined
      ? {}
      : { deploy: { user: deployUser, key: (await readText(deployKey)).trim() } }
  const flow = await context.open()
  const live = createLive(context)
  context.running(!dryRun)
  const plan = await flow.targets
    .bootstrap(args[0] ?? context.where.target ?? "local", {
      dryRun,
      detached,
      ...deploy,
      onEvent: live.onEvent,
      signal: context.signal,
    })
    .finally(async () => {
      context.running(false)
      await live.end()
    })
  if (context.json) {
    if (dryRun) context.print(planDocument(plan))
    return 0
  }
  if (dryRun) {
    context.print(renderPlan(plan, context.texts, context.colors))
    for (const { args: step } of plan.operations) for (const line of shown(step)) context.print(line)
  } else context.print(plan.operations.length === 0 ? context.texts.target.ready : context.texts.target.madeReady)
  return 0
}

export default targetBootstrap
