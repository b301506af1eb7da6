/**
 * Where what we do is not what Docker Compose 5.5.0 does, on purpose. The suite fails at a difference that is not listed, and
 * at an entry that no longer happens.
 */

export interface Divergence {
  readonly subject: string
  /** Beginnings of paths, as the suite prints them; each must occur. `$` stands for the project. */
  readonly paths: ReadonlyArray<string>
  /** Why ours is better. */
  readonly reason: string
}

const completed = "A service whose completion is waited for has done its work: `up` does not run a migration again."

const content =
  "Compose's hash covers the name of a config and not what it stands for: the container goes on with the old content."
const bridged =
  "A replacement runs under its temporary name until it is well, so that the old one can come back; the engine notes names of a running container that is renamed. On the default bridge they are not resolved."

export const divergences: ReadonlyArray<Divergence> = [
  { subject: "one-shot", paths: ["other", "fates.containers.$-migrate-1"], reason: completed },
  { subject: "one-shot-edited", paths: ["other"], reason: completed },
  { subject: "volume-options", paths: ["other", "fates.containers.$-prepare-1"], reason: completed },
  {
    subject: "no-deps",
    paths: ["edited.containers.$-web-1.Config.Labels.com.docker.compose.depends_on"],
    reason:
      "Compose forgets the dependencies of what it deploys without them; `stop` and `down`, which work from labels, would lose the order.",
  },
  {
    subject: "network-relabelled",
    paths: ["edited.containers.$-app-1", "fates.containers.$-app-1"],
    reason:
      "Compose connects the containers to the network made anew without their aliases: their services are no longer found by name.",
  },
  {
    subject: "network-renamed",
    paths: ["outcomes.edited", "edited.containers.$-app-1", "edited.networks.$-two", "fates.containers.$-app-1"],
    reason:
      "Compose removes the network that its container is to be started with, and fails; ours replaces the container.",
  },
  {
    subject: "configs-from-files",
    paths: ["edited.containers.$-other-1", "edited.probes.other", "fates.containers.$-other-1"],
    reason: content,
  },
  {
    subject: "config-content-edited",
    paths: ["edited.containers.$-app-1", "edited.probes.app", "fates.containers.$-app-1"],
    reason: content,
  },
  {
    subject: "network-modes",
    paths: ["edited.containers.$-none-1.NetworkSettings.Networks.bridge.DNSNames"],
    reason: bridged,
  },
  {
    subject: "external-links",
    paths: ["edited.containers.$-app-1.NetworkSettings.Networks.bridge.DNSNames"],
    reason: bridged,
  },
  {
    subject: "volumes-from",
    paths: [
      "first.containers.$-app-1.HostConfig.VolumesFrom",
      "first.containers.$-app-1.Mounts",
      "edited.containers.$-app-1.HostConfig.VolumesFrom",
      "edited.containers.$-app-1.Mounts",
    ],
    reason: "Compose loses the `:ro` of volumes_from when it resolves the service, and mounts the volumes writable.",
  },
  {
    subject: "hooks",
    paths: ["edited.probes.app"],
    reason:
      "Compose runs pre_stop in `stop`, `restart` and `down`, and not when `up` replaces the container, which is when most containers stop.",
  },
]
