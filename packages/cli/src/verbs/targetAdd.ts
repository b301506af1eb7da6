/**
 * `windflow target add NAME URL`: tries the target, pins its host key after a person (or `--host-key`) has said it is the right one,
 * and registers it. A host that does not let us in is not registered; one without an engine is, since that can be installed.
 */
import { type Stage, type TargetReport, Usage, type WindFlowError } from "@windflow/engine/model"
import { target } from "@windflow/sdk"
import { answered, terminalOf } from "../prompt.ts"
import { encodeReport } from "../json.ts"
import { reportLines } from "../render/target.ts"
import type { Verb, VerbContext } from "./Verb.ts"

interface Options {
  readonly hostKey?: string
  readonly identitySecret?: string
  readonly passphraseSecret?: string
  readonly passwordSecret?: string
  readonly type?: "docker" | "vm" | "physical" | "cluster"
  readonly label?: Readonly<Record<string, string>>
  readonly inGroup?: ReadonlyArray<string>
}

/** A flag that says yes to everything cannot know a fingerprint: only a person or `--host-key` can. */
const trusted = async (
  context: VerbContext,
  host: string,
  fingerprint: string,
  error: WindFlowError,
): Promise<void> => {
  const { host: process, texts, signal } = context
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true || context.json) throw error
  context.note(texts.target.unknownKey(host, fingerprint))
  const { default: confirm } = await import("@inquirer/confirm")
  const yes = await answered(host, () =>
    confirm({ message: texts.target.trust, default: false }, { ...terminalOf(process), signal }),
  )
  if (!yes) throw error
}

const reference = (name: string | undefined) => (name === undefined ? undefined : { _secret: name })

/** Whether the machine can be logged into: what comes behind it can be mended with WindFlow. */
const essential: ReadonlySet<Stage["stage"]> = new Set(["dns", "tcp", "ssh", "auth"])

const targetAdd: Verb<Options> = async (context, options, args) => {
  const { texts, flags } = context
  const [name, url] = [args[0]!, args[1]!]
  if (!/^\w[\w.-]*$/.test(name) || name === "local")
    throw new Usage({ subject: name, detail: texts.target.notAName, expected: "web-1" })
  const flow = await context.open()
  if ((await flow.targets.list()).some((one) => one.name === name))
    throw new Usage({ subject: name, detail: texts.target.taken(name) })

  const keys: { hostKey?: string | undefined; jumpHostKeys: Record<string, string> } = {
    hostKey: options.hostKey,
    jumpHostKeys: {},
  }
  const given = {
    name,
    identity: reference(options.identitySecret) ?? flags.identity,
    passphrase: reference(options.passphraseSecret),
    password: reference(options.passwordSecret),
    labels: options.label,
    groups: options.inGroup,
  }
  const make = (type: Options["type"]) =>
    target(url, {
      ...defined(given),
      ...defined({ type, hostKey: keys.hostKey }),
      ...(Object.keys(keys.jumpHostKeys).length === 0 ? {} : { jumpHostKeys: keys.jumpHostKeys }),
    })

  const tried = async (): Promise<TargetReport> => {
    const report = await flow.targets.test(make(options.type), { signal: context.signal })
    const failed = report.stages.find(({ status }) => status === "failed")
    if (failed?.error?._tag === "HostKeyUnknown") {
      const { host, fingerprint, key } = failed.error
      await trusted(context, host, fingerprint, failed.error)
      // The last machine of the route is the target itself; those before it are known by their own names.
      if (isLast(url, host)) keys.hostKey = key
      else keys.jumpHostKeys[host] = key
      return tried()
    }
    if (failed?.error !== undefined && essential.has(failed.stage)) throw failed.error
    return report
  }

  const report = await tried()
  // The whole key: a fingerprint was enough to judge it, and other programs need the key.
  keys.hostKey = report.hostKey ?? keys.hostKey
  const { typeOf } = await import("@windflow/engine/host")
  const type =
    options.type ?? (!url.startsWith("ssh://") || report.facts === undefined ? undefined : typeOf(report.facts))
  const added = await flow.targets.add(make(type))
  if (context.json) context.print(JSON.stringify(encodeReport({ ...report, target: added })))
  else {
    for (const line of reportLines(report, texts, context.colors, context.locale)) context.print(line)
    const { fingerprint, parseKnownHosts } = await import("@windflow/engine/transport/ssh")
    const [pinned] = parseKnownHosts(`host ${added.ssh?.hostKey ?? ""}`)
    context.print(texts.target.added(name, pinned === undefined ? added.ssh?.hostKey : fingerprint(pinned.key)))
  }
  return 0
}

const defined = <A extends object>(options: A): { [K in keyof A]?: Exclude<A[K], undefined> } =>
  // Keys without a value are left out, which is what the type says.
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof A]?: Exclude<A[K], undefined>
  }

/** `name` or `[name]:port` of the URL itself. */
const isLast = (url: string, host: string): boolean => {
  const { hostname, port } = new URL(url)
  const name = hostname.replace(/^\[(.*)\]$/, "$1")
  return host === (port === "" || port === "22" ? name : `[${name}]:${port}`)
}

export default targetAdd
