/** What must and must not compile in `defineStack`; checked by `surface.test.ts`. Nothing here runs. */
import { defineConfig, defineStack, isError, secret, type WindFlow, WindFlow as flow } from "@windflow/sdk"

// All forms of the Compose Specification that a file may use.
defineStack("shop", {
  services: {
    web: {
      build: { context: "./web", args: { VERSION: 1 } },
      command: ["serve", "--port", "80"],
      ports: ["80:8080", 9090, { target: 443, published: "8443", protocol: "tcp" }],
      depends_on: { db: { condition: "service_healthy" }, cache: { condition: "service_started", required: false } },
      environment: { DEBUG: true, LEVEL: 3, EMPTY: null, TOKEN: secret("token") },
      networks: { front: { aliases: ["shop"] }, default: null },
      configs: ["nginx", { source: "nginx", target: "/etc/nginx/nginx.conf", mode: 0o440 }],
      secrets: ["cert"],
      volumes: ["data:/data:ro", "./local:/local", "/anonymous", { type: "tmpfs", target: "/tmp" }],
      deploy: { replicas: 2, resources: { limits: { cpus: 0.5 } } },
      healthcheck: { test: ["CMD", "true"], interval: "5s" },
    },
    db: { image: "postgres:16", volumes: [{ type: "volume", source: "data", target: "/var/lib/postgresql/data" }] },
    cache: { image: "redis", networks: ["front", "default"], restart: "unless-stopped", stop_grace_period: "5s" },
  },
  volumes: { data: {}, spare: null },
  networks: { front: { internal: true } },
  configs: { nginx: { content: "events {}" } },
  secrets: { cert: { file: "./cert.pem" } },
})

defineStack("bad", {
  services: {
    web: {
      image: "a",
      // @ts-expect-error no such service
      depends_on: ["dbb"],
    },
    worker: {
      image: "a",
      // @ts-expect-error no such condition
      depends_on: { web: { condition: "service_fine" } },
    },
    named: {
      image: "a",
      // @ts-expect-error no such service in the long form
      depends_on: { webb: { condition: "service_started" } },
    },
    mounts: {
      image: "a",
      // @ts-expect-error no volume is declared
      volumes: ["data:/data"],
    },
    keys: {
      image: "a",
      // @ts-expect-error no such key
      imagee: "b",
    },
    health: {
      image: "a",
      // @ts-expect-error no such key in a healthcheck
      healthcheck: { tests: "true" },
    },
  },
})

defineStack("references", {
  services: {
    one: {
      image: "a",
      // @ts-expect-error no such volume among the declared
      volumes: ["dat:/data"],
    },
    two: {
      image: "a",
      // @ts-expect-error no such network
      networks: ["back"],
    },
    three: {
      image: "a",
      // @ts-expect-error no such config
      configs: ["apache"],
    },
    four: {
      image: "a",
      // @ts-expect-error no such secret
      secrets: ["key"],
    },
  },
  volumes: { data: {} },
  networks: { front: {} },
  configs: { nginx: { content: "" } },
  secrets: { cert: { file: "./cert.pem" } },
})

// @ts-expect-error a top-level key that does not exist
defineStack("top", { services: { a: { image: "a" } }, volume: {} })

// @ts-expect-error a target needs a name, a URL or several URLs
defineConfig({ targets: { vps: 22 } })

/** The error of a tag has that tag's fields, and the revision of the failed run. */
export const narrowed = (error: unknown): string | undefined => {
  if (isError(error, "Locked")) return `${error.owner} ${error.since} ${error.revision?.number}`
  if (isError(error, "ComposeInvalid")) return error.diagnostics[0].message
  // @ts-expect-error no such tag
  if (isError(error, "Lockedd")) return undefined
  return isError(error) ? error.remedy : undefined
}

/** In-process and remote are one interface. */
export const same: ReadonlyArray<(url: string) => Promise<WindFlow>> = [
  () => flow.open(),
  (url) => flow.connect(url, { token: "t" }),
]
