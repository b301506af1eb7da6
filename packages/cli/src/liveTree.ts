/** Draws the tree of a run on a terminal, over itself. `log-update` leaves out what did not change. */
import { createLogUpdate } from "log-update"
import type { Describe, Live, Screen } from "./live.ts"
import { linesOf } from "./render/lines.ts"
import { advance, noProgress } from "./render/progress.ts"
import { renderTree } from "./render/tree.ts"

const refreshMillis = 80

export const liveTree = (context: Screen, describe: Describe): Live => {
  const { host, texts, colors } = context
  // Progress goes to standard error, as answers go to standard output. The cast: a whole stream is asked for, but log-update
  // only writes and reads the size, and `Output` has both.
  const update = createLogUpdate(host.stderr as unknown as NodeJS.WritableStream, { showCursor: false })
  let progress = noProgress
  let frame = 0
  const draw = () => {
    const { columns = 80, rows = 24 } = host.stderr
    const text = renderTree(progress, texts, colors, { columns, rows, now: Date.now(), frame })
    if (text !== "") update(text)
  }
  const timer = setInterval(() => {
    frame += 1
    draw()
  }, refreshMillis)
  timer.unref()
  return {
    onEvent: (event) => {
      const before = progress
      progress = advance(progress, event, describe)
      if (event._tag === "RunResumed" || event._tag === "Warning" || event._tag === "Compensating")
        update.persist(linesOf(event, before, progress, texts, colors).join("\n"))
      draw()
    },
    end: () => {
      clearInterval(timer)
      draw()
      update.done()
    },
  }
}
