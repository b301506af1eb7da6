/** `windflow doctor`: each thing WindFlow needs here, whether it is so, and the remedy when it is not. Changes nothing. */
import { access, constants } from "node:fs/promises"
import { dirname } from "node:path"
import { describeError } from "@windflow/engine/model"
import { stateDirectory } from "../keyring.ts"
import { asError } from "../report.ts"
import type { Verb, VerbContext } from "./Verb.ts"

interface Finding {
  readonly subject: string
  readonly well: boolean
  readonly detail: string
  readonly remedy?: string
}

const tried = async (context: VerbContext, subject: string, look: () => Promise<string>): Promise<Finding> => {
  try {
    return { subject, well: true, detail: await look() }
  } catch (thrown) {
    const { message, remedy } = describeError(asError(thrown), context.locale)
    return { subject, well: false, detail: message, remedy }
  }
}

/** The nearest directory that exists decides whether the state directory can be made. */
const writable = async (directory: string): Promise<string> => {
  for (let at = directory; ; at = dirname(at)) {
    try {
      await access(at, constants.W_OK)
      return directory
    } catch (cause) {
      const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT"
      if (!missing || dirname(at) === at) throw cause
    }
  }
}

const doctor: Verb<object> = async (context) => {
  const { texts, colors, host } = context
  const { doctor: words } = texts
  const findings: ReadonlyArray<Finding> = [
    await tried(context, words.node, async () => process.version),
    await tried(context, words.config, async () => (await context.config()).file ?? words.none),
    await tried(context, words.compose, async () => (await context.stack()).name),
    await tried(context, words.engine, async () => {
      const flow = await context.open()
      const { usable } = await import("@windflow/sdk")
      const report = await flow.targets.test(context.where.target ?? "local", { signal: context.signal })
      const { projects, containers } = usable(report)
      return words.runs(projects.length, containers)
    }),
    await tried(context, words.stateDirectory, async () => words.writable(await writable(stateDirectory(host)))),
  ]
  const problems = findings.filter((finding) => !finding.well)
  if (context.json) context.print(JSON.stringify({ findings, problems: problems.length }))
  else {
    for (const { subject, well, detail, remedy } of findings) {
      context.print(`${well ? colors.good("✓") : colors.bad("✗")} ${colors.strong(subject)}  ${detail}`)
      if (remedy !== undefined) context.print(`    ${texts.error.remedy}: ${remedy}`)
    }
    context.print(words.verdict(problems.length))
  }
  return problems.length === 0 ? 0 : 1
}

export default doctor
