/** Splits a command line into words the way Compose does: quotes and backslashes, no expansion. */

/** undefined when quotes or parentheses do not match. */
export const splitWords = (line: string): string[] | undefined => {
  const words: string[] = []
  let word = ""
  // A quoted word counts even when it is empty.
  let started: "no" | "plain" | "quoted" = "no"
  let escaped = false
  let quote: '"' | "'" | "`" | "$(" | undefined
  const flush = () => {
    if (started === "quoted" || (started !== "no" && word !== "")) words.push(word)
    word = ""
    started = "no"
  }
  for (const char of line) {
    if (escaped) {
      escaped = false
      word += quote === "`" || quote === "$(" ? `\\${char}` : char === "t" ? "\t" : char === "n" ? "\n" : char
      started = "plain"
      continue
    }
    if (char === "\\") {
      if (quote === "'") word += char
      else escaped = true
      continue
    }
    if (char === " " || char === "\t" || char === "\r" || char === "\n") {
      if (quote === undefined) flush()
      else word += char
      continue
    }
    if (char === "`" && (quote === undefined || quote === "`")) quote = quote === undefined ? "`" : undefined
    else if (char === ")" && (quote === undefined || quote === "$(")) {
      if (quote === undefined) return undefined
      quote = undefined
    } else if (char === "(" && (quote === undefined || quote === "$(")) {
      if (quote !== undefined || !/(?:^|[^\\])\$$/.test(word)) return undefined
      quote = "$("
      word += char
      continue
    } else if ((char === '"' || char === "'") && (quote === undefined || quote === char)) {
      if (quote === char) {
        started = "quoted"
        quote = undefined
      } else quote = char
      continue
    } else if (quote === undefined && /[;&|<>]/.test(char)) {
      // The rest would be another command; a number before `>` names a file descriptor.
      if (char === ">" && /^[0-9]+$/.test(word)) started = "no"
      break
    }
    started = "plain"
    word += char
  }
  flush()
  return escaped || quote !== undefined ? undefined : words
}
