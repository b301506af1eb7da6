/** From what ssh2 and sockets say to the closed union. */
import { HostUnreachable, type WindFlowError } from "../../model/errors/union.ts"
import type { HostAddress } from "./knownHosts.ts"

type Reason = HostUnreachable["reason"]

const byCode: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "timeout",
  ENETUNREACH: "timeout",
  ENOTFOUND: "name",
  EAI_AGAIN: "name",
  ECONNRESET: "closed",
  EPIPE: "closed",
}

const words: Readonly<Record<Exclude<Reason, "other" | "protocol">, string>> = {
  refused: "the connection was refused",
  timeout: "it did not answer in time",
  name: "the host name cannot be resolved",
  closed: "the connection was closed",
}

/** `name`, or `[name]:port`, as known_hosts has it. */
export const hostLabel = ({ host, port }: HostAddress): string => (port === 22 ? host : `[${host}]:${port}`)

export const hostUnreachable = (address: HostAddress, reason: Reason, detail?: string): HostUnreachable =>
  new HostUnreachable({
    host: hostLabel(address),
    reason,
    detail: detail ?? (reason === "other" || reason === "protocol" ? reason : words[reason]),
  })

export const sessionsBusy = (address: HostAddress) =>
  hostUnreachable(
    address,
    "other",
    "all its sessions are in use by other streams; let its sshd forward sockets (AllowStreamLocalForwarding) or grant more (MaxSessions)",
  )

export const connectionFailed = (address: HostAddress, cause: unknown): WindFlowError => {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  const level = "level" in error && typeof error.level === "string" ? error.level : ""
  const known = byCode[code]
  if (known !== undefined) return hostUnreachable(address, known)
  if (level === "client-timeout") return hostUnreachable(address, "timeout")
  if (level === "protocol" || level === "handshake") return hostUnreachable(address, "protocol", error.message)
  // ssh2's words for a server that hangs up before it said who it is (MaxStartups, a wrong port).
  if (/lost before handshake|unexpected end/i.test(error.message)) return hostUnreachable(address, "closed")
  return hostUnreachable(address, "other", error.message)
}
