/** Frames as one animated SVG without scripts, which a README may show: the frames lie side by side, a step animation moves them. Pure. */
import type { Frame, Run } from "./frames.ts"

export interface Look {
  readonly columns: number
  readonly rows: number
  readonly title: string
  /** How long the last frame stays before it begins again. */
  readonly rest: number
}

const cell = { width: 8.4, height: 18 }
const margin = { side: 16, top: 36, bottom: 14 }

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const round = (value: number): string => String(Number(value.toFixed(3)))

const runText = ({ column, width, text, color, bold, dim }: Run): string => {
  const look = [
    color === undefined ? "" : ` fill="${color}"`,
    bold ? ` font-weight="bold"` : "",
    dim ? ` opacity=".6"` : "",
  ].join("")
  return `<text x="${round(column * cell.width)}" textLength="${round(width * cell.width)}"${look}>${escape(text)}</text>`
}

/** Lines are drawn once and used in every frame that shows them: most frames differ in a spinner and a time. */
class Lines {
  readonly #ids = new Map<string, string>()

  use(runs: ReadonlyArray<Run>, row: number): string {
    if (runs.length === 0) return ""
    const drawn = runs.map(runText).join("")
    const id = this.#ids.get(drawn) ?? `l${this.#ids.size}`
    this.#ids.set(drawn, id)
    return `<use href="#${id}" y="${(row + 1) * cell.height}"/>`
  }

  definitions(): string {
    return [...this.#ids].map(([drawn, id]) => `<g id="${id}">${drawn}</g>`).join("\n")
  }
}

export const toSvg = (frames: ReadonlyArray<Frame>, { columns, rows, title, rest }: Look): string => {
  const width = columns * cell.width + 2 * margin.side
  const height = rows * cell.height + margin.top + margin.bottom
  const duration = (frames.at(-1)?.at ?? 0) + rest
  const steps = frames.map(
    ({ at }, index) => `${round((at / duration) * 100)}%{transform:translateX(-${round(index * width)}px)}`,
  )
  const last = `100%{transform:translateX(-${round((frames.length - 1) * width)}px)}`
  const lines = new Lines()
  const groups = frames.map(
    (frame, index) =>
      `<g transform="translate(${round(index * width + margin.side)},${margin.top})">${frame.lines.map((runs, row) => lines.use(runs, row)).join("")}</g>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${height}" viewBox="0 0 ${round(width)} ${height}" xml:space="preserve" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title>`,
    `<style>@keyframes play{${steps.join("")}${last}}.film{animation:play ${round(duration)}s steps(1,end) infinite}text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre}.film{fill:#c9d1d9}</style>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<circle cx="20" cy="18" r="6" fill="#ff5f56"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/><circle cx="60" cy="18" r="6" fill="#27c93f"/>`,
    `<defs>${lines.definitions()}</defs>`,
    `<g class="film">${groups.join("\n")}</g>`,
    "</svg>",
    "",
  ].join("\n")
}
