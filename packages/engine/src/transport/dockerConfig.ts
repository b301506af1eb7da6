/**
 * What we read of Docker's client configuration (`~/.docker/config.json`): context, proxies, registry credentials. Text in,
 * values out; who reads the file is the caller's business.
 */
import { Result, Schema } from "effect"
import { ConfigInvalid } from "../model/errors/union.ts"

const Str = Schema.String
const opt = Schema.optionalKey

const Proxy = Schema.Struct({
  httpProxy: opt(Str),
  httpsProxy: opt(Str),
  noProxy: opt(Str),
  ftpProxy: opt(Str),
  allProxy: opt(Str),
})

/** Docker's own file: it may hold more than we know, so other keys are let pass. */
export const DockerConfig = Schema.Struct({
  currentContext: opt(Str),
  proxies: opt(Schema.Record(Str, Proxy)),
  auths: opt(
    Schema.Record(
      Str,
      Schema.Struct({
        auth: opt(Str),
        identitytoken: opt(Str),
        registrytoken: opt(Str),
        username: opt(Str),
        password: opt(Str),
      }),
    ),
  ),
  credsStore: opt(Str),
  credHelpers: opt(Schema.Record(Str, Str)),
})
export type DockerConfig = typeof DockerConfig.Type & {
  /** Registry → base64 of name and password, from DOCKER_AUTH_CONFIG: over everything in the file. */
  readonly environmentAuths?: Readonly<Record<string, { readonly auth: string }>>
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(DockerConfig))

export const parseDockerConfig = (text: string | undefined, file: string): Result.Result<DockerConfig, ConfigInvalid> =>
  text === undefined || text.trim() === ""
    ? Result.succeed({})
    : Result.mapError(decode(text), (issue) => new ConfigInvalid({ file, detail: issue.message }))

const EnvironmentAuths = Schema.fromJsonString(
  Schema.Struct({ auths: opt(Schema.Record(Str, Schema.Struct({ auth: Schema.NonEmptyString }))) }),
)
const decodeEnvironment = Schema.decodeUnknownResult(EnvironmentAuths)

/** DOCKER_AUTH_CONFIG, as CI systems hand out credentials. The message of a refusal names no value. */
export const environmentAuths = (
  text: string | undefined,
): Result.Result<Pick<DockerConfig, "environmentAuths">, ConfigInvalid> => {
  if (text === undefined || text.trim() === "") return Result.succeed({})
  const detail = 'it is not of the form {"auths": {"registry": {"auth": "base64 of name:password"}}}'
  return decodeEnvironment(text).pipe(
    Result.map(({ auths }) => ({ environmentAuths: auths ?? {} })),
    Result.mapError(() => new ConfigInvalid({ file: "DOCKER_AUTH_CONFIG", detail })),
  )
}

const proxyVariables = {
  HTTP_PROXY: "httpProxy",
  HTTPS_PROXY: "httpsProxy",
  NO_PROXY: "noProxy",
  FTP_PROXY: "ftpProxy",
  ALL_PROXY: "allProxy",
} as const

/** The proxy variables that Docker's clients put into every container, in both spellings. */
export const proxyEnvironment = (config: DockerConfig, endpoint: string): Record<string, string> => {
  const proxy = config.proxies?.[endpoint] ?? config.proxies?.["default"]
  const environment: Record<string, string> = {}
  for (const [variable, key] of Object.entries(proxyVariables)) {
    const value = proxy?.[key]
    if (value === undefined || value === "") continue
    environment[variable] = value
    environment[variable.toLowerCase()] = value
  }
  return environment
}
