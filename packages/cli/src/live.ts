/** Shows a run while it goes on: a moving tree on a terminal, plain lines elsewhere, events as JSON lines when asked. */
import { describeError, Event, type WindFlowError } from "@windflow/engine/model"
import { Schema } from "effect"
import { linesOf } from "./render/lines.ts"
import { advance, noProgress } from "./render/progress.ts"
import type { Host } from "./host.ts"
import type { VerbContext } from "./verbs/Verb.ts"

export interface Live {
  readonly onEvent: (event: Event) => void
  /** Leaves the last state on the screen and gives the terminal back. */
  readonly end: () => void | Promise<void>
}

/** What showing a run needs of a verb's context. */
export interface Screen extends Pick<VerbContext, "texts" | "colors" | "locale" | "json" | "print" | "note"> {
  readonly host: Pick<Host, "stderr">
}

export type Describe = (error: WindFlowError) => string

const describing =
  (context: Screen): Describe =>
  (error) =>
    describeError(error, context.locale).message

const plain = (context: Screen): Live => {
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

const jsonLines = (context: Screen): Live => {
  const encode = Schema.encodeSync(Event)
  return { onEvent: (event) => context.print(JSON.stringify(encode(event))), end: () => {} }
}

/** The tree and what it draws with are loaded by the first step: a run without steps shows nothing that moves. */
const tree = (context: Screen): Live => {
  const early: Array<Event> = []
  let loading: Promise<void> | undefined
  let drawn: Live | undefined
  const load = async () => {
    const { liveTree } = await import("./liveTree.ts")
    drawn = liveTree(context, describing(context))
    for (const event of early.splice(0)) drawn.onEvent(event)
  }
  const worthShowing = (event: Event) =>
    event._tag === "Planned"
      ? event.groups.some(({ operations }) => operations.length > 0)
      : event._tag !== "RunStarted" && event._tag !== "RunEnded"
  return {
    onEvent: (event) => {
      if (drawn !== undefined) return drawn.onEvent(event)
      early.push(event)
      if (worthShowing(event)) loading ??= load()
    },
    end: async () => {
      await loading
      await drawn?.end()
    },
  }
}

/** A terminal that does not tell its size (some pseudo-terminals) cannot be drawn on: it gets lines. */
const canMove = ({ host: { stderr } }: Screen): boolean =>
  stderr.isTTY === true && (stderr.columns ?? 0) > 0 && (stderr.rows ?? 0) > 0

export const createLive = (context: Screen): Live =>
  context.json ? jsonLines(context) : canMove(context) ? tree(context) : plain(context)
