/** Values as Go prints them in the resolved model: durations and byte sizes. */

const nanoseconds: Readonly<Record<string, number>> = {
  h: 3_600_000_000_000,
  m: 60_000_000_000,
  s: 1_000_000_000,
  ms: 1_000_000,
  us: 1000,
  µs: 1000,
  ns: 1,
}

/** Nanoseconds of a Go duration ("1m30s"); undefined when it is none. */
export const parseDuration = (text: string): number | undefined => {
  if (text === "0") return 0
  if (!/^(\d+(\.\d+)?(h|m|s|ms|us|µs|ns))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|us|µs|ns|h|m|s)/g))
    total += Number(amount) * (nanoseconds[unit ?? ""] ?? 0)
  return Math.round(total)
}

/** Whole seconds of a Go duration, as Docker's stop timeout counts them. */
export const durationSeconds = (text: string): number => Math.floor((parseDuration(text) ?? 0) / 1_000_000_000)

export const byteCount = (text: string | undefined): number => (text === undefined ? 0 : Number(text))
