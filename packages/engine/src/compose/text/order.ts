/** The order of Go's `sort.Strings`: by bytes of UTF-8, which is by code points. */
export const compareText = (a: string, b: string): number => {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return weight(left) - weight(right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
const weight = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)
