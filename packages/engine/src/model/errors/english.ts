/** Error texts in English. */
import { type Catalogue, diagnosticLines, type ErrorText, lookUp, remedies } from "./catalogue.ts"
import { describeFindings, englishFindings } from "./findingTexts.ts"
import type { WindFlowError } from "./union.ts"

const tail = (log: string) => (log === "" ? "" : `\n${log}`)

const again = (restored: boolean | undefined) => (restored === true ? "; the previous container is running again" : "")

const catalogue: Catalogue = {
  ComposeInvalid: (e) => ({
    message: diagnosticLines(e.diagnostics, "expected"),
    remedy: remedies(e.diagnostics, "Correct the file and run the command again; nothing was changed."),
  }),
  Unsupported: (e) => ({
    message: `The ${e.driver} driver cannot do this yet:\n${diagnosticLines(e.diagnostics, "expected")}`,
    remedy: remedies(e.diagnostics, "Remove the keys named above, or deploy with a driver that supports them."),
  }),
  FileUnreadable: (e) => ({
    message: `Cannot read ${e.path}: ${e.detail}`,
    remedy: {
      missing: "Check the path, or name the file with -f.",
      permission: "Give this user read permission on the file.",
      directory: "Name a file, not a directory.",
      "outside-root": "Move the file into the project's directory.",
      "too-large": "Make the file smaller.",
      other: "Check the path and the file system.",
    }[e.reason],
  }),
  FileUnwritable: (e) => ({
    message: `Cannot write ${e.path}: ${e.detail}`,
    remedy: {
      missing: "Make its directory, or name another file.",
      permission: "Name a file that this user may write.",
      directory: "Name a file, not a directory.",
      other: "Check the path and the file system.",
    }[e.reason],
  }),
  PlanUnreadable: (e) => ({
    message: `Cannot read the plan ${e.path}: ${e.detail}`,
    remedy: "Make a new plan with `windflow plan -o FILE`, or name the file of one.",
  }),
  Usage: (e) => ({
    message: `${e.subject}: ${e.detail}`,
    remedy: e.expected === undefined ? "See `windflow --help`." : `Expected: ${e.expected}.`,
  }),
  ConfigInvalid: (e) => ({ message: `${e.file}: ${e.detail}`, remedy: "Correct the configuration file." }),
  EngineUnreachable: (e) => ({
    message: `No Docker engine answers at ${e.endpoint}: ${e.detail}`,
    remedy: {
      "not-found":
        "Install Docker or start it (`systemctl start docker`), or name another engine with -t or DOCKER_HOST.",
      refused: "Start the Docker daemon (`systemctl start docker`), or check the address.",
      permission:
        "Add your user to the group that owns the socket (`sudo usermod -aG docker $USER`, then log in again), or run as a user who may use it.",
      timeout: "Check that the host is up and the network lets you reach it.",
      name: "Check the host name.",
      tls: "Check the certificates and DOCKER_CERT_PATH.",
      closed: "The engine went away during the call. Run the command again: it resumes.",
      other: "Check the engine's log.",
    }[e.reason],
  }),
  NotAuthorised: (e) => ({
    message: `Not authorised for ${e.subject}: ${e.detail}`,
    remedy: "Log in, or ask for the permission.",
  }),
  HostKeyMismatch: (e) => ({
    message: `The host key of ${e.host} is ${e.actual}, not the pinned ${e.expected}. No credential was sent.`,
    remedy: "If the host was reinstalled, remove its old key and add it again after comparing the fingerprint.",
  }),
  HostKeyUnknown: (e) => ({
    message: `The host key of ${e.host} is not known: ${e.fingerprint} (${e.key.split(" ")[0]}). No credential was sent.`,
    remedy:
      "Compare the fingerprint on the host itself (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then pin it: " +
      `\`windflow target add NAME ssh://USER@${e.host.replace(/[[\]]/g, "")} --host-key ${e.fingerprint}\`.`,
  }),
  HostUnreachable: (e) => ({
    message: `No SSH connection to ${e.host}: ${e.detail}`,
    remedy: {
      refused: "Start the SSH server of the host, or check the port.",
      timeout: "Check that the host is up and the network lets you reach it.",
      name: "Check the host name.",
      closed: "The connection broke. Run the command again: it resumes.",
      protocol: "Check that an SSH server of this century answers at this port (OpenSSH 6.7 or newer).",
      other: "Run `windflow target test` to see which stage fails.",
    }[e.reason],
  }),
  LoginRefused: (e) => ({
    message: `${e.host} does not let ${e.user} in: offered ${e.offered === "" ? "nothing" : e.offered}; it takes ${e.accepted === "" ? "something else" : e.accepted}`,
    remedy:
      "Put the public key into the user's ~/.ssh/authorized_keys, or name another credential with --identity, an agent (SSH_AUTH_SOCK) or the target's `identity`.",
  }),
  EngineFailed: (e) => ({
    message: `The engine refused ${e.call}${e.status === undefined ? "" : ` (${e.status})`}: ${e.detail}`,
    remedy: "Resolve what the engine says and run the command again: it continues where it stopped.",
  }),
  ImageMissing: (e) => ({
    message: `Image ${e.image} of service ${e.service} is not on the engine and cannot be pulled: ${e.detail}`,
    remedy:
      "Check the image's name and tag, log in to its registry, or let it be brought from this machine's engine (`--carry always`).",
  }),
  BuildFailed: (e) => ({
    message: `Building the image of service ${e.service} failed at ${e.step}: ${e.detail}`,
    remedy: "Correct the Dockerfile or its context. Nothing that runs was touched.",
  }),
  PortInUse: (e) => ({
    message: `Port ${e.port} of service ${e.service} is in use on the target: ${e.detail}`,
    remedy: "Free the port or publish another one, then run the command again: it continues where it stopped.",
  }),
  NameTaken: (e) => ({
    message:
      e.orphan === undefined
        ? `A ${e.kind} named ${e.name} exists and belongs to ${e.owner}`
        : `A ${e.kind} named ${e.name} exists and belongs to service ${e.orphan} of the same project`,
    remedy:
      e.orphan === undefined
        ? `Rename or remove that ${e.kind}, or choose another project name with -p.`
        : `If ${e.orphan} was renamed or taken out of the file, deploy with --remove-orphans; else give one of the two another container_name.`,
  }),
  ExternalMissing: (e) => ({
    message: `The external ${e.kind} ${e.name} does not exist on the target`,
    remedy: `Create it first, or remove \`external: true\`.`,
  }),
  Unhealthy: (e) => ({
    message: `Service ${e.service} is not healthy (container ${e.container})${again(e.restored)}${tail(e.log)}`,
    remedy: `Look at \`windflow logs ${e.service}\`, correct the service or its healthcheck, and run \`windflow up\` again.`,
  }),
  ContainerExited: (e) => ({
    message: `Container ${e.container} of service ${e.service} exited with code ${e.exitCode}${again(e.restored)}${tail(e.log)}`,
    remedy: `Look at \`windflow logs ${e.service}\`, correct the service, and run \`windflow up\` again.`,
  }),
  HookFailed: (e) => ({
    message: `Hook ${e.hook} of service ${e.service} ended with code ${e.exitCode} (container ${e.container})${tail(e.log)}`,
    remedy: "Correct the hook's command, and run the command again.",
  }),
  Locked: (e) => ({
    message: `${e.deployment} is being changed by ${e.owner} since ${e.since}`,
    remedy: `Wait until that run ends; a lock whose owner died expires at ${e.expires}.`,
  }),
  LockLost: (e) => ({
    message: `The lock of ${e.deployment} (epoch ${e.epoch}) now belongs to ${e.owner}; this run stopped`,
    remedy: "Run the command again when the other run has ended.",
  }),
  PlanStale: (e) => ({
    message: `${e.deployment} has changed since the plan was made (${e.expected}, now ${e.actual})`,
    remedy: "Make a new plan and look at it again.",
  }),
  PreconditionFailed: (e) => ({
    message: `${e.operation} was not done: ${e.resource} ${e.detail}`,
    remedy: "Somebody else changed it meanwhile. Run the command again: it plans from what is there now.",
  }),
  PreflightRefused: (e) => ({
    message: `${e.deployment}: nothing was changed, because it would fail\n${describeFindings(englishFindings, e.findings).message}`,
    remedy: describeFindings(englishFindings, e.findings).remedy,
  }),
  PolicyDenied: (e) => ({
    message: `Policy ${e.rule} refuses: ${e.detail}`,
    remedy: "Change the stack, or the policy.",
  }),
  ConfirmationRequired: (e) => ({
    message: `${e.subject} needs a confirmation and there is no terminal to ask on`,
    remedy: "Pass -y when you are sure.",
  }),
  DriverUnavailable: (e) => ({
    message: `Driver ${e.driver} is not available: ${e.detail}`,
    remedy: "Use driver `compose`.",
  }),
  DependencyMissing: (e) => ({ message: `The package ${e.package} is not installed`, remedy: `Run \`${e.install}\`.` }),
  ContentMissing: (e) => ({
    message: `The content of ${e.path} is not at hand: ${e.detail}`,
    remedy:
      "Run `windflow up` again: it plans with what is there now. For a rollback whose files are gone from the target, put the old files back first.",
  }),
  DiskFull: (e) => ({
    message: `The target has no space for ${e.subject}: ${e.detail}`,
    remedy:
      "Free space on the target (`docker system df` shows what takes it) and run the command again: it continues.",
  }),
  PrivilegeMissing: (e) => ({
    message: `${e.user} may not change ${e.host}: ${e.detail}`,
    remedy:
      "Connect as root, or let the user run sudo without a password (`deploy ALL=(ALL) NOPASSWD:ALL` in /etc/sudoers.d/deploy).",
  }),
  HostUnsupported: (e) => ({
    message: `${e.host} cannot be made ready: ${e.detail}`,
    remedy: `Expected: ${e.expected}. Or install Docker there yourself; the target can then be used as it is.`,
  }),
  HostCommandFailed: (e) => ({
    message: `\`${e.command}\` failed on ${e.host} with code ${e.exitCode}${e.detail === "" ? "" : `:\n${e.detail}`}`,
    remedy: "Resolve what it says and run the command again: what is done already is not repeated.",
  }),
  SecretMissing: (e) => ({
    message: `Secret ${e.name} cannot be had: ${e.detail}`,
    remedy: `Set it with \`windflow secret set ${e.name}\`.`,
  }),
  VariableMissing: (e) => ({
    message: `${e.subject} takes its content from the environment variable ${e.variable}, which is not set`,
    remedy: `Set ${e.variable}, also where a saved plan or an earlier revision is applied: values are not stored with them.`,
  }),
  KeyringFailed: (e) => ({
    message: `The keyring ${e.path} cannot be used: ${e.detail}`,
    remedy: {
      "key-missing": "Restore the key file from your backup, or pass its key in WINDFLOW_KEYRING_KEY.",
      "key-exposed":
        "Take the rights of others away (`chmod 600` on the key file), then change the key if somebody may have read it.",
      "key-malformed": "Give 32 random bytes as base64 or hex, for instance from `openssl rand -base64 32`.",
      "key-wrong": "Give the key the keyring was sealed with.",
      tampered: "Restore the keyring from a backup and find out who changed it.",
      locked: "Wait for the other process, or end it. On another machine: remove its lock file once it is gone.",
      invalid: "Correct the name or the value.",
      unreadable: "Check the path, its rights and the space on the disk.",
    }[e.reason],
  }),
  StateCorrupt: (e) => ({
    message: `${e.what} cannot be read: ${e.detail}`,
    remedy: "Move it aside; WindFlow observes the target and rebuilds what it needs.",
  }),
  StateUnavailable: (e) => ({
    message: `WindFlow's own record ${e.path} cannot be used: ${e.detail}`,
    remedy:
      "Free space there or give this user the permission (WINDFLOW_STATE_DIR names another place), then run the command again: it continues where it stopped.",
  }),
  NotDeployed: (e) => ({
    message: `${e.deployment}: ${e.detail}`,
    remedy:
      e.about === "revision"
        ? "See `windflow history` for those that are stored."
        : "See `windflow ps` for what runs, or deploy it with `windflow up`.",
  }),
  Cancelled: (e) => ({
    message:
      e.total === 0
        ? `${e.deployment}: cancelled before any operation began`
        : `The run of ${e.deployment} was cancelled after ${e.done} of ${e.total} operations`,
    remedy: e.total === 0 ? "Run the command again when you wish." : "Run `windflow up` again to converge.",
  }),
  DeadlineExceeded: (e) => ({
    message: `${e.subject} took longer than ${e.seconds} s`,
    remedy: "Give a longer --deadline, or look at what it waits for; running again continues.",
  }),
  Internal: (e) => ({
    message: `A defect of WindFlow: ${e.detail}`,
    remedy: "Please report it with what you did. Running the command again is safe.",
  }),
}

/** The English texts of an error. */
export const english: (error: WindFlowError) => ErrorText = lookUp(catalogue)
