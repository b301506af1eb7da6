/** `windflow.config.ts`: named targets and environments of a project. A plain object; `defineConfig` only helps the editor. */
import { Target } from "@windflow/engine/model"
import { Schema } from "effect"

const TargetEntry = Schema.Union([Schema.NonEmptyString, Schema.NonEmptyArray(Schema.NonEmptyString), Target])

export const Config = Schema.Struct({
  /** name → URL, URLs of one cluster, or `target(…)`. */
  targets: Schema.optionalKey(Schema.Record(Schema.NonEmptyString, TargetEntry)),
  environments: Schema.optionalKey(
    Schema.Record(
      Schema.NonEmptyString,
      Schema.Struct({
        target: Schema.NonEmptyString,
        /** The command asks before it changes anything there. */
        protected: Schema.optionalKey(Schema.Boolean),
      }),
    ),
  ),
  defaults: Schema.optionalKey(
    Schema.Struct({
      target: Schema.optionalKey(Schema.NonEmptyString),
      environment: Schema.optionalKey(Schema.NonEmptyString),
      /** Compose files of the command line, relative to the configuration file. */
      file: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
      project: Schema.optionalKey(Schema.NonEmptyString),
    }),
  ),
})
export type Config = typeof Config.Type

/** Types a configuration; `export default defineConfig({ … })`. */
export const defineConfig = (config: Config): Config => config
