/** Credentials for a registry from Docker's client configuration: stored ones, or those of a credential helper. */
import { execFile } from "node:child_process"
import { Effect, Option, Schema } from "effect"
import { NotAuthorised } from "../model/errors/union.ts"
import type { DockerConfig } from "./dockerConfig.ts"

const dockerHub = "https://index.docker.io/v1/"

/** The key under which a reference's registry stands in the configuration. */
export const registryOf = (reference: string): string => {
  const first = reference.split("/")[0] ?? ""
  const named = reference.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost")
  return named && first !== "docker.io" && first !== "index.docker.io" ? first : dockerHub
}

const HelperAnswer = Schema.fromJsonString(Schema.Struct({ Username: Schema.String, Secret: Schema.String }))

const askHelper = (
  helper: string,
  registry: string,
): Effect.Effect<Record<string, string> | undefined, NotAuthorised> =>
  Effect.callback((resume) => {
    const child = execFile(`docker-credential-${helper}`, ["get"], (error, stdout) => {
      const answer = Option.getOrUndefined(Schema.decodeUnknownOption(HelperAnswer)(stdout))
      if (answer !== undefined)
        resume(Effect.succeed({ username: answer.Username, password: answer.Secret, serveraddress: registry }))
      // Helpers say "credentials not found" and exit 1 for a registry nobody logged in to: pull without.
      else if (error === null || /not found/i.test(stdout)) resume(Effect.succeed(undefined))
      else
        resume(
          Effect.fail(
            new NotAuthorised({ subject: registry, detail: `docker-credential-${helper}: ${error.message}` }),
          ),
        )
    })
    child.stdin?.end(registry)
    return Effect.sync(() => child.kill())
  })

const encode = (auth: Record<string, string>) => Buffer.from(JSON.stringify(auth)).toString("base64url")

const stored = (config: DockerConfig, registry: string): Record<string, string> | undefined => {
  const entry = config.auths?.[registry] ?? config.auths?.[`https://${registry}`]
  if (entry === undefined) return undefined
  if (entry.identitytoken !== undefined && entry.identitytoken !== "")
    return { identitytoken: entry.identitytoken, serveraddress: registry }
  const [username = "", ...password] = Buffer.from(entry.auth ?? "", "base64")
    .toString("utf8")
    .split(":")
  const user = entry.username ?? username
  return user === ""
    ? undefined
    : { username: user, password: entry.password ?? password.join(":"), serveraddress: registry }
}

/** The value of `X-Registry-Auth`, undefined when nobody logged in to that registry. */
export const registryAuth = (
  config: DockerConfig,
  reference: string,
): Effect.Effect<string | undefined, NotAuthorised> => {
  const registry = registryOf(reference)
  const helper = config.credHelpers?.[registry] ?? config.credsStore
  const found =
    helper === undefined || helper === "" ? Effect.succeed(stored(config, registry)) : askHelper(helper, registry)
  return Effect.map(found, (auth) => (auth === undefined ? undefined : encode(auth)))
}
