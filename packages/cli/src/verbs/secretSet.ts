/** `windflow secret set NAME`: the value comes from the terminal, unseen, or from standard input; never from the command line. */
import { Usage } from "@windflow/engine/model"
import { keyringOf } from "../keyring.ts"
import { answered, terminalOf } from "../prompt.ts"
import type { Verb, VerbContext } from "./Verb.ts"

/** All of standard input, without the line end that `echo` adds. */
const piped = async (context: VerbContext): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of context.host.stdin) chunks.push(chunk)
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/, "")
}

const typed = async (context: VerbContext, name: string): Promise<string> => {
  const { default: password } = await import("@inquirer/password")
  const { host, signal, texts } = context
  return answered(name, () => password({ message: texts.secret.prompt(name) }, { ...terminalOf(host), signal }))
}

const secretSet: Verb<object> = async (context, _options, args) => {
  const name = args[0]!
  const value = context.host.stdin.isTTY === true ? await typed(context, name) : await piped(context)
  if (value === "") throw new Usage({ subject: name, detail: context.texts.refusal.emptyValue })
  const { version } = await keyringOf(context.host).set(name, value)
  context.print(context.json ? JSON.stringify({ name, version }) : context.texts.secret.stored(name, version))
  return 0
}

export default secretSet
