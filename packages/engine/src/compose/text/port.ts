/** The short syntax of a published port: `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, with ranges. */

export class PortProblem extends Error {}

export interface ParsedPort {
  readonly hostIp: string
  readonly target: number
  /** A port, a range (`8000-9000`), or empty: the engine chooses. */
  readonly published: string
  readonly protocol: string
}

const MAX_PORT = 65_535

const portNumber = (text: string): number => {
  const value = /^[-+]?[0-9]+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= 0 && value <= MAX_PORT)) throw new PortProblem(`"${text}" is not a port between 0 and ${MAX_PORT}`)
  return value
}

const range = (text: string): readonly [number, number] => {
  const dash = text.indexOf("-")
  const start = dash < 0 ? text : text.slice(0, dash)
  const end = dash < 0 ? start : text.slice(dash + 1)
  const first = portNumber(start)
  const last = start === end ? first : portNumber(end)
  if (last < first) throw new PortProblem(`the range ${text} runs backwards`)
  return [first, last]
}

export const parsePort = (spec: string): ParsedPort[] => {
  const parts = spec.split(":")
  const container = parts.at(-1)!
  const host = parts.length > 1 ? parts.at(-2)! : ""
  let ip = parts.slice(0, -2).join(":")
  const slash = container.indexOf("/")
  const ports = slash < 0 ? container : container.slice(0, slash)
  if (ports === "") throw new PortProblem("the port of the container is missing")
  const protocol = (slash < 0 ? "" : container.slice(slash + 1)).toLowerCase() || "tcp"
  if (!["tcp", "udp", "sctp"].includes(protocol)) throw new PortProblem(`unknown protocol "${protocol}"`)
  const bracketed = /^\[([^\]]*)\]$/.exec(ip)
  if (bracketed !== null) ip = bracketed[1]!
  if (ip !== "" && !isAddress(ip)) throw new PortProblem(`"${ip}" is not an IP address`)
  const [start, end] = range(ports)
  const [hostStart, hostEnd] = host === "" ? [0, 0] : range(host)
  const count = end - start + 1
  if (host !== "" && count > 1 && hostEnd - hostStart !== end - start)
    throw new PortProblem(`the ranges ${ports} and ${host} differ in length`)
  return Array.from({ length: count }, (_, i) => ({
    hostIp: ip,
    target: start + i,
    published:
      host === "" ? "" : count === 1 && hostStart !== hostEnd ? `${hostStart}-${hostEnd}` : String(hostStart + i),
    protocol,
  })).toSorted((a, b) => (`${a.target}/` < `${b.target}/` ? -1 : 1))
}

/** Whether a text is an IPv4 or IPv6 address. */
export const isAddress = (text: string): boolean => {
  if (!text.includes(":")) return isIpv4(text)
  const [head, tail, ...more] = text.split("::")
  if (more.length > 0) return false
  const groups = (part: string) => (part === "" ? [] : part.split(":"))
  const all = [...groups(head!), ...groups(tail ?? "")]
  let size = 0
  for (const [i, group] of all.entries()) {
    if (i === all.length - 1 && group.includes(".")) {
      if (!isIpv4(group)) return false
      size += 2
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) size++
    else return false
  }
  return tail === undefined ? size === 8 : size < 8
}

const isIpv4 = (text: string): boolean => {
  const parts = text.split(".")
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)
}
