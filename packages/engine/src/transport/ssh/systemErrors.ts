/** What the system's `ssh` prints, as errors of ours: it has no other way to say why it ended. Pure. */
import { HostKeyMismatch, HostKeyUnknown, LoginRefused, type WindFlowError } from "../../model/errors/union.ts"
import type { SshHop } from "../endpoint.ts"
import { hostLabel, hostUnreachable } from "./sshErrors.ts"

/** Lines for people: with `LogLevel DEBUG1` there are others. */
const spoken = (stderr: string): ReadonlyArray<string> =>
  stderr
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !/^debug\d:|^OpenSSH_/.test(line))
    .map((line) => line.trim())

/** `ssh-ed25519` and `SHA256:…` of the key that the last machine showed. */
export const shownKey = (stderr: string): { readonly type: string; readonly fingerprint: string } | undefined => {
  const shown = [...stderr.matchAll(/^debug1: Server host key: (\S+) (SHA256:\S+)/gm)].at(-1)
  return shown === null || shown === undefined ? undefined : { type: shown[1]!, fingerprint: shown[2]! }
}

/** How the last machine let us in: `publickey`. */
export const usedMethod = (stderr: string): string | undefined =>
  [...stderr.matchAll(/(?:Authenticated to .* using "|Authentication succeeded \()([\w-]+)/g)].at(-1)?.[1]

const network: ReadonlyArray<readonly [RegExp, Parameters<typeof hostUnreachable>[1]]> = [
  [/could not resolve hostname/i, "name"],
  [/connection refused/i, "refused"],
  [/timed out|no route to host|network is unreachable/i, "timeout"],
  [/connection (closed|reset)|closed by remote host|kex_exchange_identification|broken pipe/i, "closed"],
  [/no matching .* found|protocol/i, "protocol"],
]

/** `offered`: the full key of an unknown host, where it could be had. */
export const systemFailure = (
  hop: SshHop,
  user: string,
  stderr: string,
  offered: string | undefined,
): WindFlowError => {
  const host = hostLabel(hop)
  const lines = spoken(stderr)
  const text = lines.join("\n")
  const shown = shownKey(stderr)
  const actual = shown?.fingerprint ?? ""
  if (/identification has changed|host key for .* has changed/i.test(text))
    return new HostKeyMismatch({ host, expected: "key of known_hosts", actual })
  if (/revoked/i.test(text)) return new HostKeyMismatch({ host, expected: "key: this one is marked @revoked", actual })
  if (/host key verification failed|requested strict checking/i.test(text))
    return new HostKeyUnknown({ host, fingerprint: actual, key: offered ?? shown?.type ?? "" })
  const denied = /permission denied \(([^)]*)\)/i.exec(text)
  if (denied !== null || /too many authentication failures/i.test(text))
    return new LoginRefused({ host, user, offered: "ssh", accepted: (denied?.[1] ?? "").replaceAll(",", ", ") })
  const known = network.find(([pattern]) => pattern.test(text))
  return known === undefined || known[1] === "protocol"
    ? hostUnreachable(hop, known?.[1] ?? "other", lines.at(-1) ?? "ssh ended without a word")
    : hostUnreachable(hop, known[1])
}
