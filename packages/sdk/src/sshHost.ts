/** Opens the SSH connection of a target: its own credentials, else those that the caller of `open` allows. ssh2 is loaded here. */
import type { SshAccess, Target } from "@windflow/engine/model"
import type { SshEndpoint } from "@windflow/engine/transport"
import { Effect, Redacted } from "effect"
import { said } from "./said.ts"
import type { DriverContext } from "./session.ts"

/** How `ssh://` targets are reached when they do not say it themselves. */
export interface SshOptions {
  /**
   * `system`: the `ssh` on PATH, with the user's own configuration (aliases, ProxyCommand, security keys, certificates), for
   * targets whose credentials are files or an agent's. Default `built-in`, which needs no program and reads no configuration.
   */
  readonly client?: "built-in" | "system"
  /** A private key that is offered instead of the agent's and the usual ones. */
  readonly identity?: string
  /** Files of known hosts; default: `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`. */
  readonly knownHosts?: ReadonlyArray<string>
  /** The passphrase of an encrypted key; `undefined`: there is none. Asked when a key turns out to need one. */
  readonly passphrase?: (key: string) => Promise<string | undefined>
}

/** The system's `ssh` takes credentials from files and its own agent; a fingerprint alone is no entry of a known_hosts file. */
const forSystem = ({ identity, passphrase, password, hostKey, jumpHostKeys }: SshAccess): boolean =>
  passphrase === undefined &&
  password === undefined &&
  jumpHostKeys === undefined &&
  (identity === undefined || typeof identity === "string") &&
  (hostKey === undefined || !hostKey.startsWith("SHA256:"))

/** Nothing is sent yet; the connection closes with the scope. */
export const openHost = Effect.fn("openHost")(function* (
  endpoint: SshEndpoint,
  target: Pick<Target, "ssh">,
  context: DriverContext,
) {
  const { openSsh, openSystemSsh, processSshDirectory, processUser, sshSettings } = yield* Effect.promise(
    () => import("@windflow/engine/transport/ssh"),
  )
  const { processSources } = yield* Effect.promise(() => import("@windflow/engine/transport"))
  const { identity, knownHosts, passphrase, client = "built-in" } = context.ssh
  const access = { ...said({ identity }), ...target.ssh }
  if (client === "system" && forSystem(access))
    return yield* openSystemSsh(endpoint, access, { batch: passphrase === undefined, ...said({ knownHosts }) })
  const settings = yield* sshSettings(endpoint, access, {
    environment: context.env,
    directory: processSshDirectory(),
    user: processUser(),
    readFile: processSources(context.env).readFile,
    reveal: context.secrets.reveal,
    ...said({ knownHosts }),
    ...(passphrase === undefined
      ? {}
      : {
          ask: async (key: string) => {
            const answer = await passphrase(key)
            return answer === undefined ? undefined : Redacted.make(answer)
          },
        }),
  })
  return yield* openSsh(endpoint, settings)
})
