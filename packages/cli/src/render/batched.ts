/** Lines joined to one write, as far as they come together: a write a line would cost more than reading them. */

/** A pipe takes as much at once. */
const most = 65_536

export const batched = (
  write: (text: string) => unknown,
): { readonly line: (text: string) => void; readonly flush: () => void } => {
  let waiting: Array<string> = []
  let length = 0
  let scheduled: NodeJS.Immediate | undefined
  const flush = () => {
    if (scheduled !== undefined) clearImmediate(scheduled)
    scheduled = undefined
    if (length === 0) return
    const text = waiting.join("")
    waiting = []
    length = 0
    write(text)
  }
  return {
    line: (text) => {
      waiting.push(text, "\n")
      length += text.length + 1
      if (length >= most) flush()
      // What has come by now goes out before anything else is waited for.
      else scheduled ??= setImmediate(flush)
    },
    flush,
  }
}
