/** Targets by URL: what a URL says about the kind of target and its driver. Nothing is opened here. */
import { type Target, Usage } from "@windflow/engine/model"

/** A registered name, `local`, a URL (has `://`), or a target made with `target()`. */
export type TargetInput = string | Target

export interface TargetOptions {
  /** What the deployment is called after: `shop@NAME`. Default: the URL. */
  readonly name?: string
  readonly type?: Target["type"]
  readonly driver?: "compose" | "swarm" | "kubernetes" | (string & {})
}

const kindOf: Readonly<Record<string, { readonly type: Target["type"]; readonly driver: string }>> = {
  "unix:": { type: "docker", driver: "compose" },
  "npipe:": { type: "docker", driver: "compose" },
  "tcp:": { type: "docker", driver: "compose" },
  "http:": { type: "docker", driver: "compose" },
  "https:": { type: "docker", driver: "compose" },
  "ssh:": { type: "vm", driver: "compose" },
  "kubernetes:": { type: "cluster", driver: "kubernetes" },
}
const schemes = Object.keys(kindOf)
  .map((scheme) => `${scheme}//`)
  .join(", ")

/** A target from its URL, or from several URLs of one cluster. Throws `Usage` when a URL makes no sense. */
export const target = (url: string | readonly string[], options: TargetOptions = {}): Target => {
  const [first, ...rest] = typeof url === "string" ? [url] : url
  if (first === undefined) throw new Usage({ subject: "target", detail: "no URL given", expected: schemes })
  const kinds = [first, ...rest].map((endpoint) => {
    const kind = URL.canParse(endpoint) ? kindOf[new URL(endpoint).protocol] : undefined
    if (kind === undefined)
      throw new Usage({ subject: endpoint, detail: "is not the URL of a target", expected: schemes })
    return kind
  })
  const [kind] = kinds
  return {
    name: options.name ?? first,
    type: options.type ?? kind!.type,
    driver: options.driver ?? kind!.driver,
    endpoints: [first, ...rest],
  }
}
