// What BuildKit is asked for a `build`, as buildx asks it for Compose.
import { describe, expect, test } from "vitest"
import type { Stack } from "../../model/Stack.ts"
import type { Build, Service } from "../../model/StackModel.ts"
import { buildWaves } from "./buildImages.ts"
import { buildRequest, dockerfilePath, imageStoreKeys, parseCache, platformsOf } from "./buildRequest.ts"
import { modelOf, stackOf } from "./testBed.ts"

const facts = { hostGateway: "172.17.0.1", imageStore: false }
const stackFor = (build: typeof Build.Type, service: Partial<Service> = {}): Stack =>
  stackOf(modelOf("shop", { web: { build: { context: "/src", ...build }, ...service } }), "/src")
const ask = (build: typeof Build.Type, purpose: Partial<Parameters<typeof buildRequest>[2]> = {}) =>
  buildRequest(stackFor(build), "web", { purpose: "up", ...purpose }, {}, facts)
const attributes = (build: typeof Build.Type, purpose: Partial<Parameters<typeof buildRequest>[2]> = {}) =>
  ask(build, purpose).solve.attributes

test("the least: folders, labels, the service's name", () => {
  const { solve, folders, inline } = ask({ dockerfile: "docker/Web.dockerfile", tags: ["web:1"] })
  expect([...folders]).toEqual([
    ["context", "/src"],
    ["dockerfile", "/src/docker"],
  ])
  expect(inline).toBeUndefined()
  expect(solve).toEqual({
    frontend: "dockerfile.v0",
    exporter: "moby",
    exporterAttributes: { name: "web:1,shop-web" },
    cacheImports: [],
    cacheExports: [],
    entitlements: [],
    attributes: {
      filename: "Web.dockerfile",
      "image-resolve-mode": "local",
      "label:com.docker.compose.project": "shop",
      "label:com.docker.compose.service": "web",
      "label:com.docker.compose.version": "5.5.0",
    },
  })
})

describe("where the Dockerfile comes from", () => {
  test.each<[string, typeof Build.Type, Record<string, string>, ReadonlyArray<string>]>([
    [
      "in the model",
      { dockerfile_inline: "FROM x" },
      { filename: "Dockerfile", dockerfilekey: "dockerfile" },
      ["context"],
    ],
    ["elsewhere on this machine", { dockerfile: "/other/D" }, { filename: "D" }, ["context", "dockerfile"]],
    [
      "a repository",
      { context: "https://example.org/x.git#main:sub", dockerfile: "D" },
      { context: "https://example.org/x.git#main:sub", filename: "D" },
      [],
    ],
    [
      "a context from elsewhere with a Dockerfile of this machine",
      { context: "https://example.org/x.tar", dockerfile: "/other/D" },
      { context: "https://example.org/x.tar", filename: "D", dockerfilekey: "dockerfile" },
      ["dockerfile"],
    ],
  ])("%s", (_, build, expected, folders) => {
    const request = ask(build)
    expect(request.solve.attributes).toMatchObject(expected)
    expect([...request.folders.keys()]).toEqual(folders)
  })

  test("as a path, where it is one", () => {
    const path = (build: typeof Build.Type) => dockerfilePath(stackFor(build), { context: "/src", ...build })
    expect(path({ dockerfile: "a/D" })).toBe("/src/a/D")
    expect(path({ dockerfile_inline: "FROM x" })).toBeUndefined()
    expect(path({ context: "https://example.org/x.git" })).toBeUndefined()
  })
})

test.each<[string, typeof Build.Type, Record<string, string>]>([
  [
    "target and hosts",
    { target: "t", extra_hosts: ["a=1.2.3.4", "b=[::1]", "c=host-gateway"] },
    { target: "t", "add-hosts": "a=1.2.3.4,b=::1,c=172.17.0.1" },
  ],
  [
    "limits",
    { shm_size: "1024", ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 3 } },
    { "shm-size": "1024", ulimit: "nofile=1:2,nproc=3:3" },
  ],
  ["no cache", { no_cache: true, no_cache_filter: ["a"] }, { "no-cache": "" }],
  ["no cache for some stages", { no_cache_filter: ["a", "b"] }, { "no-cache": "a,b" }],
  ["fresh base images", { pull: true }, { "image-resolve-mode": "pull" }],
  ["the host's network", { network: "host" }, { "force-network-mode": "host" }],
  ["attestations", { provenance: "mode=max", sbom: "true" }, { "attest:provenance": "mode=max", "attest:sbom": "" }],
  [
    "caches",
    { cache_from: ["shop/web:1", "type=registry,ref=c:1"] },
    { "cache-imports": '[{"Type":"registry","Attrs":{"ref":"shop/web:1"}},{"Type":"registry","Attrs":{"ref":"c:1"}}]' },
  ],
  [
    "named contexts",
    { additional_contexts: { base: "service:web", context: "/more", git: "https://example.org/x.git" } },
    {
      "context:base": "docker-image://shop-web",
      "context:context": "local:_context",
      "context:git": "https://example.org/x.git",
    },
  ],
])("%s", (_, build, expected) => {
  expect(attributes(build)).toMatchObject(expected)
})

test("what is off is not asked for", () => {
  const asked = attributes({
    no_cache: false,
    provenance: "false",
    sbom: "",
    pull: false,
    network: "default",
    ulimits: {},
  })
  expect(Object.keys(asked).filter((key) => !key.startsWith("label:"))).toEqual(["filename", "image-resolve-mode"])
})

test("arguments: flags over the file over proxies; without a value they come from the stack's environment", () => {
  const plain = stackFor({ args: { A: "file", B: "file", FROM_ENV: null, UNSET: null, http_proxy: "own" } })
  const variable = (name: string) => (name === "FROM_ENV" ? "env" : undefined)
  const stack = { ...plain, origin: { ...plain.origin, variable } }
  const proxies = { HTTP_PROXY: "p", http_proxy: "p", NO_PROXY: "n" }
  const { solve } = buildRequest(stack, "web", { purpose: "build", args: { B: "flag" } }, proxies, facts)
  const found = Object.entries(solve.attributes).filter(([key]) => key.startsWith("build-arg:"))
  expect(Object.fromEntries(found)).toEqual({
    "build-arg:A": "file",
    "build-arg:B": "flag",
    "build-arg:FROM_ENV": "env",
    "build-arg:http_proxy": "own",
    "build-arg:NO_PROXY": "n",
  })
})

test("entitlements and caches to write", () => {
  const { solve } = ask({
    entitlements: ["network.host"],
    privileged: true,
    network: "host",
    cache_to: ["type=registry,ref=c:1,mode=max"],
    args: { BUILDKIT_INLINE_CACHE: "1" },
  })
  expect(solve.entitlements).toEqual(["network.host", "security.insecure"])
  expect(solve.cacheExports).toEqual([
    { type: "registry", attributes: { ref: "c:1", mode: "max" } },
    { type: "inline", attributes: {} },
  ])
  expect(parseCache("ref=x").type).toBe("")
})

describe("platforms", () => {
  const several = ["linux/amd64", "linux/arm64"]
  test.each<[string, typeof Build.Type, Partial<Service>, "up" | "build", ReadonlyArray<string>]>([
    ["an up takes the service's", { platforms: several }, { platform: "linux/arm64" }, "up", ["linux/arm64"]],
    ["an up leaves the choice among several to the engine", { platforms: several }, {}, "up", []],
    ["an up takes the only one", { platforms: ["linux/arm64"] }, {}, "up", ["linux/arm64"]],
    ["a build makes all", { platforms: several }, { platform: "linux/arm64" }, "build", several],
    ["a build without a list takes the service's", {}, { platform: "linux/arm64" }, "build", ["linux/arm64"]],
  ])("%s", (_, build, service, purpose, expected) => {
    expect(platformsOf(stackFor(build, service), "web", purpose)).toEqual(expected)
  })

  test("several of them, attestations and exported caches need another image store", () => {
    const build = {
      platforms: several,
      cache_to: ["type=inline", "type=registry,ref=x"],
      provenance: "true",
      sbom: "true",
    }
    expect(imageStoreKeys(build, several)).toEqual(["platforms", "cache_to", "provenance", "sbom"])
    expect(imageStoreKeys({ provenance: "false", cache_to: ["type=inline"] }, [several[0]!])).toEqual([])
  })
})

describe("order", () => {
  const on = (...names: ReadonlyArray<string>) => ({
    build: { additional_contexts: Object.fromEntries(names.map((name) => [name, `service:${name}`])) },
  })
  const stack = stackOf(modelOf("shop", { a: on("b", "c"), b: on("c"), c: on(), d: on(), x: on("y"), y: on("x") }), "/")

  test("images that others take are built before them", () => {
    expect(buildWaves(stack, ["a", "d"])).toEqual([["c", "d"], ["b"], ["a"]])
  })
  test("an up does not build again what is there", () => {
    expect(buildWaves(stack, ["a"], (name) => name === "b")).toEqual([["c"], ["a"]])
    expect(buildWaves(stack, ["a", "b"], () => true)).toEqual([["b"], ["a"]])
  })
  test("a circle has no order", () => {
    expect(buildWaves(stack, ["x"])).toBeUndefined()
  })
})
