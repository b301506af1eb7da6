/**
 * The closed union of everything that can go wrong. A class says what and where in typed fields; its texts stand in the
 * catalogues (`english.ts`, `french.ts`), its exit code, HTTP status and retryability in `table.ts`. To add one: class here,
 * member of the union, a row in each of the three; the compiler names what is missing.
 */
import { Schema } from "effect"
import { Place } from "../Place.ts"
import { described } from "./described.ts"
import { Finding } from "./Finding.ts"

const Str = Schema.String
const place = { place: Schema.optionalKey(Place) }

/** One finding in a Compose file. `expected` and `remedy` are English; `code` is stable. */
export const Diagnostic = Schema.Struct({
  severity: Schema.Literals(["error", "warning"]),
  code: Str,
  message: Str,
  expected: Schema.optionalKey(Str),
  remedy: Schema.optionalKey(Str),
  place: Schema.optionalKey(Place),
  /** Dotted path into the file: `services.web.ports[0]`. */
  path: Schema.optionalKey(Str),
})
export type Diagnostic = typeof Diagnostic.Type

/** A Compose file (or a stack made in code) is not valid; every finding at once. */
export class ComposeInvalid extends described(
  Schema.TaggedError<ComposeInvalid>()("ComposeInvalid", { diagnostics: Schema.NonEmptyArray(Diagnostic) }),
) {}

/** Valid, but the chosen driver cannot do it: refused by name, never dropped. */
export class Unsupported extends described(
  Schema.TaggedError<Unsupported>()("Unsupported", { driver: Str, diagnostics: Schema.NonEmptyArray(Diagnostic) }),
) {}

export class FileUnreadable extends described(
  Schema.TaggedError<FileUnreadable>()("FileUnreadable", {
    path: Str,
    reason: Schema.Literals(["missing", "permission", "directory", "outside-root", "too-large", "other"]),
    detail: Str,
    ...place,
  }),
) {}

/** An answer could not be written to the file that the user named; whatever stood there is as it was. */
export class FileUnwritable extends described(
  Schema.TaggedError<FileUnwritable>()("FileUnwritable", {
    path: Str,
    reason: Schema.Literals(["missing", "permission", "directory", "other"]),
    detail: Str,
  }),
) {}

/** What was given as a saved plan is none: absent, damaged, or of another format. */
export class PlanUnreadable extends described(
  Schema.TaggedError<PlanUnreadable>()("PlanUnreadable", { path: Str, detail: Str }),
) {}

/** A flag, argument, environment variable or option of ours makes no sense. */
export class Usage extends described(
  Schema.TaggedError<Usage>()("Usage", { subject: Str, detail: Str, expected: Schema.optionalKey(Str) }),
) {}

export class ConfigInvalid extends described(
  Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", { file: Str, detail: Str, ...place }),
) {}

export class EngineUnreachable extends described(
  Schema.TaggedError<EngineUnreachable>()("EngineUnreachable", {
    endpoint: Str,
    reason: Schema.Literals(["not-found", "refused", "permission", "timeout", "name", "tls", "closed", "other"]),
    detail: Str,
  }),
) {}

export class NotAuthorised extends described(
  Schema.TaggedError<NotAuthorised>()("NotAuthorised", { subject: Str, detail: Str }),
) {}

export class HostKeyMismatch extends described(
  Schema.TaggedError<HostKeyMismatch>()("HostKeyMismatch", { host: Str, expected: Str, actual: Str }),
) {}

/** Nobody has said yet which key this host has. No credential was sent. */
export class HostKeyUnknown extends described(
  Schema.TaggedError<HostKeyUnknown>()("HostKeyUnknown", {
    /** `name` or `[name]:port`. */
    host: Str,
    fingerprint: Str,
    /** The key as a line: `ssh-ed25519 AAAA…`. */
    key: Str,
  }),
) {}

/** No SSH connection to a host: before any engine was asked. */
export class HostUnreachable extends described(
  Schema.TaggedError<HostUnreachable>()("HostUnreachable", {
    host: Str,
    reason: Schema.Literals(["refused", "timeout", "name", "closed", "protocol", "other"]),
    detail: Str,
  }),
) {}

/** The host's key is right, and its SSH server refused every credential that was offered. */
export class LoginRefused extends described(
  Schema.TaggedError<LoginRefused>()("LoginRefused", {
    host: Str,
    user: Str,
    /** What was tried, in words: `key ~/.ssh/id_ed25519`, `agent`, `password`. */
    offered: Str,
    /** Methods that the server would take: `publickey, password`. */
    accepted: Str,
  }),
) {}

/** The engine answered with an error that has no tag of its own. */
export class EngineFailed extends described(
  Schema.TaggedError<EngineFailed>()("EngineFailed", {
    call: Str,
    status: Schema.optionalKey(Schema.Int),
    detail: Str,
  }),
) {}

export class ImageMissing extends described(
  Schema.TaggedError<ImageMissing>()("ImageMissing", { image: Str, service: Str, detail: Str, ...place }),
) {}

export class BuildFailed extends described(
  Schema.TaggedError<BuildFailed>()("BuildFailed", { service: Str, step: Str, detail: Str, ...place }),
) {}

export class PortInUse extends described(
  Schema.TaggedError<PortInUse>()("PortInUse", { service: Str, port: Str, detail: Str, ...place }),
) {}

/** A container, network or volume of that name exists and is not ours. */
export class NameTaken extends described(
  Schema.TaggedError<NameTaken>()("NameTaken", {
    kind: Str,
    name: Str,
    owner: Str,
    /** The service of the same deployment that has it: renamed or taken out of the file, it is an orphan. */
    orphan: Schema.optionalKey(Str),
  }),
) {}

export class ExternalMissing extends described(
  Schema.TaggedError<ExternalMissing>()("ExternalMissing", {
    kind: Schema.Literals(["network", "volume", "config", "secret"]),
    name: Str,
    ...place,
  }),
) {}

/** What a run that failed put back: the container that was to be replaced runs again. */
const restored = { restored: Schema.optionalKey(Schema.Boolean) }

/** A healthcheck says unhealthy, or never became healthy within the deadline. `log` holds its last outputs. */
export class Unhealthy extends described(
  Schema.TaggedError<Unhealthy>()("Unhealthy", { service: Str, container: Str, log: Str, ...restored }),
) {}

/** A container ended that should run, or a one-shot ended with a non-zero code. */
export class ContainerExited extends described(
  Schema.TaggedError<ContainerExited>()("ContainerExited", {
    service: Str,
    container: Str,
    exitCode: Schema.Int,
    log: Str,
    ...restored,
  }),
) {}

/** A lifecycle hook (`post_start[0]`) ended with a code other than 0. */
export class HookFailed extends described(
  Schema.TaggedError<HookFailed>()("HookFailed", {
    service: Str,
    container: Str,
    hook: Str,
    exitCode: Schema.Int,
    log: Str,
  }),
) {}

/** Another run holds the deployment's lock. `since` and `expires` are ISO times of the target's clock. */
export class Locked extends described(
  Schema.TaggedError<Locked>()("Locked", { deployment: Str, owner: Str, since: Str, expires: Str }),
) {}

/** Our own lock was taken over (expired, or removed by hand): nothing more was sent. */
export class LockLost extends described(
  Schema.TaggedError<LockLost>()("LockLost", { deployment: Str, epoch: Schema.Int, owner: Str }),
) {}

/** What the planner read has changed since. */
export class PlanStale extends described(
  Schema.TaggedError<PlanStale>()("PlanStale", { deployment: Str, expected: Str, actual: Str }),
) {}

/** An operation's precondition does not hold any more (somebody else changed the resource). */
export class PreconditionFailed extends described(
  Schema.TaggedError<PreconditionFailed>()("PreconditionFailed", { operation: Str, resource: Str, detail: Str }),
) {}

/** What would make the change fail, found before anything was changed. */
export class PreflightRefused extends described(
  Schema.TaggedError<PreflightRefused>()("PreflightRefused", {
    deployment: Str,
    findings: Schema.NonEmptyArray(Finding),
  }),
) {}

export class PolicyDenied extends described(
  Schema.TaggedError<PolicyDenied>()("PolicyDenied", { rule: Str, detail: Str }),
) {}

/** Deletes data or touches a protected environment, and nobody said yes. */
export class ConfirmationRequired extends described(
  Schema.TaggedError<ConfirmationRequired>()("ConfirmationRequired", { subject: Str }),
) {}

export class DriverUnavailable extends described(
  Schema.TaggedError<DriverUnavailable>()("DriverUnavailable", { driver: Str, detail: Str }),
) {}

/** An optional package is not installed; `install` is the command that does it. */
export class DependencyMissing extends described(
  Schema.TaggedError<DependencyMissing>()("DependencyMissing", { package: Str, install: Str }),
) {}

/** A file that belongs to the desired state is not (or no longer) what was digested: changed meanwhile, or of another machine. */
export class ContentMissing extends described(
  Schema.TaggedError<ContentMissing>()("ContentMissing", { path: Str, detail: Str }),
) {}

/** The target has no space for `subject`. */
export class DiskFull extends described(Schema.TaggedError<DiskFull>()("DiskFull", { subject: Str, detail: Str })) {}

/** A change of the host needs root, and we are not. */
export class PrivilegeMissing extends described(
  Schema.TaggedError<PrivilegeMissing>()("PrivilegeMissing", { host: Str, user: Str, detail: Str }),
) {}

/** A host cannot be made ready: its distribution or init system is one that no test stands behind. */
export class HostUnsupported extends described(
  Schema.TaggedError<HostUnsupported>()("HostUnsupported", { host: Str, detail: Str, expected: Str }),
) {}

/** A command on a host ended with an error. */
export class HostCommandFailed extends described(
  Schema.TaggedError<HostCommandFailed>()("HostCommandFailed", {
    host: Str,
    command: Str,
    exitCode: Schema.Int,
    detail: Str,
  }),
) {}

export class SecretMissing extends described(
  Schema.TaggedError<SecretMissing>()("SecretMissing", { name: Str, detail: Str, ...place }),
) {}

/** A config or secret takes its content from an environment variable that is not set here. */
export class VariableMissing extends described(
  Schema.TaggedError<VariableMissing>()("VariableMissing", { variable: Str, subject: Str, ...place }),
) {}

/** The keyring cannot be opened or written: key file absent, too open, not the key that sealed it, or a file that was altered. */
export class KeyringFailed extends described(
  Schema.TaggedError<KeyringFailed>()("KeyringFailed", {
    path: Str,
    reason: Schema.Literals([
      "key-missing",
      "key-exposed",
      "key-malformed",
      "key-wrong",
      "tampered",
      "locked",
      "invalid",
      "unreadable",
    ]),
    detail: Str,
  }),
) {}

/** A journal, revision, lock or plan of ours cannot be read. */
export class StateCorrupt extends described(
  Schema.TaggedError<StateCorrupt>()("StateCorrupt", { what: Str, detail: Str }),
) {}

/** Our own files cannot be written or read: a full or read-only file system, a missing permission. */
export class StateUnavailable extends described(
  Schema.TaggedError<StateUnavailable>()("StateUnavailable", { path: Str, detail: Str }),
) {}

export class NotDeployed extends described(
  Schema.TaggedError<NotDeployed>()("NotDeployed", {
    deployment: Str,
    detail: Str,
    /** What is missing is not a container but a stored revision. */
    about: Schema.optionalKey(Schema.Literal("revision")),
  }),
) {}

export class Cancelled extends described(
  Schema.TaggedError<Cancelled>()("Cancelled", { deployment: Str, done: Schema.Int, total: Schema.Int }),
) {}

export class DeadlineExceeded extends described(
  Schema.TaggedError<DeadlineExceeded>()("DeadlineExceeded", { subject: Str, seconds: Schema.Finite }),
) {}

/** A defect of ours. */
export class Internal extends described(Schema.TaggedError<Internal>()("Internal", { detail: Str })) {}

export const errorClasses = [
  ComposeInvalid,
  Unsupported,
  FileUnreadable,
  FileUnwritable,
  PlanUnreadable,
  Usage,
  ConfigInvalid,
  EngineUnreachable,
  NotAuthorised,
  HostKeyMismatch,
  HostKeyUnknown,
  HostUnreachable,
  LoginRefused,
  EngineFailed,
  ImageMissing,
  BuildFailed,
  PortInUse,
  NameTaken,
  ExternalMissing,
  Unhealthy,
  ContainerExited,
  HookFailed,
  Locked,
  LockLost,
  PlanStale,
  PreconditionFailed,
  PreflightRefused,
  PolicyDenied,
  ConfirmationRequired,
  DriverUnavailable,
  DependencyMissing,
  ContentMissing,
  DiskFull,
  PrivilegeMissing,
  HostUnsupported,
  HostCommandFailed,
  SecretMissing,
  VariableMissing,
  KeyringFailed,
  StateCorrupt,
  StateUnavailable,
  NotDeployed,
  Cancelled,
  DeadlineExceeded,
  Internal,
] as const

/** Encodes and decodes any error of ours: for journals, events and the wire. */
export const WindFlowError = Schema.Union(errorClasses)
export type WindFlowError = typeof WindFlowError.Type
export type ErrorTag = WindFlowError["_tag"]
/** The error of one tag. */
export type ErrorOf<Tag extends ErrorTag> = Extract<WindFlowError, { readonly _tag: Tag }>
