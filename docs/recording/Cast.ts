/** A terminal session as it happened: chunks of output with their times, and its form as an asciicast (version 2). Pure. */

export interface Chunk {
  /** Seconds since the session began. */
  readonly at: number
  readonly text: string
}

export interface Cast {
  readonly columns: number
  readonly rows: number
  readonly title: string
  readonly chunks: ReadonlyArray<Chunk>
}

export const toAsciicast = ({ columns, rows, title, chunks }: Cast): string =>
  [
    JSON.stringify({ version: 2, width: columns, height: rows, title }),
    ...chunks.map(({ at, text }) => JSON.stringify([Number(at.toFixed(3)), "o", text])),
    "",
  ].join("\n")

/** Long waits made shorter, so that a reader does not wait for an engine. */
export const withoutPauses = (cast: Cast, longest: number): Cast => {
  let shift = 0
  let last = 0
  const chunks = cast.chunks.map(({ at, text }) => {
    shift += Math.max(0, at - last - longest)
    last = at
    return { at: at - shift, text }
  })
  return { ...cast, chunks }
}
