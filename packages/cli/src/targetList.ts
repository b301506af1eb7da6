/** Several targets in one word: `-t A,B`. */

/** Names and URLs between commas; what follows `?jump=` belongs to its URL. */
export const splitTargets = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (const part of text.split(",")) {
    const last = found.at(-1)
    if (last !== undefined && last.includes("?jump=") && !part.includes("://"))
      found[found.length - 1] = `${last},${part}`
    else found.push(part)
  }
  return found
}
