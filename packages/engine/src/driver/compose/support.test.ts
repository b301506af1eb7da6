// Every key of the model is either done or refused by name; a new key in the model fails here (and does not compile).
import { Result } from "effect"
import { describe, expect, test } from "vitest"
import * as Model from "../../model/StackModel.ts"
import { parity } from "./parity.ts"
import { inspectStack } from "./refusals.ts"
import { selectServices } from "./select.ts"
import * as tables from "./support.ts"
import { modelOf, stackOf } from "./testBed.ts"

test.each([
  ["services", Model.Service.schema.fields, tables.serviceSupport],
  ["build", Model.Build.schema.fields, tables.buildSupport],
  ["deploy", Model.Deploy.schema.fields, tables.deploySupport],
  ["rollback_config", Model.UpdateConfig.schema.fields, tables.rollbackSupport],
  ["service networks", Model.ServiceNetwork.schema.fields, tables.attachmentSupport],
  ["service volumes", Model.Mount.schema.fields, tables.mountSupport],
  ["networks", Model.Network.schema.fields, tables.networkSupport],
  ["volumes", Model.Volume.schema.fields, tables.volumeSupport],
  ["configs and secrets", Model.FileObject.schema.fields, tables.fileObjectSupport],
])("%s: the table names exactly the model's keys", (_, fields, table) => {
  expect(Object.keys(table).toSorted()).toEqual(Object.keys(fields).toSorted())
})

test("parity tells a level of every key once, and a remedy of what is not whole", () => {
  expect(new Set(parity.map(({ path }) => path)).size).toBe(parity.length)
  for (const key of Object.keys(Model.Service.schema.fields))
    expect(parity.map(({ path }) => path)).toContain(`services.*.${key}`)
  expect(parity).toContainEqual({ path: "services.*.image", level: "native" })
  expect(parity).toContainEqual({
    path: "services.*.deploy.endpoint_mode",
    level: "degraded",
    remedy: "It has no effect on a single engine.",
  })
  expect(parity).toContainEqual({
    path: "services.*.isolation",
    level: "refused",
    remedy: "Remove it; Windows containers are not supported.",
  })
})

const refusals = (service: Partial<Model.Service>, localFiles = true) =>
  inspectStack(stackOf(modelOf("demo", { web: { image: "img", ...service } }), "/w"), localFiles)

describe("refusals", () => {
  test("a refused key is named with its place and a remedy", () => {
    expect(refusals({ isolation: "hyperv" }).refused).toEqual([
      {
        severity: "error",
        code: "unsupported",
        message: "services.web.isolation: the compose driver cannot do this",
        remedy: expect.stringContaining("Windows"),
        path: "services.web.isolation",
        place: { file: "compose.yaml", line: 3, column: 1 },
      },
    ])
  })

  test.each(
    Object.entries(tables.serviceSupport).flatMap(([key, support]) => (typeof support === "object" ? [key] : [])),
  )("%s is refused when it says something", (key) => {
    const found = (value: ReadonlyArray<string>) => refusals({ [key]: value }).refused.map(({ path }) => path)
    expect(found(["x"])).toEqual([`services.web.${key}`])
    expect(found([])).toEqual([])
  })

  test.each<[string, Partial<Model.Service>, string]>([
    ["namespaces that engines do not share", { uts: "service:db" }, "services.web.uts"],
    ["unknown pull policies", { pull_policy: "sometimes" }, "services.web.pull_policy"],
    ["one name for many", { container_name: "x", scale: 2 }, "services.web.container_name"],
    [
      "two addresses of one interface",
      { mac_address: "02:42:ac:11:00:01", networks: { default: { mac_address: "02:42:ac:11:00:02" } } },
      "services.web.mac_address",
    ],
    [
      "mounts of other engines",
      { volumes: [{ type: "npipe", source: "p", target: "/t" }] },
      "services.web.volumes[0].type",
    ],
    [
      "a start-first that cannot be",
      {
        ports: [{ target: 80, published: "8080", protocol: "tcp" }],
        deploy: { update_config: { order: "start-first" }, resources: {}, placement: {} },
      },
      "services.web.deploy.update_config.order",
    ],
    [
      "an order that is none",
      { deploy: { rollback_config: { order: "wat" }, resources: {}, placement: {} } },
      "services.web.deploy.rollback_config.order",
    ],
    [
      "a failure action that is none",
      { deploy: { update_config: { failure_action: "wat" }, resources: {}, placement: {} } },
      "services.web.deploy.update_config.failure_action",
    ],
    ["networks of builds", { build: { network: "mine" } }, "services.web.build.network"],
    ["caches of other types", { build: { cache_from: ["type=gha"] } }, "services.web.build.cache_from[0]"],
    [
      "caches to a folder",
      { build: { cache_to: ["type=inline", "type=local,dest=/c"] } },
      "services.web.build.cache_to[1]",
    ],
    [
      "OCI layouts",
      { build: { additional_contexts: { base: "oci-layout:///o" } } },
      "services.web.build.additional_contexts.base",
    ],
    [
      "images of services that are to be pulled",
      { build: { pull: true, additional_contexts: { base: "service:web" } } },
      "services.web.build.additional_contexts.base",
    ],
  ])("%s", (_, service, path) => {
    expect(refusals(service).refused.map((found) => found.path)).toEqual([path])
  })

  test("local paths mean nothing to an engine elsewhere", () => {
    const service = { volumes: [{ type: "bind", source: "/w/html", target: "/html" }] }
    expect(refusals(service).refused).toEqual([])
    expect(refusals(service, false).refused.map(({ path }) => path)).toEqual(["services.web.volumes[0]"])
  })

  test.each<[string, Partial<Model.Service>]>([
    ["it publishes the fixed port 8080", { ports: [{ target: 80, published: "8080", protocol: "tcp" }] }],
    ["it has the container_name x", { container_name: "x" }],
    ["it shares the network of the host", { network_mode: "host" }],
    ["it has the fixed address 172.30.0.9", { networks: { default: { ipv4_address: "172.30.0.9" } } }],
    ["it has the fixed address 02:42:ac:11:00:02", { mac_address: "02:42:ac:11:00:02" }],
  ])("start-first is refused where %s", (why, service) => {
    const deploy = { update_config: { order: "start-first" }, resources: {}, placement: {} }
    expect(refusals({ ...service, deploy }).refused).toEqual([
      expect.objectContaining({
        message: `services.web.deploy.update_config.order: start-first needs the old and the new container at once, but ${why}`,
        remedy: expect.stringContaining("stop-first"),
      }),
    ])
    expect(refusals({ ...service, deploy: { ...deploy, update_config: { order: "stop-first" } } }).refused).toEqual([])
  })

  test("start-first where nothing is fixed is taken", () => {
    const deploy = { update_config: { order: "start-first" }, resources: {}, placement: {} }
    for (const published of [undefined, "0", "8000-8010"])
      expect(
        refusals({ deploy, ports: [{ target: 80, protocol: "tcp", ...(published && { published }) }] }).refused,
      ).toEqual([])
  })

  test("what a rollback does not heed is told", () => {
    const rollback_config = { order: "stop-first", failure_action: "pause", monitor: "5s" }
    const { refused, warnings } = refusals({ deploy: { rollback_config, resources: {}, placement: {} } })
    expect(refused).toEqual([])
    expect(warnings).toEqual([
      "compose.yaml:5:1 services.web.deploy.rollback_config.failure_action has no effect on a single engine.",
      "compose.yaml:5:1 services.web.deploy.rollback_config.monitor has no effect on a single engine.",
    ])
  })

  test("what has no effect is a warning with its place", () => {
    const deploy = { endpoint_mode: "dnsrr", resources: {}, placement: {} }
    expect(refusals({ deploy }).warnings).toEqual([
      "compose.yaml:4:1 services.web.deploy.endpoint_mode has no effect on a single engine.",
    ])
  })
})

test("--scale: more containers than one container_name, and a service that is not there, are refused", () => {
  const stack = stackOf(modelOf("demo", { web: { image: "img", container_name: "fixed" } }), "/w")
  const [refused] = inspectStack(stack, true, { web: 2 }).refused
  expect(refused?.message).toContain("services.web.container_name: 2 containers cannot have one name")
  expect(inspectStack(stack, true, { web: 1 }).refused).toEqual([])
  const selected = selectServices(stack.model, { noDeps: false, scale: { nope: 2 } })
  expect(Result.isFailure(selected) && selected.failure.subject).toBe("service nope")
})
