/** Sizes such as `512m` or `1.5 GiB`, in bytes; units are powers of 1024. */

const POWERS: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 }

/** undefined when the text is no size. */
export const parseBytes = (text: string): bigint | undefined => {
  if (/^[-+]?[0-9]+$/.test(text)) {
    const value = BigInt(text.startsWith("+") ? text.slice(1) : text)
    if (value >= -(2n ** 63n) && value < 2n ** 63n) return value
  }
  const match = /^(.*[0-9.])( ?)([^0-9. ]*)$/s.exec(text)
  const [, number = "", , suffix = ""] = match ?? []
  if (!/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(number)) return undefined
  const size = Number(number)
  const unit = /^(?:([bkmgtp])|([kmgtp])b|([kmgtp])ib)$/.exec(suffix.toLowerCase())
  if (size < 0 || (suffix !== "" && unit === null)) return undefined
  const power = POWERS[unit?.[1] ?? unit?.[2] ?? unit?.[3] ?? "b"] ?? 0
  const bytes = Math.trunc(size * 1024 ** power)
  return Number.isFinite(bytes) && bytes < 2 ** 63 ? BigInt(bytes) : -(2n ** 63n)
}
