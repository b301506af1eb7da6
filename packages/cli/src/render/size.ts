/** Byte counts as Docker prints them: powers of 1000, three digits. */

const units = ["B", "kB", "MB", "GB", "TB", "PB"] as const

export const formatSize = (bytes: number): string => {
  let amount = bytes
  let unit = 0
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000
    unit++
  }
  return `${Number(amount.toPrecision(3))}${units[unit]}`
}
