/** Targets by URL: what a URL says about the kind of target and its driver. Nothing is opened here. */
import { type Target, Usage } from "@windflow/engine/model"
import { said } from "./said.ts"
import type { SecretRef } from "./secret.ts"

/** A registered name, `local`, a URL (has `://`), or a target made with `target()`. */
export type TargetInput = string | Target

export interface TargetOptions {
  /** What the deployment is called after: `shop@NAME`. Default: the URL. */
  readonly name?: string
  readonly type?: Target["type"]
  readonly driver?: "compose" | "swarm" | "kubernetes" | (string & {})
  /** A private key: a path of this machine, or a secret. */
  readonly identity?: string | SecretRef
  /** What opens an encrypted key. */
  readonly passphrase?: SecretRef
  readonly password?: SecretRef
  /** The only key that the host may have: `SHA256:…` or `ssh-ed25519 AAAA…`. */
  readonly hostKey?: string
  /** The same of hosts on the way, by `name` or `[name]:port`. */
  readonly jumpHostKeys?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly groups?: readonly string[]
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
  const { identity, passphrase, password, hostKey, jumpHostKeys, labels, groups } = options
  const ssh = said({ identity, passphrase, password, hostKey, jumpHostKeys })
  return {
    name: options.name ?? first,
    type: options.type ?? kind!.type,
    driver: options.driver ?? kind!.driver,
    endpoints: [first, ...rest],
    ...(Object.keys(ssh).length === 0 ? {} : { ssh }),
    ...said({ labels, groups }),
  }
}
