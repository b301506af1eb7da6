// A client asks a service of two replicas behind a proxy 50 times a second while the service is updated.
import { Agent, get } from "node:http"
import { baseImages, session } from "@windflow/testcontainers"
import { Effect } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Service } from "../../model/StackModel.ts"
import { cleanUp, runsOn } from "./runBed.ts"
import { type Bed, modelOf, openBed, stackOf } from "./testBed.ts"

let images: Readonly<Record<"busybox" | "nginx", string>>
const projects = new Set<string>()
const project = async (name: string): Promise<string> => {
  const full = `windflow-test-safe-${name}`
  projects.add(full)
  ;(await session()).addProject(full)
  return full
}
const withBed = <A>(body: (bed: Bed) => Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(openBed(), body)))

beforeAll(async () => {
  images = await baseImages(["busybox", "nginx"])
})
afterAll(() => withBed((bed) => Effect.forEach(projects, (name) => cleanUp(bed, name))))

/** Asks Docker's DNS once a second, and another replica when one does not answer. */
const proxyConfig = `
worker_processes 1;
events {}
http {
  access_log off;
  resolver 127.0.0.11 valid=1s ipv6=off;
  server {
    listen 8080;
    location / {
      set $app http://app:8080;
      proxy_pass $app;
      proxy_connect_timeout 300ms;
      proxy_next_upstream error timeout http_502 http_504;
    }
  }
}
`

type Order = "stop-first" | "start-first"
const app = (version: string, order: Order): Partial<Service> => ({
  image: images.busybox,
  command: ["sh", "-c", `mkdir -p /www && echo ${version} > /www/index.html && exec httpd -f -p 8080 -h /www`],
  init: true,
  scale: 2,
  stop_grace_period: "0s",
  healthcheck: {
    test: ["CMD-SHELL", "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc 127.0.0.1 8080 | grep -q 200"],
    interval: "500ms",
    timeout: "10s",
  },
  // Longer than the proxy keeps an address: it knows the new replica before the next old one goes.
  deploy: { update_config: { order, delay: "2s" }, resources: {}, placement: {} },
})
const stack = (name: string, version: string, order: Order) =>
  stackOf(
    modelOf(name, {
      app: app(version, order),
      proxy: {
        image: images.nginx,
        entrypoint: [
          "sh",
          "-c",
          `printf '%s' "$CONFIG" > /tmp/nginx.conf && exec nginx -c /tmp/nginx.conf -g 'daemon off;'`,
        ],
        environment: { CONFIG: proxyConfig },
        init: true,
        stop_grace_period: "0s",
        ports: [{ target: 8080, published: "0", host_ip: "127.0.0.1", protocol: "tcp" }],
        depends_on: { app: { condition: "service_healthy", required: true } },
      },
    }),
  )

interface Answers {
  readonly good: Map<string, number>
  readonly bad: Map<string, number>
}

/** Asks every 20 ms until it is told to stop; then all answers are awaited. */
const client = (port: number) => {
  const agent = new Agent({ keepAlive: true })
  const answers: Answers = { good: new Map(), bad: new Map() }
  const count = (kind: keyof Answers, what: string) => answers[kind].set(what, (answers[kind].get(what) ?? 0) + 1)
  const open = new Set<Promise<void>>()
  const ask = () =>
    new Promise<void>((resolve) => {
      const fail = (error: Error) => {
        count("bad", error.message)
        resolve()
      }
      const request = get({ host: "127.0.0.1", port, agent, timeout: 10_000 }, (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (part: string) => (text += part))
        response.on("error", fail).on("end", () => {
          if (response.statusCode === 200) count("good", text.trim())
          else count("bad", `status ${response.statusCode}`)
          resolve()
        })
      })
      request.on("timeout", () => request.destroy(new Error("no answer within 10 s"))).on("error", fail)
    })
  const timer = setInterval(() => {
    const asked = ask().finally(() => open.delete(asked))
    open.add(asked)
  }, 20)
  return async (): Promise<Answers> => {
    clearInterval(timer)
    await Promise.all(open)
    agent.destroy()
    return answers
  }
}

test.each<Order>(["stop-first", "start-first"])("%s: no answer fails", async (order) => {
  const name = await project(`rolling-${order}`)
  const answers = await withBed((bed) =>
    Effect.gen(function* () {
      const runs = runsOn(bed)
      yield* runs.up(stack(name, "one", order))
      const [proxy] = yield* bed.api.containers.list({
        label: [`com.docker.compose.project=${name}`, "com.docker.compose.service=proxy"],
      })
      const stop = client(proxy?.Ports?.find(({ PublicPort }) => PublicPort !== undefined)?.PublicPort ?? 0)
      yield* runs.up(stack(name, "two", order)).pipe(Effect.onError(() => Effect.promise(stop)))
      return yield* Effect.promise(stop)
    }),
  )
  const total = [...answers.good.values(), ...answers.bad.values()].reduce((sum, part) => sum + part, 0)
  console.info(
    `${order}: ${total} answers, ${JSON.stringify(Object.fromEntries(answers.good))}, failed: ${JSON.stringify(Object.fromEntries(answers.bad))}`,
  )
  expect([...answers.good.keys()].toSorted()).toEqual(["one", "two"])
  expect([...answers.bad]).toEqual([])
})
