/**
 * Subjects whose keys the driver still refuses. Each must really be refused: an entry whose stack we deploy fails, and is to be
 * taken out.
 */
export const awaiting: ReadonlyArray<string> = [
  "network-of-service",
  "guest-of-service-edited",
  "gpus",
  "gpus-all",
  "reserved-devices",
  "block-io-weight",
  "block-io-rates",
  "seccomp-file",
  "api-socket",
  "links",
  "external-links",
  "volumes-from",
  "image-mount",
  "newer-endpoints",
  "configs-inline",
  "config-content-edited",
  "secret-from-variable",
  "hooks",
  "start-hooks",
  "provider",
  "build-secrets",
  "build-contexts",
  "build-cache",
  "build-rights",
]
