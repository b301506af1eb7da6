/** Go durations (`1m30s`, `500ms`) in the whole seconds that Kubernetes counts in, rounded up. */
const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 }

/** Undefined when it is not a duration. */
export const parseSeconds = (text: string): number | undefined => {
  if (text === "0") return 0
  if (!/^(\d+(\.\d+)?(h|ms|us|µs|ns|m|s))+$/.test(text)) return undefined
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g)
  // Rounded to nanoseconds first, so that 0.1s + 0.9s is one second and not two.
  const seconds = [...parts].reduce((sum, part) => sum + Number(part[1]) * (units[part[2] ?? ""] ?? 0), 0)
  return Math.ceil(Number(seconds.toFixed(9)))
}
