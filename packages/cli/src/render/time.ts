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
