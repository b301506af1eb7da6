/** Which keys are the same: those with the same data, whatever the order of their fields. */
const sorted = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  )
}

export const identityOf = (key: unknown): string => JSON.stringify(sorted(key)) ?? "undefined"
