/** The images that containers were made from. */
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
