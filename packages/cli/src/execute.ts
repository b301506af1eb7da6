/** The part that all changing verbs share: ask where it must be asked, show the run, say how it ended. */
import type { Event, Revision } from "@windflow/engine/model"
import { environmentConfirmed } from "./confirm.ts"
import { createLive } from "./live.ts"
import { outcome } from "./render/lines.ts"
import type { Texts } from "./text/index.ts"
import type { VerbContext } from "./verbs/Verb.ts"

type RunEnded = Extract<Event, { readonly _tag: "RunEnded" }>

/** Of runs that make no revision: what was done to the containers. */
export const acted = ({ revision: { deployment, summary } }: RunEnded, texts: Texts): string =>
  texts.run.acted(deployment, summary)

interface Watching {
  readonly onEvent: (event: Event) => void
  readonly signal: AbortSignal
}

export const execute = async (
  context: VerbContext,
  start: (watching: Watching) => Promise<Revision>,
  /** The sentence that ends a run which changed something. */
  sentence: (ended: RunEnded, texts: Texts) => string = outcome,
): Promise<number> => {
  const { texts, colors } = context
  if (!(await environmentConfirmed(context))) {
    context.note(texts.confirm.declined)
    return 0
  }
  const live = createLive(context)
  let ended: RunEnded | undefined
  const onEvent = (event: Event) => {
    if (event._tag === "RunEnded") ended = event
    live.onEvent(event)
  }
  let revision: Revision
  context.running(true)
  try {
    revision = await start({ onEvent, signal: context.signal })
  } finally {
    context.running(false)
    await live.end()
  }
  if (context.json) return 0
  context.print(
    ended?.changed === true ? colors.good(sentence(ended, texts)) : texts.run.unchanged(revision.deployment),
  )
  // Where it answers is no news of a run that deploys nothing, and may not be true of what is stopped.
  if (sentence === outcome) for (const url of revision.urls) context.print(`  ${url}`)
  return 0
}
