/** Times as people read them: UTC unless they ask for their own zone. */

export type Zone = "utc" | "local"

/** `2026-11-22 22:15:07 UTC`, or the local time with its offset; text that is no time stays as it is. */
export const formatTime = (iso: string, zone: Zone): string => {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return iso
  if (zone === "utc") return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`
  const offset = -time.getTimezoneOffset()
  const shifted = new Date(time.getTime() + offset * 60_000).toISOString().slice(0, 19).replace("T", " ")
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60]
  const pad = (value: number) => String(value).padStart(2, "0")
  return `${shifted} ${offset < 0 ? "-" : "+"}${pad(hours)}:${pad(minutes)}`
}

/** Seconds with one decimal: `4.2s`, from a minute on `1m04s`. */
export const formatElapsed = (milliseconds: number): string => {
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  return `${Math.trunc(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`
}

const steps: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, seconds: number, below: number]> = [
  ["second", 1, 60],
  ["minute", 60, 60],
  ["hour", 3600, 48],
  ["day", 86_400, 14],
  ["week", 604_800, 8],
  ["month", 2_592_000, 24],
  ["year", 31_536_000, Number.POSITIVE_INFINITY],
]

/** `3 hours ago`: the steps of Docker's own words. */
export const formatAge = (iso: string, now: number, locale: string): string => {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000)
  if (Number.isNaN(seconds)) return iso
  const [unit, length] =
    steps.find(([, length, below]) => Math.floor(seconds / length) < below) ?? (["year", 31_536_000] as const)
  return new Intl.RelativeTimeFormat(locale).format(-Math.floor(seconds / length), unit)
}
