import { Result } from "effect"
import { describe, expect, test } from "vitest"
import { sha256Hex } from "../plan/digest.ts"
import { proxyEnvironment } from "./dockerConfig.ts"
import { type EndpointSources, resolveEndpoint } from "./endpoint.ts"
import { registryOf } from "./registryAuth.ts"

const sources = (
  environment: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): EndpointSources => ({ environment, configDirectory: "/home/.docker", readFile: (path) => files[path] })

const endpoint = (url: string | undefined, from: EndpointSources) =>
  Result.getOrThrow(resolveEndpoint(url, from)).endpoint
const failure = (url: string | undefined, from: EndpointSources) => {
  const result = resolveEndpoint(url, from)
  return Result.isFailure(result) ? result.failure : undefined
}

const contextFiles = (name: string, host: string) => ({
  [`/home/.docker/contexts/meta/${sha256Hex(name)}/meta.json`]: JSON.stringify({
    Name: name,
    Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
  }),
})

describe("endpoint", () => {
  test("the default socket, when nothing says otherwise", () => {
    expect(endpoint(undefined, sources({}))).toMatchObject({ _tag: "Unix", path: "/var/run/docker.sock" })
  })

  test("an explicit URL is over DOCKER_HOST, which is over the context", () => {
    const config = { "/home/.docker/config.json": '{"currentContext":"far"}', ...contextFiles("far", "tcp://far:1") }
    expect(endpoint(undefined, sources({}, config))).toMatchObject({ _tag: "Tcp", host: "far", port: 1 })
    expect(endpoint(undefined, sources({ DOCKER_HOST: "tcp://near" }, config))).toMatchObject({
      host: "near",
      port: 2375,
    })
    expect(endpoint("unix:///a.sock", sources({ DOCKER_HOST: "tcp://near" }, config))).toMatchObject({
      path: "/a.sock",
    })
    expect(endpoint(undefined, sources({ DOCKER_CONTEXT: "default" }, config))).toMatchObject({ _tag: "Unix" })
  })

  test("TLS variables give TLS, its port and its files", () => {
    const files = { "/certs/ca.pem": "CA", "/certs/cert.pem": "CERT", "/certs/key.pem": "KEY" }
    const environment = { DOCKER_HOST: "tcp://h", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" }
    expect(endpoint(undefined, sources(environment, files))).toMatchObject({
      port: 2376,
      tls: { ca: "CA", cert: "CERT", key: "KEY", verify: true },
    })
  })

  test("a context carries its own certificates", () => {
    const id = sha256Hex("far")
    const files = { ...contextFiles("far", "tcp://far:2376"), [`/home/.docker/contexts/tls/${id}/docker/ca.pem`]: "CA" }
    expect(endpoint(undefined, sources({ DOCKER_CONTEXT: "far" }, files))).toMatchObject({
      tls: { ca: "CA", verify: true },
    })
  })

  test.each([
    ["ssh://deploy@host:2222", { _tag: "Ssh", user: "deploy", host: "host", port: 2222, jump: [], explicitPort: true }],
    ["ssh://host", { _tag: "Ssh", host: "host", port: 22, socket: "/var/run/docker.sock", explicitPort: false }],
    ["ssh://h/run/user/1000/docker.sock", { _tag: "Ssh", host: "h", socket: "/run/user/1000/docker.sock" }],
    [
      "ssh://h?jump=ada@first:2222,second",
      {
        jump: [
          { host: "first", port: 2222, user: "ada" },
          { host: "second", port: 22 },
        ],
      },
    ],
    ["tcp://[::1]:2375", { _tag: "Tcp", host: "::1", port: 2375 }],
    ["127.0.0.1:2375", { _tag: "Tcp", host: "127.0.0.1", port: 2375 }],
  ])("%s", (url, expected) => {
    expect(endpoint(url, sources({}))).toMatchObject(expected)
  })

  test.each([
    "unix://relative",
    "ftp://host",
    "tcp://",
    "ssh://-oProxyCommand=x",
    "ssh://-x@host",
    "ssh://h?jump=",
    "ssh://h?jump=ada:word@first",
    "ssh://h?identity=x",
  ])("%s makes no sense and says what would", (url) => {
    expect(failure(url, sources({}))).toMatchObject({ _tag: "Usage", subject: url })
  })

  test("a password in a URL is refused and not repeated", () => {
    const error = failure("ssh://ada:word@host", sources({}))
    expect(error?._tag).toBe("Usage")
    expect(error?.message).not.toContain("word@")
  })

  test("a context that is not there, a configuration that is no JSON", () => {
    expect(failure(undefined, sources({ DOCKER_CONTEXT: "gone" }))?._tag).toBe("Usage")
    expect(failure(undefined, sources({}, { "/home/.docker/config.json": "{" }))?._tag).toBe("ConfigInvalid")
  })
})

test("proxies go into containers in both spellings, an endpoint's own before the default", () => {
  const config = { proxies: { default: { httpProxy: "a" }, "tcp://x": { httpsProxy: "b" } } }
  expect(proxyEnvironment(config, "unix:///s")).toEqual({ HTTP_PROXY: "a", http_proxy: "a" })
  expect(proxyEnvironment(config, "tcp://x")).toEqual({ HTTPS_PROXY: "b", https_proxy: "b" })
})

test.each([
  ["nginx", "https://index.docker.io/v1/"],
  ["team/app:1", "https://index.docker.io/v1/"],
  ["registry.example.org/team/app", "registry.example.org"],
  ["localhost:5000/app", "localhost:5000"],
])("the registry of %s", (reference, registry) => {
  expect(registryOf(reference)).toBe(registry)
})
