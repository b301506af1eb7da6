/** For tests of this folder and of drivers over SSH: the fixture's host as endpoint and settings. No part of the product. */
import { readFileSync } from "node:fs"
import { Effect, Redacted, Result, type Scope } from "effect"
import { SecretMissing, type WindFlowError } from "../../model/errors/union.ts"
import type { SshAccess } from "../../model/Target.ts"
import type { DockerApiShape } from "../DockerApi.ts"
import { parseEndpoint, type SshEndpoint } from "../endpoint.ts"
import { openDocker } from "../openDocker.ts"
import { openSsh } from "./openSsh.ts"
import type { SshHost } from "./SshHost.ts"
import { sshSettings, type SshSources } from "./sources.ts"

/** What is needed of the fixture `startHost`. */
interface SshFixture {
  readonly address: string
  readonly port: number
  readonly privateKey: string
  readonly hostKey: string
}

/** Only what a test names: neither this machine's keys nor its agent. */
export const bareSources = (changes: Partial<SshSources> = {}): SshSources => ({
  environment: {},
  directory: "/nowhere",
  user: "nobody",
  knownHosts: [],
  readFile: (path) => {
    try {
      return readFileSync(path, "utf8")
    } catch {
      return undefined
    }
  },
  reveal: (name) => Effect.fail(new SecretMissing({ name, detail: "there are none in this test" })),
  ...changes,
})

export const secrets =
  (values: Readonly<Record<string, string>>): SshSources["reveal"] =>
  (name) => {
    const value = values[name]
    return value === undefined
      ? Effect.fail(new SecretMissing({ name, detail: "not in this test" }))
      : Effect.succeed(Redacted.make(value))
  }

export const sshEndpointOf = (url: string): SshEndpoint => {
  const parsed = parseEndpoint(url, undefined)
  if (Result.isFailure(parsed)) throw parsed.failure
  if (parsed.success._tag !== "Ssh") throw new Error(`${url} is not an SSH URL`)
  return parsed.success
}

export const sshTo = (
  url: string,
  access: SshAccess,
  changes: Partial<SshSources> = {},
): Effect.Effect<SshHost, WindFlowError, Scope.Scope> => {
  const endpoint = sshEndpointOf(url)
  return Effect.flatMap(sshSettings(endpoint, access, bareSources(changes)), (settings) => openSsh(endpoint, settings))
}

/** As `user` with the host's key file and the pinned host key. */
export const accessTo = (host: SshFixture): SshAccess => ({ identity: host.privateKey, hostKey: host.hostKey })

/** The host's engine through `via`, which stands before its SSH port. */
export const engineOf = (
  host: SshFixture,
  via: Pick<SshFixture, "address" | "port"> = host,
  user = "deploy",
): Effect.Effect<{ readonly ssh: SshHost; readonly api: DockerApiShape }, WindFlowError, Scope.Scope> =>
  Effect.gen(function* () {
    const endpoint = sshEndpointOf(`ssh://${user}@${via.address}:${via.port}`)
    const ssh = yield* openSsh(endpoint, yield* sshSettings(endpoint, accessTo(host), bareSources()))
    return { ssh, api: yield* openDocker({ endpoint, config: {} }, ssh.dial) }
  })
