/**
 * Preflight: from facts about a target to findings, before anything is changed. Pure; drivers gather the facts. Nothing found is
 * no promise: what nobody can see (a process of the host that holds a port) is found by the change itself, which is put back.
 */
import type { Finding } from "../model/errors/Finding.ts"

export interface HostPort {
  /** Empty: every address. */
  readonly ip: string
  readonly port: number
  readonly protocol: string
}

export interface Platform {
  readonly os: string
  readonly architecture: string
}

export interface PreflightFacts {
  readonly wanted: ReadonlyArray<HostPort & { readonly service: string }>
  /** Ports of containers that stay. */
  readonly held: ReadonlyArray<HostPort & { readonly holder: string }>
  /** Absent where it cannot be seen. */
  readonly disk?: { readonly path: string; readonly freeBytes: number }
  readonly engine?: Platform
  readonly images: ReadonlyArray<
    Platform & {
      readonly service: string
      readonly reference: string
      /** The file names a platform: whoever does so knows what the engine can emulate. */
      readonly chosen: boolean
    }
  >
  readonly missingImages: ReadonlyArray<{ readonly service: string; readonly reference: string }>
  /** `present` absent: the store has it no more. */
  readonly secrets: ReadonlyArray<{
    readonly service: string
    readonly name: string
    readonly wanted: string
    readonly present?: string
  }>
  readonly refusedImages: ReadonlyArray<{ readonly service: string; readonly reference: string; readonly why: string }>
}

const anyAddress: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"])
/** Whether two publications exclude each other. */
export const samePort = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || anyAddress.has(a.ip) || anyAddress.has(b.ip))

/** Below this not even an empty container with its log is safe. */
export const leastFreeBytes = 64 * 1024 * 1024

/** What a processor runs without emulation. */
const runs: Readonly<Record<string, ReadonlyArray<string>>> = { amd64: ["amd64", "386"], arm64: ["arm64", "arm"] }

const runsOn = (image: Platform, engine: Platform): boolean =>
  image.architecture === "" ||
  (image.os === engine.os && (runs[engine.architecture] ?? [engine.architecture]).includes(image.architecture))

const portText = ({ ip, port, protocol }: HostPort): string => `${ip === "" ? "" : `${ip}:`}${port}/${protocol}`
const platformText = ({ os, architecture }: Platform): string => `${os}/${architecture}`

export const findingsOf = (facts: PreflightFacts): ReadonlyArray<Finding> => {
  const { disk, engine } = facts
  return [
    ...facts.missingImages.map(({ service, reference }): Finding => ({
      check: "image",
      service,
      what: reference,
      detail: "",
    })),
    ...facts.secrets.flatMap(({ service, name, wanted, present }): ReadonlyArray<Finding> => {
      if (present === wanted) return []
      const detail = present === undefined ? "it was removed" : "it was changed"
      return [{ check: "secret", service, what: name, detail }]
    }),
    ...facts.refusedImages.map(({ service, reference, why }): Finding => ({
      check: "registry",
      service,
      what: reference,
      detail: why,
    })),
    ...facts.images.flatMap((image): ReadonlyArray<Finding> => {
      if (engine === undefined || image.chosen || runsOn(image, engine)) return []
      const detail = `${platformText(image)} ≠ ${platformText(engine)}`
      return [{ check: "platform", service: image.service, what: image.reference, detail }]
    }),
    ...facts.wanted.flatMap((wanted): ReadonlyArray<Finding> => {
      const holder = facts.held.find((held) => samePort(held, wanted))
      return holder === undefined
        ? []
        : [{ check: "port", service: wanted.service, what: portText(wanted), detail: holder.holder }]
    }),
    ...(disk !== undefined && disk.freeBytes < leastFreeBytes
      ? [{ check: "disk" as const, what: disk.path, detail: `${Math.floor(disk.freeBytes / 1_048_576)} MiB` }]
      : []),
  ]
}
