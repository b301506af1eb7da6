/** Where a user's credentials and known hosts are: their `~/.ssh`, an agent, and what the target names. Read when a target is opened. */
import { homedir, userInfo } from "node:os"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { FileUnreadable, Usage, type WindFlowError } from "../../model/errors/union.ts"
import type { Credential, SshAccess } from "../../model/Target.ts"
import type { SshEndpoint } from "../endpoint.ts"
import { type HostKeys, isPin, parseKnownHosts } from "./knownHosts.ts"
import { defaultConnectTimeout, defaultKeepAlive, type Identity, type SshSettings } from "./settings.ts"
import { hostLabel } from "./sshErrors.ts"

export interface SshSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The user's `~/.ssh`. */
  readonly directory: string
  readonly user: string
  /** Files of known hosts that are read besides nothing else; default: the user's and the system's. */
  readonly knownHosts?: ReadonlyArray<string>
  /** The text of a file, undefined when it is not there. */
  readonly readFile: (path: string) => string | undefined
  readonly reveal: (name: string) => Effect.Effect<Redacted.Redacted, WindFlowError>
  /** Asks a person for the passphrase of a key; absent where nobody sits. */
  readonly ask?: (key: string) => Promise<Redacted.Redacted | undefined>
}

/** As ssh tries them. */
const usualKeys = ["id_ed25519", "id_ecdsa", "id_rsa"]

const expanded = (path: string): string => (path.startsWith("~/") ? join(homedir(), path.slice(2)) : path)

export const processUser = (): string => userInfo().username

const knownHostsOf = (sources: SshSources): HostKeys["entries"] =>
  (sources.knownHosts ?? [join(sources.directory, "known_hosts"), "/etc/ssh/ssh_known_hosts"]).flatMap((file) =>
    parseKnownHosts(sources.readFile(expanded(file)) ?? ""),
  )

/** What the target names, else an agent, else the usual key files that are there. */
export const sshSettings = Effect.fn("sshSettings")(function* (
  endpoint: SshEndpoint,
  access: SshAccess,
  sources: SshSources,
) {
  const { identity, passphrase, password, hostKey } = access
  for (const pin of [hostKey, ...Object.values(access.jumpHostKeys ?? {})])
    if (pin !== undefined && !isPin(pin))
      return yield* new Usage({ subject: pin, detail: "is no host key", expected: "SHA256:… or ssh-ed25519 AAAA…" })

  const secretOf = (reference: Credential) =>
    typeof reference === "string"
      ? Effect.suspend(() => {
          const text = sources.readFile(expanded(reference))
          return text === undefined
            ? Effect.fail(
                new FileUnreadable({
                  path: reference,
                  reason: "missing",
                  detail: "there is no such key, or it may not be read",
                }),
              )
            : Effect.succeed(Redacted.make(text))
        })
      : sources.reveal(reference._secret)

  const passphraseOf = (name: string) => (): Promise<Redacted.Redacted | undefined> =>
    passphrase !== undefined
      ? Effect.runPromise(sources.reveal(passphrase._secret))
      : (sources.ask?.(name) ?? Promise.resolve(undefined))

  const identityOf = (name: string, key: Redacted.Redacted): Identity => ({ name, key, passphrase: passphraseOf(name) })

  const named =
    identity === undefined
      ? []
      : [identityOf(typeof identity === "string" ? identity : `secret ${identity._secret}`, yield* secretOf(identity))]
  const explicit = identity !== undefined || password !== undefined
  const usual = explicit
    ? []
    : usualKeys.flatMap((name) => {
        const text = sources.readFile(join(sources.directory, name))
        return text === undefined ? [] : [identityOf(join(sources.directory, name), Redacted.make(text))]
      })
  const agent = explicit ? undefined : sources.environment["SSH_AUTH_SOCK"]
  const entries = knownHostsOf(sources)
  const target = hostLabel(endpoint)
  const settings: SshSettings = {
    user: sources.user,
    identities: [...named, ...usual],
    ...(agent === undefined || agent === "" ? {} : { agent }),
    ...(password === undefined ? {} : { password: yield* sources.reveal(password._secret) }),
    hostKeys: (address) => {
      const label = hostLabel(address)
      const pinned = access.jumpHostKeys?.[label] ?? (label === target ? hostKey : undefined)
      return pinned === undefined ? { entries } : { entries, pinned }
    },
    connectTimeout: defaultConnectTimeout,
    keepAlive: defaultKeepAlive,
  }
  return settings
})

/** Of this process's user. */
export const processSshDirectory = (): string => join(homedir(), ".ssh")
