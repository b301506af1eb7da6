/** Several targets in one word: `-t A,B`. */

/** Names and URLs between commas; what follows `?jump=` belongs to its URL. */
export const splitTargets = (text: string): ReadonlyArray<string> =>
  text.split(",").reduce<ReadonlyArray<string>>((found, part) => {
    const last = found.at(-1)
    return last !== undefined && last.includes("?jump=") && !part.includes("://")
      ? [...found.slice(0, -1), `${last},${part}`]
      : [...found, part]
  }, [])
