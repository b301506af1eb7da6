/** Stacks for the tests of this driver: a web server that needs an API, both of busybox. */
import { Effect } from "effect"
import type { Service, Stack, StackModel } from "../../model/index.ts"

/** A stack made in code; the place of a node is its path spelled as a file, so that tests see what is pointed at. */
export const stackOf = (model: StackModel): Stack => ({
  name: model.name,
  model,
  disabled: [],
  secretReferences: {},
  origin: {
    workingDirectory: "/",
    files: ["compose.yaml"],
    environmentFiles: [],
    locate: (path) => ({ file: "compose.yaml", line: path.length, column: 1 }),
  },
})

const serve = (text: string): Pick<Service, "command" | "entrypoint"> => ({
  entrypoint: ["/bin/sh", "-c"],
  command: [`mkdir -p /www && echo "${text}" > /www/index.html && exec httpd -f -p 8080 -h /www`],
})

/** The image has no curl, and its nc no -z. */
const fetch = (host: string): string => `printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | nc ${host} 8080 | tail -1`

const probe = { test: ["CMD-SHELL", `${fetch("127.0.0.1")} | grep -q .`], interval: "1s", timeout: "1s", retries: 10 }

/** What tests vary of it. */
export interface WebOptions {
  readonly image: string
  readonly greeting?: string
  readonly motd?: string
  /** A node port for web. */
  readonly published?: number
}

/** web → api; web reads a variable and a config, and is ready when it reached the API by name.
 * It asks again: kube-proxy routes to a Pod only some time after it is ready. */
export const webModel = (
  name: string,
  { image, greeting = "hello", motd = "first", published }: WebOptions,
): StackModel => ({
  name,
  services: {
    api: {
      ...serve("api"),
      image,
      stop_grace_period: "1s",
      healthcheck: probe,
      expose: ["8080"],
      networks: { default: null },
    },
    web: {
      entrypoint: ["/bin/sh", "-c"],
      command: [
        `mkdir -p /www && until [ "$(${fetch("api")})" = api ]; do sleep 0.1; done
{ echo "$GREETING"; cat /etc/motd; echo "reached api"; } > /www/index.html && exec httpd -f -p 8080 -h /www`,
      ],
      image,
      stop_grace_period: "1s",
      healthcheck: probe,
      environment: { GREETING: greeting, UNSET: null },
      configs: [{ source: "motd", target: "/etc/motd" }],
      depends_on: { api: { condition: "service_healthy", required: true } },
      ...(published === undefined
        ? { expose: ["8080"] }
        : { ports: [{ mode: "ingress", target: 8080, published: String(published), protocol: "tcp" }] }),
      networks: { default: null },
      deploy: { replicas: 2, resources: {}, placement: {} },
    },
  },
  networks: { default: { name: `${name}_default`, ipam: {} } },
  configs: { motd: { name: `${name}_motd`, content: `${motd}\n` } },
})

/** Progress is of no interest to these tests. */
export const noReport = () => Effect.void
