/** Verbs about images by themselves: which are used, and pulling and building them without deploying. */
import { Schema } from "effect"

/** The image of one container. */
export const ImageUse = Schema.Struct({
  container: Schema.String,
  service: Schema.String,
  /** The engine's id: `sha256:…`. */
  id: Schema.String,
  /** Empty when the container was created from an id, or its tag has moved. */
  repository: Schema.String,
  tag: Schema.String,
  /** `linux/amd64`; empty when the image is gone. */
  platform: Schema.String,
  /** Bytes. */
  size: Schema.Int,
  /** ISO time. */
  createdAt: Schema.optionalKey(Schema.String),
})
export type ImageUse = typeof ImageUse.Type

export interface PullOptions {
  readonly services?: ReadonlyArray<string>
  readonly includeDependencies?: boolean
  /** Leave services alone that can be built. */
  readonly ignoreBuildable?: boolean
  /** A failed pull becomes a line of the report. */
  readonly ignoreFailures?: boolean
  /** `missing`: only what is not there; default `always`. */
  readonly policy?: "always" | "missing"
}

export interface BuildOptions {
  readonly services?: ReadonlyArray<string>
  readonly withDependencies?: boolean
  /** Over the file's `build.args`. */
  readonly args?: Readonly<Record<string, string>>
  readonly noCache?: boolean
  /** Look for newer base images. */
  readonly pull?: boolean
}

/** What was pulled or built. */
export const ImageDone = Schema.Struct({ service: Schema.String, image: Schema.String, id: Schema.String })
export type ImageDone = typeof ImageDone.Type
