/** Questions: only before data is deleted or a protected environment changes. Without a terminal and without -y: a refusal. */
import { answered, terminalOf } from "./prompt.ts"
import type { VerbContext } from "./verbs/Verb.ts"

/** Resolves when the answer is yes; false when it is no; rejects with `ConfirmationRequired` when nobody can be asked. */
export const confirmed = async (context: VerbContext, subject: string, question: string): Promise<boolean> => {
  const { host, flags, signal } = context
  if (flags.yes === true) return true
  if (host.stdin.isTTY !== true || host.stderr.isTTY !== true || context.json) {
    const { ConfirmationRequired } = await import("@windflow/engine/model")
    throw new ConfirmationRequired({ subject })
  }
  const { default: confirm } = await import("@inquirer/confirm")
  return answered(subject, () => confirm({ message: question, default: false }, { ...terminalOf(host), signal }))
}

/** Asks when the environment is protected. */
export const environmentConfirmed = async (context: VerbContext): Promise<boolean> => {
  const { config } = await context.config()
  const name =
    context.where.environment ?? (context.where.target === undefined ? config.defaults?.environment : undefined)
  if (name === undefined || config.environments?.[name]?.protected !== true) return true
  return confirmed(context, name, context.texts.confirm.protected(name))
}
