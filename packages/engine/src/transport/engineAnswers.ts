/**
 * What we read of the Docker Engine's answers. Only the keys we use are named and others are let pass: answers grow with every
 * engine version. Go prints empty maps and lists as null.
 */
import { Schema } from "effect"

const Str = Schema.String
const opt = Schema.optionalKey
const nullable = <S extends Schema.Top>(schema: S) => opt(Schema.NullOr(schema))
const Labels = nullable(Schema.Record(Str, Str))

export const EngineMount = Schema.Struct({
  Type: opt(Str),
  Name: opt(Str),
  Source: opt(Str),
  Destination: opt(Str),
  RW: opt(Schema.Boolean),
})

export const EnginePort = Schema.Struct({
  IP: opt(Str),
  PrivatePort: Schema.Int,
  PublicPort: opt(Schema.Int),
  Type: Str,
})

/** A row of `GET /containers/json`. */
export const ContainerSummary = Schema.Struct({
  Id: Str,
  Names: nullable(Schema.Array(Str)),
  Image: Str,
  ImageID: Str,
  Command: opt(Str),
  Created: Schema.Int,
  Labels,
  State: Str,
  Status: Str,
  Ports: nullable(Schema.Array(EnginePort)),
  Mounts: nullable(Schema.Array(EngineMount)),
  HostConfig: nullable(Schema.Struct({ NetworkMode: opt(Str) })),
  NetworkSettings: nullable(
    Schema.Struct({
      Networks: nullable(
        Schema.Record(
          Str,
          Schema.NullOr(Schema.Struct({ NetworkID: opt(Str), IPAddress: opt(Str), GlobalIPv6Address: opt(Str) })),
        ),
      ),
    }),
  ),
})
export type ContainerSummary = typeof ContainerSummary.Type

export const ContainerDetails = Schema.Struct({
  Id: Str,
  Name: Str,
  Image: Str,
  State: Schema.Struct({
    Status: Str,
    Running: Schema.Boolean,
    StartedAt: opt(Str),
    Restarting: opt(Schema.Boolean),
    ExitCode: Schema.Int,
    OOMKilled: opt(Schema.Boolean),
    Error: opt(Str),
    Health: nullable(
      Schema.Struct({
        Status: Str,
        Log: nullable(Schema.Array(Schema.Struct({ ExitCode: Schema.Int, Output: opt(Str), Start: opt(Str) }))),
      }),
    ),
  }),
  RestartCount: opt(Schema.Int),
  Config: Schema.Struct({ Labels }),
})
export type ContainerDetails = typeof ContainerDetails.Type

export const NetworkSummary = Schema.Struct({ Id: Str, Name: Str, Driver: opt(Str), Labels })
export type NetworkSummary = typeof NetworkSummary.Type

export const VolumeSummary = Schema.Struct({ Name: Str, Driver: opt(Str), Labels })
export type VolumeSummary = typeof VolumeSummary.Type
export const VolumeList = Schema.Struct({ Volumes: nullable(Schema.Array(VolumeSummary)) })

export const ImageSummary = Schema.Struct({
  Id: Str,
  RepoTags: nullable(Schema.Array(Str)),
  RepoDigests: nullable(Schema.Array(Str)),
})
export type ImageSummary = typeof ImageSummary.Type
export const ImageDetails = Schema.Struct({
  Id: Str,
  Created: nullable(Str),
  Os: opt(Str),
  Architecture: opt(Str),
  Variant: opt(Str),
  Size: opt(Schema.Finite),
  /** Digests of the layers' contents, the lowest first. */
  RootFS: opt(Schema.Struct({ Layers: nullable(Schema.Array(Str)) })),
  Metadata: nullable(Schema.Struct({ LastTagTime: opt(Str) })),
  Config: nullable(
    Schema.Struct({
      Healthcheck: nullable(Schema.Struct({ Test: nullable(Schema.Array(Str)) })),
      Volumes: nullable(Schema.Record(Str, Schema.Unknown)),
    }),
  ),
})
export type ImageDetails = typeof ImageDetails.Type

/** Of `GET /info`, what a report on a target shows. */
export const EngineInfo = Schema.Struct({
  ServerVersion: Str,
  DockerRootDir: Str,
  OperatingSystem: opt(Str),
  KernelVersion: opt(Str),
  Architecture: opt(Str),
  NCPU: opt(Schema.Int),
  MemTotal: opt(Schema.Finite),
})
export type EngineInfo = typeof EngineInfo.Type

/** Of `GET /version`: `linux`, `amd64`. */
export const EnginePlatform = Schema.Struct({ Os: Str, Arch: Str })
export const Distribution = Schema.Struct({ Descriptor: Schema.Struct({ digest: Str }) })
export const Created = Schema.Struct({ Id: Str, Warnings: nullable(Schema.Array(Str)) })
export const ExecDetails = Schema.Struct({ Running: Schema.Boolean, ExitCode: Schema.NullOr(Schema.Int) })

export const ContainerTop = Schema.Struct({
  Titles: nullable(Schema.Array(Str)),
  Processes: nullable(Schema.Array(Schema.Array(Str))),
})
/** `Error` is set when the engine could not wait to the end. */
export const ContainerWait = Schema.Struct({
  StatusCode: Schema.Int,
  Error: nullable(Schema.Struct({ Message: opt(Str) })),
})

/** A line of a pull or build. */
export const ProgressLine = Schema.Struct({
  stream: opt(Str),
  status: opt(Str),
  id: opt(Str),
  progressDetail: nullable(Schema.Struct({ current: opt(Schema.Finite), total: opt(Schema.Finite) })),
  error: opt(Str),
  errorDetail: nullable(Schema.Struct({ code: opt(Schema.Int), message: opt(Str) })),
  aux: opt(Schema.Unknown),
})
export type ProgressLine = typeof ProgressLine.Type

export const EngineEvent = Schema.Struct({
  Type: opt(Str),
  Action: Str,
  Actor: opt(Schema.Struct({ ID: opt(Str), Attributes: Labels })),
  timeNano: opt(Schema.Finite),
})
export type EngineEvent = typeof EngineEvent.Type
