import { Result } from "effect"
import { describe, expect, it } from "vitest"
import type { Service, StackModel } from "../../model/index.ts"
import { defaultDownOptions, defaultUpOptions, type Request } from "../Request.ts"
import { stackOf, webModel } from "./fixtures.ts"
import { objectName } from "./objects.ts"
import { parity } from "./parity.ts"
import { prepare } from "./prepare.ts"

const refusals = (model: StackModel, options = {}) => {
  const result = prepare({ _tag: "Up", stack: stackOf(model), options: { ...defaultUpOptions, ...options } })
  if (Result.isSuccess(result) || result.failure._tag !== "Unsupported") return result
  return result.failure.diagnostics.map((d) => `${d.path} (${d.place?.file}:${d.place?.line}): ${d.message}`)
}

const withWeb = (part: Partial<Service>): StackModel => ({
  name: "shop",
  services: { web: { command: null, entrypoint: null, image: "busybox", ...part } },
})

describe("verbs about single containers", () => {
  it("are refused by name, before anything is deployed for them", () => {
    const requests: ReadonlyArray<Request> = [
      { _tag: "Stop", project: "shop" },
      { _tag: "Start", project: "shop", wait: false, waitTimeout: 1 },
      { _tag: "Restart", project: "shop", noDeps: false, waitTimeout: 1 },
      { _tag: "Kill", project: "shop", signal: "SIGHUP" },
      { _tag: "Remove", project: "shop", stop: false, volumes: false },
      { _tag: "Up", stack: stackOf(withWeb({})), options: { ...defaultUpOptions, onlyDependencies: true } },
      { _tag: "Down", project: "shop", options: { ...defaultDownOptions, images: "all" } },
    ]
    const told = requests.map((request) => {
      const failure = Result.getOrThrow(Result.flip(prepare(request)))
      return failure._tag === "Unsupported" ? failure.diagnostics.map(({ message }) => message).join() : failure._tag
    })
    expect(told).toEqual(
      ["stop", "start", "restart", "kill", "remove", "run", "down --rmi"].map((verb) => `\`${verb}\` is not supported`),
    )
  })
})

describe("what a cluster is asked for", () => {
  it("refuses every key it does not deploy, by name and place", () => {
    expect(
      refusals({
        ...withWeb({
          privileged: true,
          volumes: [{ type: "volume", source: "data", target: "/data" }],
          restart: "on-failure",
          ports: [{ target: 80, published: "8080", protocol: "tcp", mode: "ingress" }],
          networks: { back: null },
          depends_on: { job: { condition: "service_completed_successfully", required: true } },
          deploy: { resources: { limits: { memory: "1" } }, placement: {}, mode: "global" },
        }),
        volumes: { data: { name: "shop_data" } },
      }),
    ).toMatchInlineSnapshot(`
      [
        "services.web.privileged (compose.yaml:3): \`privileged\` is not supported",
        "services.web.volumes (compose.yaml:3): \`volumes\` is not supported",
        "services.web.restart (compose.yaml:3): restart policy \`on-failure\` is not supported: a cluster always restarts",
        "services.web.networks.back (compose.yaml:4): networks of a stack are not supported: all Pods share one",
        "services.web.depends_on.job.condition (compose.yaml:5): \`service_completed_successfully\` is not supported: it needs a Job",
        "services.web.ports[0].published (compose.yaml:5): a cluster publishes ports 30000-32767 only, not 8080",
        "services.web.deploy.mode (compose.yaml:4): \`mode\` is not supported",
        "services.web.deploy.resources.limits (compose.yaml:5): \`limits\` is not supported",
        "volumes.data (compose.yaml:2): volumes are not supported",
      ]
    `)
  })

  it("refuses exactly the service keys that its parity refuses", () => {
    const keys = parity.flatMap(({ path, level }) => {
      const key = /^services\.\*\.(.*)$/.exec(path)?.[1]
      return key === undefined ? [] : [{ key, refused: level === "refused" }]
    })
    expect(keys.length).toBeGreaterThan(90)
    const wrong = keys.filter(({ key, refused }) => {
      const found = refusals(withWeb({ [key]: ["x"] }))
      const text = `services.web.${key} (compose.yaml:3): \`${key}\` is not supported`
      return (Array.isArray(found) && found.includes(text)) !== refused
    })
    expect(wrong).toEqual([])
  })

  it("refuses names that are no DNS names and images that would be built", () => {
    expect(
      refusals({ name: "shop", services: { my_web: { command: null, entrypoint: null, build: { context: "." } } } }),
    ).toMatchInlineSnapshot(`
      [
        "services.my_web (compose.yaml:2): a service name is a DNS name in a cluster; \`my_web\` is not one",
        "services.my_web.build (compose.yaml:3): \`build\` is not supported",
        "services.my_web (compose.yaml:2): a service without \`image\` cannot be deployed to a cluster",
      ]
    `)
  })

  it.each([{ recreate: "force" }, { until: "created" }, { build: "always" }, { pull: "always" }, { stopTimeout: 3 }])(
    "refuses the option %j",
    (option) => {
      expect(refusals(withWeb({}), option)).toHaveLength(1)
    },
  )

  it("keeps a dollar a dollar in commands", () => {
    const result = prepare({
      _tag: "Up",
      stack: stackOf(withWeb({ command: ["echo $(HOME) $$"] })),
      options: defaultUpOptions,
    })
    expect(JSON.stringify(Result.getOrThrow(result).objects)).toContain("echo $$(HOME) $$$$")
  })

  it("rolls a Deployment out when a config it reads changes, and only then", () => {
    const deployment = (motd: string) => {
      const stack = stackOf(webModel("shop", { image: "busybox", motd }))
      const { objects } = Result.getOrThrow(prepare({ _tag: "Up", stack, options: defaultUpOptions }))
      return Object.fromEntries(objects.map((object) => [`${object.kind}/${object.name}`, object.manifest]))
    }
    expect(deployment("a")["Deployment/web"]).not.toEqual(deployment("b")["Deployment/web"])
    expect(deployment("a")["Deployment/api"]).toEqual(deployment("b")["Deployment/api"])
    expect(deployment("a")).toEqual(deployment("a"))
  })
})

describe("object names", () => {
  it.each(["web", "config.shop.motd", "windflow.lock.shop.1"])("keeps %s", (name) => {
    expect(objectName(name)).toBe(name)
  })
  it("makes others valid and keeps them apart", () => {
    const names = ["my_app", "my-app_", "My_app", "_", "x".repeat(300)].map(objectName)
    expect(new Set(names).size).toBe(5)
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/)
  })
})
