/** `windflow secret rotate`: the keyring gets a fresh key. Values and versions stay, so nothing that is deployed changes. */
import { keyringOf } from "../keyring.ts"
import type { Verb } from "./Verb.ts"

const secretRotate: Verb<object> = async (context) => {
  const keyring = keyringOf(context.host)
  await keyring.rewrap()
  const secrets = (await keyring.list()).length
  context.print(context.json ? JSON.stringify({ secrets }) : context.texts.secret.rewrapped(secrets))
  return 0
}

export default secretRotate
