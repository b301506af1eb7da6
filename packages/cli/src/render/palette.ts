/** Colours by meaning. Off, every style is the identity, so that renderers never ask. */
import pc from "picocolors"

type Style = (text: string) => string

export interface Palette {
  readonly good: Style
  readonly change: Style
  readonly bad: Style
  readonly faint: Style
  readonly strong: Style
}

export const palette = (enabled: boolean): Palette => {
  const colors = pc.createColors(enabled)
  return { good: colors.green, change: colors.yellow, bad: colors.red, faint: colors.dim, strong: colors.bold }
}

/** `--no-color`, NO_COLOR (any value but empty) and a stream that is no terminal switch colours off; FORCE_COLOR on. */
export const wantsColor = (
  flag: boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): boolean => {
  if (flag === false || (env["NO_COLOR"] ?? "") !== "") return false
  if ((env["FORCE_COLOR"] ?? "0") !== "0") return true
  return terminal && env["TERM"] !== "dumb"
}
