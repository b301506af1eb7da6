/** The one table from an error to what a shell, an HTTP client and a retry loop need to know. */
import type { ErrorTag } from "./union.ts"

/** Exit codes: 1 failed · 3 bad input · 4 refused · 5 unreachable or not authorised · 124 deadline · 130 cancelled. */
export interface ErrorRow {
  readonly exit: 1 | 3 | 4 | 5 | 124 | 130
  /** RFC 9110 status for the API. */
  readonly status: 400 | 401 | 403 | 404 | 409 | 412 | 422 | 500 | 501 | 502 | 503 | 504
  readonly retryable: boolean
}

const row = (exit: ErrorRow["exit"], status: ErrorRow["status"], retryable = false): ErrorRow => ({
  exit,
  status,
  retryable,
})

export const table: { readonly [Tag in ErrorTag]: ErrorRow } = {
  ComposeInvalid: row(3, 422),
  Unsupported: row(3, 422),
  FileUnreadable: row(3, 422),
  FileUnwritable: row(3, 422),
  PlanUnreadable: row(3, 422),
  Usage: row(3, 400),
  ConfigInvalid: row(3, 422),
  EngineUnreachable: row(5, 502, true),
  NotAuthorised: row(5, 403),
  HostKeyMismatch: row(5, 502),
  HostKeyUnknown: row(5, 502),
  HostUnreachable: row(5, 502, true),
  LoginRefused: row(5, 403),
  EngineFailed: row(1, 502),
  ImageMissing: row(1, 422),
  BuildFailed: row(1, 422),
  PortInUse: row(1, 409, true),
  NameTaken: row(1, 409),
  ExternalMissing: row(4, 409),
  Unhealthy: row(1, 500),
  ContainerExited: row(1, 500),
  HookFailed: row(1, 500),
  Locked: row(4, 409, true),
  LockLost: row(4, 409, true),
  PlanStale: row(4, 412),
  PreconditionFailed: row(1, 412, true),
  PreflightRefused: row(4, 409),
  PolicyDenied: row(4, 403),
  ConfirmationRequired: row(4, 409),
  DriverUnavailable: row(4, 501),
  DependencyMissing: row(4, 501),
  ContentMissing: row(4, 412, true),
  DiskFull: row(1, 502),
  PrivilegeMissing: row(5, 403),
  HostUnsupported: row(4, 422),
  HostCommandFailed: row(1, 502),
  SecretMissing: row(3, 422),
  VariableMissing: row(3, 422),
  KeyringFailed: row(1, 500),
  StateCorrupt: row(1, 500),
  StateUnavailable: row(1, 500, true),
  NotDeployed: row(4, 404),
  Cancelled: row(130, 409),
  DeadlineExceeded: row(124, 504, true),
  Internal: row(1, 500),
}
