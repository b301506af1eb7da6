/**
 * One authenticated ssh2 connection to the last machine of a route. The host key of each machine is judged before anything about
 * the user is sent to it.
 */
import type { Duplex } from "node:stream"
import { Effect } from "effect"
import type { Client, ServerHostKeyAlgorithm } from "ssh2"
import { HostKeyMismatch, HostKeyUnknown, LoginRefused, type WindFlowError } from "../../model/errors/union.ts"
import type { SshEndpoint, SshHop } from "../endpoint.ts"
import { makeOffers } from "./auth.ts"
import { fingerprint, judgeHostKey, keyLine, knownTypes } from "./knownHosts.ts"
import type { SshSettings } from "./settings.ts"
import { connectionFailed, hostLabel, hostUnreachable } from "./sshErrors.ts"

/** Loaded by the first connection: 50 ms that a local deployment does not pay. */
const loadSsh2 = Effect.promise(async () => (await import("ssh2")).default)
type Ssh2 = Effect.Success<typeof loadSsh2>

export interface Connected {
  readonly client: Client
  /** What let the user in: `key ~/.ssh/id_ed25519`. */
  readonly credential: string
  /** The key of the last machine, as a line. */
  readonly hostKey: string
}

const algorithmsOf: Readonly<Record<string, ReadonlyArray<ServerHostKeyAlgorithm>>> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
}

/** Known types first; SHA-1 signatures are not asked for. */
const hostKeyAlgorithms = (known: ReadonlyArray<string>): Array<ServerHostKeyAlgorithm> => {
  const first = known.flatMap((type) => algorithmsOf[type] ?? [])
  const all = Object.values(algorithmsOf).flat()
  return [...first, ...all.filter((one) => !first.includes(one))]
}

const refusal = (hop: SshHop, key: Buffer, settings: SshSettings): WindFlowError | undefined => {
  const verdict = judgeHostKey(key, hop, settings.hostKeys(hop))
  const host = hostLabel(hop)
  const actual = fingerprint(key)
  switch (verdict._tag) {
    case "Known":
      return undefined
    case "Unknown":
      return new HostKeyUnknown({ host, fingerprint: actual, key: keyLine(key) })
    case "Mismatch":
      return new HostKeyMismatch({ host, expected: verdict.expected.join(", "), actual })
    case "Revoked":
      return new HostKeyMismatch({ host, expected: "key: this one is marked @revoked", actual })
    default:
      return verdict satisfies never
  }
}

const connectHop = (
  ssh2: Ssh2,
  hop: SshHop,
  settings: SshSettings,
  sock: Duplex | undefined,
): Effect.Effect<Connected, WindFlowError> =>
  Effect.callback<Connected, WindFlowError>((resume) => {
    const user = hop.user ?? settings.user
    const client = new ssh2.Client()
    const offers = makeOffers(ssh2, user, settings)
    let hostKey = ""
    let refused: WindFlowError | undefined
    const fail = (error: WindFlowError) => {
      client.destroy()
      resume(Effect.fail(error))
    }
    client.once("ready", () =>
      resume(Effect.succeed({ client, credential: offers.offered().at(-1) ?? "none", hostKey })),
    )
    // Stays for the connection's life: an error without a listener would end the process. Who uses the client hears its `close`.
    client.on("error", (error: Error & { readonly level?: string }) => {
      if (refused !== undefined) return fail(refused)
      if (error.level === "client-authentication")
        return fail(
          offers.problem() ??
            new LoginRefused({
              host: hostLabel(hop),
              user,
              offered: offers.offered().join(", "),
              accepted: offers.accepted().join(", "),
            }),
        )
      return fail(connectionFailed(hop, error))
    })
    client.once("close", () => fail(refused ?? hostUnreachable(hop, "closed")))
    client.connect({
      host: hop.host,
      port: hop.port,
      username: user,
      ...(sock === undefined ? {} : { sock }),
      readyTimeout: settings.connectTimeout,
      keepaliveInterval: settings.keepAlive,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: hostKeyAlgorithms(knownTypes(settings.hostKeys(hop), hop)) },
      hostVerifier: (key: Buffer) => {
        hostKey = keyLine(key)
        refused = refusal(hop, key, settings)
        return refused === undefined
      },
      authHandler: offers.handler,
    })
    return Effect.sync(() => client.destroy())
  })

/** A stream from one machine of the route to the next. */
const through = (client: Client, from: SshHop, to: SshHop): Effect.Effect<Duplex, WindFlowError> =>
  Effect.callback((resume) => {
    client.forwardOut("127.0.0.1", 0, to.host, to.port, (error, channel) =>
      resume(
        error === undefined
          ? Effect.succeed(channel)
          : Effect.fail(hostUnreachable(to, "other", `${hostLabel(from)} does not reach it: ${error.message}`)),
      ),
    )
  })

/** Closing the last client closes those before it. */
export const connectRoute = (endpoint: SshEndpoint, settings: SshSettings): Effect.Effect<Connected, WindFlowError> =>
  Effect.gen(function* () {
    const ssh2 = yield* loadSsh2
    let previous: { readonly hop: SshHop; readonly connected: Connected } | undefined
    for (const hop of [...endpoint.jump, endpoint]) {
      const before = previous
      const step = Effect.gen(function* () {
        const sock = before === undefined ? undefined : yield* through(before.connected.client, before.hop, hop)
        return yield* connectHop(ssh2, hop, settings, sock)
      })
      const connected: Connected =
        before === undefined
          ? yield* step
          : yield* Effect.onError(step, () => Effect.sync(() => before.connected.client.end()))
      if (before !== undefined) connected.client.once("close", () => before.connected.client.end())
      previous = { hop, connected }
    }
    // A route has at least its target.
    return previous!.connected
  })
