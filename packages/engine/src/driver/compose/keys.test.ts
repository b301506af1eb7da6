// Keys of the model as the engine gets them: devices, throttling, newer engines, profiles in files, the engine's socket.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Result } from "effect"
import { afterAll, describe, expect, test } from "vitest"
import { serviceHash } from "../../compose/render/hash.ts"
import { apiSocketContent, withApiSocket } from "./apiSocket.ts"
import { createBody } from "./createBody.ts"
import { apiFor, refuseNewerKeys } from "./newerKeys.ts"
import { id, type Loose, desiredOf, planned, running, seen } from "./planFixtures.ts"
import { inspectStack } from "./refusals.ts"
import { compactJson, profileIn, readSecurityOptions } from "./seccomp.ts"
import { modelOf, stackOf } from "./testBed.ts"

const replica = { number: 1, image: "img", replaces: false, inherited: [], secrets: {} }
const bodyOf = (model: Loose) => {
  const desired = desiredOf({ web: { image: "img", ...model } })
  return createBody(desired, desired.services[0]!, replica)
}
const stack = (service: Loose, directory = "/w") => stackOf(modelOf("demo", { web: service }), directory)

describe("the body", () => {
  test.each<[string, Loose, Record<string, unknown>]>([
    [
      "gpus and reserved devices are requests, in Compose's order",
      {
        gpus: [{ count: -1 }, { driver: "nvidia", device_ids: ["a"], capabilities: ["compute"], options: { o: "1" } }],
        devices: [
          { source: "vendor.com/gpu=all", target: "vendor.com/gpu=all", permissions: "rwm" },
          { source: "/dev/null", target: "/dev/zero", permissions: "r" },
        ],
        deploy: {
          resources: { reservations: { devices: [{ capabilities: ["tpu"], count: 2 }] } },
          placement: {},
        },
      },
      {
        DeviceRequests: [
          { Driver: "", Count: 2, DeviceIDs: null, Capabilities: [["tpu"]], Options: null },
          { Driver: "cdi", Count: 0, DeviceIDs: ["vendor.com/gpu=all"], Capabilities: null, Options: null },
          { Driver: "", Count: -1, DeviceIDs: null, Capabilities: [["gpu"]], Options: null },
          { Driver: "nvidia", Count: 0, DeviceIDs: ["a"], Capabilities: [["compute", "gpu"]], Options: { o: "1" } },
        ],
        Devices: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/zero", CgroupPermissions: "r" }],
      },
    ],
    [
      "throttling",
      {
        blkio_config: {
          weight: 300,
          weight_device: [{ path: "/dev/sda", weight: 400 }],
          device_read_bps: [{ path: "/dev/sda", rate: "1048576" }],
          device_write_iops: [{ path: "/dev/sdb", rate: "30" }],
        },
      },
      {
        BlkioWeight: 300,
        BlkioWeightDevice: [{ Path: "/dev/sda", Weight: 400 }],
        BlkioDeviceReadBps: [{ Path: "/dev/sda", Rate: 1048576 }],
        BlkioDeviceWriteIOps: [{ Path: "/dev/sdb", Rate: 30 }],
      },
    ],
    [
      "a mounted image",
      { volumes: [{ type: "image", source: "site", target: "/srv", image: { subpath: "html" } }] },
      { Mounts: [{ Type: "image", Source: "site", Target: "/srv", ImageOptions: { Subpath: "html" } }] },
    ],
  ])("%s", (_, model, expected) => {
    expect(bodyOf(model)["HostConfig"]).toMatchObject(expected)
  })

  test("a gateway's priority and an interface's name belong to the attachment", () => {
    const networks = { default: { gw_priority: 7, interface_name: "lan0", driver_opts: { a: "b" } } }
    expect(bodyOf({ networks })["NetworkingConfig"]).toMatchObject({
      EndpointsConfig: {
        demo_default: { GwPriority: 7, DriverOpts: { a: "b", "com.docker.network.endpoint.ifname": "lan0" } },
      },
    })
  })
})

describe("keys of newer engines", () => {
  const newer: Loose = {
    image: "img",
    networks: { default: { gw_priority: 1, interface_name: "lan0" } },
    volumes: [{ type: "image", source: "i", target: "/i" }],
  }
  test.each([
    [
      "1.45",
      [
        "services.web.volumes[0].type",
        "services.web.networks.default.gw_priority",
        "services.web.networks.default.interface_name",
      ],
    ],
    ["1.48", ["services.web.networks.default.interface_name"]],
    ["1.49", []],
  ])("of API %s are refused where it ends", (offered, paths) => {
    const refused = refuseNewerKeys(stack(newer), ["web"], offered)
    expect(refused.map(({ path }) => path)).toEqual(paths)
    for (const { message, place } of refused)
      expect([message.includes(offered), place?.file]).toEqual([true, "compose.yaml"])
  })

  test("the container is created in the version that has them all", () => {
    expect([apiFor(stack(newer).model.services["web"]!), apiFor(stack({}).model.services["web"]!)]).toEqual([
      "1.49",
      undefined,
    ])
  })
})

describe("seccomp profiles", () => {
  const directory = mkdtempSync(join(tmpdir(), "windflow-seccomp-"))
  afterAll(() => rmSync(directory, { recursive: true }))

  test.each([
    ["seccomp=unconfined", undefined],
    ["seccomp:builtin", undefined],
    ["no-new-privileges:true", undefined],
    ["seccomp=./p.json", "./p.json"],
    ["seccomp:p.json", "p.json"],
  ])("%s", (option, path) => {
    expect(profileIn(option)).toBe(path)
  })

  test("a file's text is sent without its spaces, numbers as they are written", async () => {
    writeFileSync(join(directory, "p.json"), '{ "a b": [ 1, 18446744073709551615 ],\n\t"q": "x \\" y" }')
    const options = ["no-new-privileges:true", "seccomp=./p.json"]
    const read = await Effect.runPromise(readSecurityOptions(stack({ security_opt: options }, directory), "web"))
    expect(read).toEqual([options[0], 'seccomp={"a b":[1,18446744073709551615],"q":"x \\" y"}'])
    expect(compactJson('{"a" : 1}')).toBe('{"a":1}')
    const desired = desiredOf(
      { web: { image: "img", security_opt: options } },
      {},
      { web: { securityOptions: read ?? [] } },
    )
    expect(createBody(desired, desired.services[0]!, replica)["HostConfig"]).toMatchObject({ SecurityOpt: read })
  })

  test.each([
    ["missing.json", "FileUnreadable"],
    ["broken.json", "ConfigInvalid"],
  ])("%s is refused", async (name, tag) => {
    writeFileSync(join(directory, "broken.json"), "{")
    const from = stack({ security_opt: [`seccomp=${name}`] }, directory)
    const result = await Effect.runPromise(Effect.result(readSecurityOptions(from, "web")))
    expect(Result.isFailure(result) && result.failure._tag).toBe(tag)
  })
})

describe("use_api_socket", () => {
  test("mounts the socket, names the credentials' folder unless the file does, and changes nothing else", () => {
    const written = stack({ image: "img", use_api_socket: true, environment: { A: "1" } })
    const service = withApiSocket(written).model.services["web"]!
    expect(service).toMatchObject({
      volumes: [{ type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" }],
      environment: { DOCKER_CONFIG: "/run/secrets/docker", A: "1" },
      configs: [{ source: "#apisocket", target: "/run/secrets/docker/config.json" }],
    })
    expect(serviceHash(service)).not.toBe(serviceHash(written.model.services["web"]!))
    const own = stack({ use_api_socket: true, environment: { DOCKER_CONFIG: "/mine" } })
    expect(withApiSocket(own).model.services["web"]?.environment).toEqual({ DOCKER_CONFIG: "/mine" })
    const other = stack({ image: "img" })
    expect(withApiSocket(other)).toBe(other)
  })

  test("the credentials are Docker's own file, with values where the deployer has them", async () => {
    const auth = Buffer.from("me:pass").toString("base64")
    const config = {
      auths: { "https://index.docker.io/v1/": { auth }, "reg.example": { identitytoken: "t" }, "none.example": {} },
    }
    const text = await Effect.runPromise(apiSocketContent(config))
    expect(JSON.parse(text)).toEqual({
      auths: { "https://index.docker.io/v1/": { auth }, "reg.example": { identitytoken: "t" } },
    })
  })
})

test("what a cluster would do is told, and done on one engine all the same", () => {
  const deploy = {
    mode: "global",
    labels: { a: "b" },
    endpoint_mode: "dnsrr",
    resources: { reservations: { cpus: 1, generic_resources: [{ discrete_resource_spec: { kind: "k", value: 1 } }] } },
    placement: { constraints: ["node.role==manager"] },
  }
  const verdict = inspectStack(stack({ image: "img", deploy }), true)
  expect(verdict.refused).toEqual([])
  expect(verdict.warnings.map((text) => text.split(" ")[1])).toEqual([
    "services.web.deploy.labels",
    "services.web.deploy.endpoint_mode",
    "services.web.deploy.placement",
    "services.web.deploy.mode",
    "services.web.deploy.resources.reservations.cpus",
    "services.web.deploy.resources.reservations.generic_resources",
  ])
})

describe("replacements", () => {
  const anonymous = [{ type: "volume", name: id("f"), target: "/data", readOnly: false }]
  test.each([
    ["carries anonymous volumes on", {}, [{ name: id("f"), target: "/data", readOnly: false }], true],
    ["gives new ones with --renew-anon-volumes", { renewAnonymousVolumes: true }, [], false],
  ] as const)("a replacement %s", (_, options, inherited, replaces) => {
    const desired = desiredOf({ web: { image: "img" } }, options)
    const old = running(desired, "web", { configHash: "old", mounts: anonymous })
    const create = planned(desired, seen(desired, [old])).operations.find(({ verb }) => verb === "CreateContainer")
    expect(create?.args).toMatchObject({ inherited, replaces })
  })
})
