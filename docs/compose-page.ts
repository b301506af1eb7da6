/**
 * The page on Compose files: what is accepted, and key by key what the compose driver does not do, from the driver's own table.
 * Pure; `generate-compose.ts` writes the file.
 */
import {
  attachmentSupport,
  buildSupport,
  deploySupport,
  fileObjectSupport,
  mountSupport,
  networkSupport,
  rollbackSupport,
  serviceSupport,
  type Support,
  volumeSupport,
} from "@windflow/engine/driver/compose"

export const sections: ReadonlyArray<readonly [string, Readonly<Record<string, Support>>]> = [
  ["services.*", serviceSupport],
  ["services.*.build", buildSupport],
  ["services.*.deploy", deploySupport],
  ["services.*.deploy.rollback_config", rollbackSupport],
  ["services.*.networks.*", attachmentSupport],
  ["services.*.volumes[]", mountSupport],
  ["networks.*", networkSupport],
  ["volumes.*", volumeSupport],
  ["configs.*, secrets.*", fileObjectSupport],
]

const refused = sections.flatMap(([path, table]) =>
  Object.entries(table).flatMap(([key, support]) =>
    typeof support === "string" ? [] : [`| \`${path}\` | \`${key}\` | ${support.refused} |`],
  ),
)

const ignored = sections.flatMap(([path, table]) =>
  Object.entries(table).flatMap(([key, support]) => (support === "ignored" ? [`| \`${path}\` | \`${key}\` |`] : [])),
)

export const composePage =
  (): string => `<!-- Made from the compose driver's table by docs/generate-compose.ts: change the table or the generator, not this page. -->
# Compose files

WindFlow reads Compose files as Docker Compose 5.5.0 does: the same files are accepted, the resolved model and the config hashes are the same. That is tested against Compose itself, on more than 800 small cases and on a corpus of other people's files.

Everything in the Compose Specification is accepted: several \`-f\` files with \`!reset\` and \`!override\`, \`include\`, \`extends\`, anchors and merge keys, every form of interpolation, \`.env\`, \`--env-file\` and \`env_file\`, profiles, \`x-\` extensions, every short and long syntax. Errors come all at once, each with file, line, column and remedy. The [loader's design](designs/compose-loader.md) lists the few differences there are.

Limits: files of 10 MB and 100,000 nodes (2 MB with anchors, tags or texts of several lines). \`include\` and \`extends\` do not fetch from Git or registries.

## Which files, names, profiles and variables

Every verb takes Compose's options: \`-f FILE\` (may be repeated, \`-\` is standard input), \`-p NAME\`, \`--project-directory\`, \`--profile NAME\` and \`--env-file FILE\` (may be repeated), and the variables \`COMPOSE_FILE\`, \`COMPOSE_PROJECT_NAME\`, \`COMPOSE_PROFILES\`, \`COMPOSE_ENV_FILES\` and \`COMPOSE_DISABLE_ENV_FILE\`.

## Seeing what a file means

\`windflow config [SERVICE…]\` prints the resolved model, to the byte as Compose does; it needs no engine.

| Option | Prints |
| --- | --- |
| \`--format yaml\\|json\` | the model in that format |
| \`-q\` | nothing: checks only |
| \`-o FILE\` | the model into a file |
| \`--services\`, \`--images\`, \`--volumes\`, \`--networks\`, \`--profiles\` | names, sorted |
| \`--hash SERVICE,…\` or \`--hash '*'\` | the config hash of each service |
| \`--variables\` | the variables that the files ask for, with defaults |
| \`--no-interpolate\` | the joined files, variables as they are written; with \`--services\` the names in them. Not together with the other lists, \`--hash\` or \`--resolve-image-digests\` |
| \`--resolve-image-digests\` | every image pinned to the digest its registry names now, asked through the Docker engine |

## What the compose driver refuses

These keys are valid and \`windflow config\` shows them, but \`plan\` and \`up\` name them with their place and deploy nothing. Some values of other keys are refused in the same way.

| Where | Key | What to do |
| --- | --- | --- |
${refused.join("\n")}

## What has no effect on one engine

Named in a warning of the plan.

| Where | Key |
| --- | --- |
${ignored.join("\n")}
`
