/** Durations as Compose reads and prints them: whole nanoseconds, `1m30s`. */

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
}

const USUAL = /^(\d{1,6})(ms|s|m|h)$/
const MAX = 2n ** 63n - 1n

/** Nanoseconds; undefined when the text is no duration. */
export const parseDuration = (text: string): bigint | undefined => {
  // `10s`: what nearly all are, at once.
  const usual = USUAL.exec(text)
  if (usual !== null) return BigInt(usual[1]!) * UNITS[usual[2]!]!
  const signed = /^[-+]/.test(text)
  const negative = text.startsWith("-")
  const rest = signed ? text.slice(1) : text
  if (rest === "0") return 0n
  if (!/^(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)[^0-9.]+)+$/.test(rest)) return undefined
  let total = 0n
  for (const [, number = "", name = ""] of rest.matchAll(/([0-9.]+)([^0-9.]+)/g)) {
    const unit = Object.hasOwn(UNITS, name) ? UNITS[name] : undefined
    if (unit === undefined) return undefined
    const [whole = "", fraction = ""] = number.split(".")
    let value = BigInt(whole === "" ? "0" : whole) * unit
    // Digits a 64-bit number cannot hold add nothing.
    const digits = fraction.slice(0, 18)
    if (digits !== "") value += BigInt(Math.trunc(Number(digits) * (Number(unit) / 10 ** digits.length)))
    total += value
    if (value > MAX || total > MAX) return undefined
  }
  return negative ? -total : total
}

/** Go's form: the largest unit is the hour, fractions stand at the seconds or below. */
export const formatDuration = (nanoseconds: bigint): string => {
  if (nanoseconds === 0n) return "0s"
  const sign = nanoseconds < 0n ? "-" : ""
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const decimal = (amount: bigint, unit: bigint): string => {
    const fraction = (amount % unit)
      .toString()
      .padStart(unit.toString().length - 1, "0")
      .replace(/0+$/, "")
    return `${amount / unit}${fraction === "" ? "" : `.${fraction}`}`
  }
  if (value < 1_000n) return `${sign}${value}ns`
  if (value < 1_000_000n) return `${sign}${decimal(value, 1_000n)}µs`
  if (value < 1_000_000_000n) return `${sign}${decimal(value, 1_000_000n)}ms`
  const minute = UNITS["m"]!
  const hour = UNITS["h"]!
  const seconds = `${decimal(value % minute, 1_000_000_000n)}s`
  if (value < minute) return `${sign}${seconds}`
  const minutes = `${(value % hour) / minute}m`
  return value < hour ? `${sign}${minutes}${seconds}` : `${sign}${value / hour}h${minutes}${seconds}`
}
