/** The order in which credentials are offered. ssh2 asks for the next one; each is offered once, and only where the server takes its kind. */
import { Redacted } from "effect"
import type ssh2Module from "ssh2"
import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware } from "ssh2"
import { ConfigInvalid, type WindFlowError } from "../../model/errors/union.ts"
import type { Identity, SshSettings } from "./settings.ts"

type Ssh2 = typeof ssh2Module

interface Offer {
  readonly name: string
  readonly kind: AuthenticationType
  /** Undefined: cannot be offered after all. */
  readonly method: () => Promise<AnyAuthMethod | undefined>
}

export interface Offers {
  readonly handler: AuthHandlerMiddleware
  /** Names of what was offered, in order. */
  readonly offered: () => ReadonlyArray<string>
  /** What the server said it takes. */
  readonly accepted: () => ReadonlyArray<string>
  /** A credential that is broken: worth more than "refused". */
  readonly problem: () => WindFlowError | undefined
}

const encrypted = (message: string): boolean => /passphrase|encrypted/i.test(message)

/** The key ready to sign; rejects with what is wrong with it. */
const opened = async (ssh2: Ssh2, { name, key, passphrase }: Identity) => {
  const text = Redacted.value(key)
  const plain = ssh2.utils.parseKey(text)
  if (!(plain instanceof Error)) return { key: text }
  if (!encrypted(plain.message)) throw new ConfigInvalid({ file: name, detail: plain.message })
  const given = await passphrase()
  if (given === undefined)
    throw new ConfigInvalid({ file: name, detail: "the key is encrypted and no passphrase was given" })
  const secret = Redacted.value(given)
  // Its text may quote the input: ours does not.
  if (ssh2.utils.parseKey(text, secret) instanceof Error)
    throw new ConfigInvalid({ file: name, detail: "the passphrase does not open the key" })
  return { key: text, passphrase: secret }
}

export const makeOffers = (ssh2: Ssh2, username: string, settings: SshSettings): Offers => {
  const { agent, password } = settings
  let problem: WindFlowError | undefined
  const offers: Array<Offer> = [
    ...settings.identities.map((identity): Offer => ({
      name: `key ${identity.name}`,
      kind: "publickey",
      method: () =>
        opened(ssh2, identity).then(
          (key) => ({ type: "publickey", username, ...key }),
          (error: WindFlowError) => {
            problem = error
            return undefined
          },
        ),
    })),
    ...(agent === undefined
      ? []
      : [
          {
            name: "agent",
            kind: "publickey",
            method: () => Promise.resolve({ type: "agent", username, agent }),
          } satisfies Offer,
        ]),
    ...(password === undefined
      ? []
      : [
          {
            name: "password",
            kind: "password",
            method: () => Promise.resolve({ type: "password", username, password: Redacted.value(password) }),
          } satisfies Offer,
        ]),
  ]
  const offered: Array<string> = []
  let accepted: ReadonlyArray<string> = []
  let next = 0

  const nextMethod = async (left: ReadonlyArray<string> | null): Promise<AnyAuthMethod | undefined> => {
    while (next < offers.length) {
      const offer = offers[next++]!
      if (left !== null && !left.includes(offer.kind)) continue
      const method = await offer.method()
      if (method === undefined) continue
      offered.push(offer.name)
      return method
    }
    return undefined
  }

  return {
    handler: (left, _, done) => {
      if (left !== null && left !== undefined) accepted = left
      const next = async () => {
        const method = await nextMethod(left ?? null).catch(() => undefined)
        // `false` ends the attempt; the types know only strings and methods.
        done(method ?? (false as never))
      }
      void next()
    },
    offered: () => offered,
    accepted: () => accepted,
    problem: () => problem,
  }
}
