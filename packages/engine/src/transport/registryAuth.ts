/** Credentials for a registry from Docker's client configuration: stored ones, or those of a credential helper. */
import { Effect } from "effect"
import type { NotAuthorised } from "../model/errors/union.ts"
import { askHelper } from "./credentialHelper.ts"
import type { DockerConfig } from "./dockerConfig.ts"

const dockerHub = "https://index.docker.io/v1/"
const hubHosts: ReadonlySet<string> = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"])

/** The key under which a registry's host stands in the configuration: Docker Hub has a name of its own there. */
const keyOf = (host: string): string => (hubHosts.has(host) ? dockerHub : host)

/** The key under which a reference's registry stands in the configuration. */
export const registryOf = (reference: string): string => {
  const first = reference.split("/")[0] ?? ""
  const named = reference.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost")
  return keyOf(named ? first : "docker.io")
}

export type Credentials =
  | { readonly _tag: "Password"; readonly username: string; readonly password: string }
  /** An OAuth refresh token, which stands in for name and password. */
  | { readonly _tag: "IdentityToken"; readonly token: string }
  /** A bearer token, sent to the registry as it is. */
  | { readonly _tag: "RegistryToken"; readonly token: string }

const hostOf = (key: string): string => key.replace(/^https?:\/\//, "").split("/")[0] ?? ""

/** Base64 of `name:password`; the password may hold colons. */
const basic = (auth: string): Credentials | undefined => {
  const [username = "", ...password] = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "").split(":")
  return username === "" ? undefined : { _tag: "Password", username, password: password.join(":") }
}

const stored = (config: DockerConfig, registry: string): Credentials | undefined => {
  const auths = config.auths ?? {}
  // Older clients wrote whole URLs: "https://registry.example.com/v1/".
  const entry = auths[registry] ?? Object.entries(auths).find(([key]) => hostOf(key) === hostOf(registry))?.[1]
  if (entry === undefined) return undefined
  if (entry.identitytoken !== undefined && entry.identitytoken !== "")
    return { _tag: "IdentityToken", token: entry.identitytoken }
  if (entry.registrytoken !== undefined && entry.registrytoken !== "")
    return { _tag: "RegistryToken", token: entry.registrytoken }
  const { username = "", password = "" } = entry
  return basic(entry.auth ?? "") ?? (username === "" ? undefined : { _tag: "Password", username, password })
}

/** Credentials for a registry by its host; undefined when nobody logged in to it. */
export const credentialsFor = (
  config: DockerConfig,
  host: string,
): Effect.Effect<Credentials | undefined, NotAuthorised> => {
  const registry = keyOf(host)
  const given = basic(config.environmentAuths?.[registry]?.auth ?? "")
  if (given !== undefined) return Effect.succeed(given)
  const helper = config.credHelpers?.[registry] ?? config.credsStore
  if (helper === undefined || helper === "") return Effect.succeed(stored(config, registry))
  return Effect.map(askHelper(helper, registry), (answer): Credentials | undefined => {
    if (answer === undefined) return undefined
    return answer.username === "<token>"
      ? { _tag: "IdentityToken", token: answer.secret }
      : { _tag: "Password", username: answer.username, password: answer.secret }
  })
}

const bodyOf = (credentials: Credentials): Record<string, string> => {
  switch (credentials._tag) {
    case "Password":
      return { username: credentials.username, password: credentials.password }
    case "IdentityToken":
      return { identitytoken: credentials.token }
    case "RegistryToken":
      return { registrytoken: credentials.token }
  }
}

/** base64url as Go reads it: an engine takes a value without the padding for no credentials at all. */
const padded = (text: string): string => Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_")

/** The value of `X-Registry-Auth`, undefined when nobody logged in to that registry. */
export const registryAuth = (
  config: DockerConfig,
  reference: string,
): Effect.Effect<string | undefined, NotAuthorised> => {
  const registry = registryOf(reference)
  return Effect.map(credentialsFor(config, registry), (credentials) =>
    credentials === undefined ? undefined : padded(JSON.stringify({ ...bodyOf(credentials), serveraddress: registry })),
  )
}
