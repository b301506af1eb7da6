/** Shows a run while it goes on: a moving tree on a terminal, plain lines elsewhere, events as JSON lines when asked. */
import { describeError, Event, type WindFlowError } from "@windflow/engine/model"
import { Schema } from "effect"
import { linesOf } from "./render/lines.ts"
import { advance, noProgress } from "./render/progress.ts"
import { renderTree } from "./render/tree.ts"
import type { VerbContext } from "./verbs/Verb.ts"

export interface Live {
  readonly onEvent: (event: Event) => void
  /** Leaves the last state on the screen and gives the terminal back. */
  readonly end: () => void
}

const refreshMillis = 80

const describing = (context: VerbContext) => (error: WindFlowError) => describeError(error, context.locale).message

const tree = async (context: VerbContext): Promise<Live> => {
  const { createLogUpdate } = await import("log-update")
  const { host, texts, colors } = context
  // Progress goes to standard error, as answers go to standard output.
  const update = createLogUpdate(host.stderr as unknown as NodeJS.WritableStream, { showCursor: false })
  const describe = describing(context)
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
      if (event._tag === "RunResumed" || event._tag === "Warning")
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

const plain = (context: VerbContext): Live => {
  const describe = describing(context)
  let progress = noProgress
  return {
    onEvent: (event) => {
      const before = progress
      progress = advance(progress, event, describe)
      for (const line of linesOf(event, before, progress, context.texts, context.colors)) context.note(line)
    },
    end: () => {},
  }
}

const encode = Schema.encodeSync(Event)

const jsonLines = (context: VerbContext): Live => ({
  onEvent: (event) => context.print(JSON.stringify(encode(event))),
  end: () => {},
})

/** A terminal without a size (some pseudo-terminals) gets lines. */
const canMove = ({ host }: VerbContext): boolean => host.stderr.isTTY === true && (host.stderr.columns ?? 0) > 0

export const createLive = async (context: VerbContext): Promise<Live> =>
  context.json ? jsonLines(context) : canMove(context) ? tree(context) : plain(context)
