/** What a preflight found: a reason why a change would fail, known before anything is changed. Its texts are in the catalogues. */
import { Schema } from "effect"

export const Finding = Schema.Struct({
  check: Schema.Literals([
    /** A host port is published by another container. */
    "port",
    /** The engine's disk is full. */
    "disk",
    /** The image is for another platform than the engine's. */
    "platform",
    /** An image of a revision is gone. */
    "image",
    /** A secret is not what it was in a revision. */
    "secret",
    /** The registry does not give the image. */
    "registry",
  ]),
  /** Absent: it concerns all. */
  service: Schema.optionalKey(Schema.String),
  /** The port, path, image or secret. */
  what: Schema.String,
  /** Who or what stands in the way. */
  detail: Schema.String,
})
export type Finding = typeof Finding.Type
