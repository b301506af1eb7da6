// The few requests that the fixture and its tests send to a cluster. WindFlow itself uses the Kubernetes client.
import { request } from "node:https"
import { parse } from "yaml"

/** How the administrator reaches a cluster, as its kubeconfig says. */
export interface Access {
  readonly server: string
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

const field = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((v, key) => (typeof v === "object" && v !== null ? Reflect.get(v, key) : undefined), value)

/** Reads a kubeconfig that holds one cluster and one user with a certificate. */
export const accessOf = (kubeconfig: string): Access => {
  const config: unknown = parse(kubeconfig)
  const text = (...path: ReadonlyArray<string | number>): string => {
    const value = field(config, ...path)
    if (typeof value !== "string") throw new Error(`the kubeconfig has no ${path.join(".")}`)
    return value
  }
  const bytes = (...path: ReadonlyArray<string | number>) => Buffer.from(text(...path), "base64")
  return {
    server: text("clusters", 0, "cluster", "server"),
    ca: bytes("clusters", 0, "cluster", "certificate-authority-data"),
    cert: bytes("users", 0, "user", "client-certificate-data"),
    key: bytes("users", 0, "user", "client-key-data"),
  }
}

/** Sends one request; the answer's body is parsed when it is JSON. */
export const call = ({ server, ...tls }: Access, method: string, path: string, body?: unknown): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, server),
      { ...tls, method, timeout: 30_000, headers: { "content-type": "application/json" } },
      (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (part: string) => (text += part))
        response.on("error", reject)
        response.on("end", () => {
          const json = response.headers["content-type"]?.startsWith("application/json") === true
          resolve({ status: response.statusCode ?? 0, body: json ? JSON.parse(text) : text })
        })
      },
    )
    sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer within 30 s`)))
    sent.on("error", reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
