/** Containers as rows. */
import type { Instance, PublishedPort } from "@windflow/engine/driver"
import type { Palette } from "./palette.ts"
import { formatAge } from "./time.ts"

/** `127.0.0.1:8080->80/tcp`, or `80/tcp` when it is not published. */
export const portText = ({ hostIp, published, target, protocol }: PublishedPort): string => {
  const host = hostIp.includes(":") ? `[${hostIp}]` : hostIp
  return published === undefined ? `${target}/${protocol}` : `${host}:${published}->${target}/${protocol}`
}

const statusStyle = (instance: Instance, colors: Palette): ((text: string) => string) => {
  if (instance.health === "unhealthy" || instance.state === "dead") return colors.bad
  if (instance.state === "exited") return instance.exitCode === 0 ? colors.faint : colors.bad
  return instance.state === "running" && instance.health !== "starting" ? colors.good : colors.change
}

/** Name, image, service, status, ports. */
export const instanceRow = (instance: Instance, colors: Palette): ReadonlyArray<string> => [
  instance.name,
  instance.image,
  instance.service,
  statusStyle(instance, colors)(instance.status),
  instance.ports.map(portText).join(", "),
]

const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`

/** Name, image, command, service, age, status, ports: Compose's columns. */
export const psRow = (
  instance: Instance,
  { colors, locale }: { readonly colors: Palette; readonly locale: string },
  truncate: boolean,
): ReadonlyArray<string> => [
  instance.name,
  instance.image,
  JSON.stringify(truncate ? shortened(instance.command, 20) : instance.command),
  instance.service,
  formatAge(instance.createdAt, Date.now(), locale),
  statusStyle(instance, colors)(instance.status),
  instance.ports.map(portText).join(", "),
]
