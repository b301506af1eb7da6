// Credentials of Docker's configuration; helpers are little scripts in a PATH of their own.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { Effect, Result } from "effect"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { askHelper } from "./credentialHelper.ts"
import { type DockerConfig, environmentAuths, parseDockerConfig } from "./dockerConfig.ts"
import { credentialsFor, registryAuth, registryOf } from "./registryAuth.ts"

const encoded = (text: string) => Buffer.from(text).toString("base64")
const sent = async (config: DockerConfig, reference: string): Promise<unknown> => {
  const header = await Effect.runPromise(registryAuth(config, reference))
  return header === undefined ? undefined : JSON.parse(Buffer.from(header, "base64url").toString("utf8"))
}

test.each([
  ["nginx", "https://index.docker.io/v1/"],
  ["docker.io/library/nginx:1", "https://index.docker.io/v1/"],
  ["index.docker.io/team/app", "https://index.docker.io/v1/"],
  ["team/app", "https://index.docker.io/v1/"],
  ["ghcr.io/team/app@sha256:00", "ghcr.io"],
  ["localhost/app", "localhost"],
  ["localhost:5000/app:1", "localhost:5000"],
])("%s belongs to %s", (reference, registry) => {
  expect(registryOf(reference)).toBe(registry)
})

test.each(["m", "me", "mee", "?>~"])("engines want the padding of base64url (%s)", async (user) => {
  const header = await Effect.runPromise(registryAuth({ auths: { "a.b": { auth: encoded(`${user}:p`) } } }, "a.b/c"))
  expect(header).toMatch(/^([\w-]{4})*([\w-]{2}==|[\w-]{3}=)?$/)
})

describe("stored credentials", () => {
  test.each<[string, DockerConfig, string, unknown]>([
    [
      "name and password; the password may hold a colon",
      { auths: { "ghcr.io": { auth: encoded("me:pass:word") } } },
      "ghcr.io/app",
      { username: "me", password: "pass:word", serveraddress: "ghcr.io" },
    ],
    [
      "Docker Hub by its old address",
      { auths: { "https://index.docker.io/v1/": { auth: encoded("me:p") } } },
      "nginx",
      { username: "me", password: "p", serveraddress: "https://index.docker.io/v1/" },
    ],
    [
      "keys that older clients wrote as URLs",
      { auths: { "https://reg.example:5000/v2/": { auth: encoded("me:p") } } },
      "reg.example:5000/app",
      { username: "me", password: "p", serveraddress: "reg.example:5000" },
    ],
    [
      "an identity token over name and password",
      { auths: { "ghcr.io": { auth: encoded("me:p"), identitytoken: "t" } } },
      "ghcr.io/app",
      { identitytoken: "t", serveraddress: "ghcr.io" },
    ],
    [
      "a bearer token",
      { auths: { "ghcr.io": { registrytoken: "t" } } },
      "ghcr.io/app",
      { registrytoken: "t", serveraddress: "ghcr.io" },
    ],
    [
      "name and password as fields",
      { auths: { "ghcr.io": { username: "me", password: "p" } } },
      "ghcr.io/app",
      { username: "me", password: "p", serveraddress: "ghcr.io" },
    ],
    ["another registry's", { auths: { "ghcr.io": { auth: encoded("me:p") } } }, "quay.io/app", undefined],
    ["an empty entry, as helpers leave it", { auths: { "ghcr.io": {} } }, "ghcr.io/app", undefined],
  ])("%s", async (_, config, reference, expected) => {
    expect(await sent(config, reference)).toEqual(expected)
  })

  test("the builder asks for Docker Hub by the name of its host", async () => {
    const config = { auths: { "https://index.docker.io/v1/": { auth: encoded("me:p") } } }
    expect(await Effect.runPromise(credentialsFor(config, "registry-1.docker.io"))).toEqual({
      _tag: "Password",
      username: "me",
      password: "p",
    })
  })
})

describe("helpers", () => {
  let folder = ""
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "windflow-helpers-"))
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"] ?? ""}`)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })
  const helper = (name: string, script: string): void => {
    const path = join(folder, `docker-credential-${name}`)
    writeFileSync(path, `#!/bin/sh\n${script}\n`)
    chmodSync(path, 0o755)
  }
  const failure = async (config: DockerConfig, reference = "ghcr.io/app") => {
    const result = await Effect.runPromise(Effect.result(registryAuth(config, reference)))
    return Result.isFailure(result) ? result.failure : undefined
  }

  test("is asked with get and the registry on its standard input; the registry's own helper comes first", async () => {
    helper(
      "own",
      `echo "$@" > ${folder}/args; cat > ${folder}/input; echo '{"Username":"u","Secret":"s","ServerURL":"x"}'`,
    )
    helper("store", `echo '{"Username":"store","Secret":"s"}'`)
    const config = {
      credsStore: "store",
      credHelpers: { "ghcr.io": "own" },
      auths: { "ghcr.io": { auth: encoded("a:b") } },
    }
    expect(await sent(config, "ghcr.io/app")).toEqual({ username: "u", password: "s", serveraddress: "ghcr.io" })
    expect(readFileSync(join(folder, "args"), "utf8")).toBe("get\n")
    expect(readFileSync(join(folder, "input"), "utf8")).toBe("ghcr.io")
    expect(await sent(config, "nginx")).toMatchObject({ username: "store" })
  })

  test("the name <token> stands for an identity token", async () => {
    helper("token", `echo '{"Username":"<token>","Secret":"t"}'`)
    expect(await sent({ credsStore: "token" }, "ghcr.io/app")).toEqual({ identitytoken: "t", serveraddress: "ghcr.io" })
  })

  test("a registry nobody logged in to is asked without credentials", async () => {
    helper("none", `echo "credentials not found in native keychain"; exit 1`)
    expect(await sent({ credsStore: "none" }, "ghcr.io/app")).toBeUndefined()
  })

  test.each([
    ["fails", "echo the key ring is locked; exit 1", "docker-credential-fails: the key ring is locked"],
    ["garbled", "echo not json", "docker-credential-garbled: its answer was not understood"],
    ["endless", "yes", "its answer has no end"],
  ])("one that %s is named with what it said", async (name, script, detail) => {
    helper(name, script)
    expect(await failure({ credsStore: name })).toMatchObject({
      _tag: "NotAuthorised",
      subject: "ghcr.io",
      detail: expect.stringContaining(detail),
    })
  })

  test("a secret in a garbled answer is not shown", async () => {
    helper("leaky", `echo '{"Username":"u","Secret":"canary",'; exit 1`)
    expect((await failure({ credsStore: "leaky" }))?.detail).not.toContain("canary")
  })

  test("one that is not installed, and a name that is a path", async () => {
    expect((await failure({ credsStore: "nowhere" }))?.detail).toContain("not in PATH")
    expect((await failure({ credsStore: "../../bin/sh" }))?.detail).toContain("no name of a credential helper")
  })

  test("one that does not answer is ended at the deadline", async () => {
    helper("silent", "exec sleep 1000")
    const result = await Effect.runPromise(Effect.result(askHelper("silent", "ghcr.io", 50)))
    expect(Result.isFailure(result) && result.failure.detail).toContain("did not answer within 0.05 s")
  })
})

describe("DOCKER_AUTH_CONFIG", () => {
  test("stands over the file and its helpers, for the registries it names", async () => {
    const more = Result.getOrThrow(
      environmentAuths(JSON.stringify({ auths: { "ghcr.io": { auth: encoded("ci:p") } } })),
    )
    const config = { credHelpers: { "ghcr.io": "nowhere" }, auths: { "quay.io": { auth: encoded("me:p") } }, ...more }
    expect(await sent(config, "ghcr.io/app")).toMatchObject({ username: "ci" })
    expect(await sent(config, "quay.io/app")).toMatchObject({ username: "me" })
  })

  test.each(["", undefined, '{"auths":{}}'])("%s says nothing", (text) => {
    expect(Result.isSuccess(environmentAuths(text))).toBe(true)
  })

  test("a malformed one is refused without showing it", () => {
    const refused = environmentAuths('{"auths":{"a":{"auth":7,"password":"canary"}}}')
    expect(Result.isFailure(refused) && refused.failure).toMatchObject({
      _tag: "ConfigInvalid",
      file: "DOCKER_AUTH_CONFIG",
    })
    expect(Result.isFailure(refused) && refused.failure.message).not.toContain("canary")
  })
})

test("tokens of the configuration file are read", () => {
  const text = JSON.stringify({
    auths: { a: { registrytoken: "t", email: "x" } },
    credsStore: "desktop",
    HttpHeaders: {},
  })
  expect(Result.getOrThrow(parseDockerConfig(text, "config.json"))).toEqual({
    auths: { a: { registrytoken: "t" } },
    credsStore: "desktop",
  })
})
