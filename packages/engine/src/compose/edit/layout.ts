/** Puts back how the author wrote the lines that an edit did not touch: printing a tree again evens out their spacing. */

/** Lines that may be skipped on either side before the two texts are in step again. */
const WINDOW = 200

/** For each line of `b` the line of `a` it corresponds to, or -1; both run forwards. */
const pairLines = (a: ReadonlyArray<string>, b: ReadonlyArray<string>, key: (line: string) => string): Int32Array => {
  const pairs = new Int32Array(b.length).fill(-1)
  const [left, right] = [a.map(key), b.map(key)]
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (left[i] === right[j]) {
      pairs[j++] = i++
      continue
    }
    // The shortest way back into step; blank lines prove nothing.
    let step: readonly [number, number] | undefined
    for (let distance = 1; distance <= WINDOW && step === undefined; distance++)
      for (let skip = 0; skip <= distance && step === undefined; skip++) {
        const [x, y] = [i + skip, j + distance - skip]
        if (x < a.length && y < b.length && left[x] === right[y] && left[x] !== "") step = [x, y]
      }
    if (step === undefined) break
    ;[i, j] = step
  }
  return pairs
}

/** `printed` is `original` printed without an edit, `edited` with it. */
export const keepLayout = (original: string, printed: string, edited: string): string => {
  const ending = original.includes("\r\n") ? "\r\n" : "\n"
  const written = original.split(/\r?\n/)
  const plain = printed.split("\n")
  const result = edited.split("\n")
  // The same document: lines that differ in nothing but space correspond.
  const source = pairLines(written, plain, (line) => line.replace(/\s+/g, ""))
  const kept = pairLines(plain, result, (line) => line)
  return result.map((line, j) => written[source[kept[j]!] ?? -1] ?? line).join(ending)
}
