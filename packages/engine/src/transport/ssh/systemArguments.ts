/** The argument list of the system's `ssh`: the user's own configuration, and over it what a target says. Pure. */
import type { SshAccess } from "../../model/Target.ts"
import type { SshEndpoint, SshHop } from "../endpoint.ts"

export interface SystemFiles {
  /** A directory of this user alone: the forwarded socket, the control socket, pinned keys. */
  readonly directory: string
}

export interface SystemChoices {
  readonly identity?: string
  readonly knownHosts?: ReadonlyArray<string>
  /** Nobody can be asked: passphrases and new keys are refused instead. */
  readonly batch: boolean
}

export const forwardedSocket = ({ directory }: SystemFiles): string => `${directory}/docker.sock`
export const controlSocket = ({ directory }: SystemFiles): string => `${directory}/control`
export const pinnedFile = ({ directory }: SystemFiles): string => `${directory}/known_hosts`

/** The name under which a pinned key stands in a file of its own: no other entry can speak for it. */
export const pinnedName = "windflow-target"

const option = (name: string, value: string): ReadonlyArray<string> => ["-o", `${name}=${value}`]

const jumpText = ({ user, host, port }: SshHop): string =>
  `${user === undefined ? "" : `${user}@`}${host.includes(":") ? `[${host}]` : host}:${port}`

/** How to reach the host, whatever is then done there. */
export const destination = (
  endpoint: SshEndpoint,
  access: SshAccess,
  files: SystemFiles,
  { identity, knownHosts, batch }: SystemChoices,
): ReadonlyArray<string> => {
  const key = typeof access.identity === "string" ? access.identity : identity
  return [
    ...(key === undefined ? [] : ["-i", key, ...option("IdentitiesOnly", "yes")]),
    ...(access.hostKey === undefined
      ? knownHosts === undefined
        ? []
        : [...option("UserKnownHostsFile", knownHosts.join(" ")), ...option("GlobalKnownHostsFile", "/dev/null")]
      : [
          ...option("UserKnownHostsFile", pinnedFile(files)),
          ...option("GlobalKnownHostsFile", "/dev/null"),
          ...option("HostKeyAlias", pinnedName),
        ]),
    ...(batch ? option("BatchMode", "yes") : []),
    ...option("ConnectTimeout", "15"),
    ...(endpoint.explicitPort ? ["-p", String(endpoint.port)] : []),
    ...(endpoint.user === undefined ? [] : ["-l", endpoint.user]),
    ...(endpoint.jump.length === 0 ? [] : ["-J", endpoint.jump.map(jumpText).join(",")]),
  ]
}

/** The one connection: forwards the engine's socket, and lets others run programs over it. */
export const master = (
  endpoint: SshEndpoint,
  access: SshAccess,
  files: SystemFiles,
  choices: SystemChoices,
): ReadonlyArray<string> => [
  "-N",
  "-T",
  // First, because ssh takes the first value it sees: over the user's own.
  ...option("StrictHostKeyChecking", "yes"),
  ...option("LogLevel", "DEBUG1"),
  ...option("ExitOnForwardFailure", "yes"),
  ...option("StreamLocalBindMask", "0177"),
  ...option("ServerAliveInterval", "10"),
  ...option("ServerAliveCountMax", "3"),
  ...option("ControlMaster", "yes"),
  ...option("ControlPersist", "no"),
  ...option("ControlPath", controlSocket(files)),
  ...destination(endpoint, access, files, choices),
  "-L",
  `${forwardedSocket(files)}:${endpoint.socket}`,
  "--",
  endpoint.host,
]

/** A program over the open connection; `text` is what the login shell there reads. */
export const overMaster = (endpoint: SshEndpoint, files: SystemFiles, text: string): ReadonlyArray<string> => [
  "-T",
  ...option("ControlMaster", "no"),
  ...option("ControlPath", controlSocket(files)),
  // Should the connection be gone: no second one behind our back.
  ...option("ProxyCommand", "false"),
  ...option("LogLevel", "ERROR"),
  "--",
  endpoint.host,
  text,
]

/** Learns the key of an unknown host without offering it a credential. */
export const keyQuestion = (
  endpoint: SshEndpoint,
  access: SshAccess,
  files: SystemFiles,
  choices: SystemChoices,
): ReadonlyArray<string> => [
  "-T",
  ...option("StrictHostKeyChecking", "accept-new"),
  ...option("UserKnownHostsFile", `${files.directory}/offered`),
  ...option("GlobalKnownHostsFile", "/dev/null"),
  ...option("HashKnownHosts", "no"),
  ...option("PreferredAuthentications", "none"),
  ...option("ControlMaster", "no"),
  ...option("ControlPath", "none"),
  ...destination(endpoint, access, files, { ...choices, batch: true }),
  "--",
  endpoint.host,
  "true",
]

/** Asks ssh itself where it would connect to. */
export const configurationQuestion = (endpoint: SshEndpoint): ReadonlyArray<string> => [
  "-G",
  ...(endpoint.explicitPort ? ["-p", String(endpoint.port)] : []),
  ...(endpoint.user === undefined ? [] : ["-l", endpoint.user]),
  ...(endpoint.jump.length === 0 ? [] : ["-J", endpoint.jump.map(jumpText).join(",")]),
  "--",
  endpoint.host,
]
