/** From what goes wrong on the wire to the closed union: socket errors, refused calls, answers that make no sense. */
import {
  DiskFull,
  EngineFailed,
  EngineUnreachable,
  errorClasses,
  NotAuthorised,
  type WindFlowError,
} from "../model/errors/union.ts"

type Reason = EngineUnreachable["reason"]

const reasons: Readonly<Record<string, Reason>> = {
  ENOENT: "not-found",
  ECONNREFUSED: "refused",
  EACCES: "permission",
  EPERM: "permission",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "timeout",
  ENETUNREACH: "timeout",
  ENOTFOUND: "name",
  EAI_AGAIN: "name",
  ECONNRESET: "closed",
  EPIPE: "closed",
  ERR_STREAM_PREMATURE_CLOSE: "closed",
}

const words: Record<Reason, string> = {
  "not-found": "there is no such socket",
  refused: "the connection was refused",
  permission: "this user may not use the socket",
  timeout: "it did not answer in time",
  name: "the host name cannot be resolved",
  tls: "the TLS handshake failed",
  closed: "the connection was closed",
  other: "the connection failed",
}

/** OpenSSL names what is wrong with a certificate mostly, but not always, with CERT. */
const tlsCodes = ["ERR_TLS", "ERR_SSL", "EPROTO", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"]

const isOurs = (cause: unknown): cause is WindFlowError => errorClasses.some((one) => cause instanceof one)

/**
 * A failed connection or a connection that broke; Node puts the reason into `code`. Who dials through something that has errors
 * of its own (SSH) has them come out as they are.
 */
export const unreachable = (endpoint: string, cause: unknown): WindFlowError => {
  if (isOurs(cause)) return cause
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  const tls = tlsCodes.some((one) => code.startsWith(one)) || code.includes("CERT")
  const hungUp = error.message.includes("socket hang up") || error.message === "aborted"
  const reason: Reason = reasons[code] ?? (tls ? "tls" : hungUp ? "closed" : "other")
  return new EngineUnreachable({
    endpoint,
    reason,
    detail: reason === "tls" || reason === "other" ? `${words[reason]} (${error.message})` : words[reason],
  })
}

/** The engine's error document is `{"message": "…"}`; anything else is shown as it is, shortened. */
export const errorMessage = (body: string): string => {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string")
      return parsed.message
  } catch {
    // Not JSON: a proxy in between, or an older engine.
  }
  return body.trim().slice(0, 500)
}

/** An answer with status ≥ 400 that the caller does not expect. */
export const refused = (call: string, status: number, body: string): EngineFailed | NotAuthorised | DiskFull => {
  const detail = errorMessage(body)
  if (status === 401) return new NotAuthorised({ subject: call, detail })
  // Go's text of ENOSPC, which the engine passes on with a 500 of any call that writes.
  if (/no space left on device/i.test(detail)) return new DiskFull({ subject: call, detail })
  return new EngineFailed({ call, status, detail })
}
