/**
 * Subjects whose keys the driver still refuses. Each must really be refused: an entry whose stack we deploy fails, and is to be
 * taken out.
 */
export const awaiting: ReadonlyArray<string> = [
  "gpus",
  "gpus-all",
  "reserved-devices",
  "block-io-weight",
  "block-io-rates",
  "seccomp-file",
  "api-socket",
  "image-mount",
  "provider",
  "build-secrets",
  "build-contexts",
  "build-cache",
  "build-rights",
]
