/** The candidate a misspelt word most likely stands for. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  if (word.length > 64) return undefined
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: string | undefined
  let distance = limit + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= distance) continue
    const found = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (found < distance) {
      distance = found
      best = candidate
    }
  }
  return best
}

/** Levenshtein's distance, two rows at a time. */
const editDistance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, change))
    }
    previous = row
  }
  return previous[b.length]!
}
