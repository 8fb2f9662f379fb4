/**
 * Finds a run's source and makes its input: files or a stream.
 *
 * @module
 */
import type { Logger } from "pino";
import type {
  InputPosition,
  SourceIdentity,
} from "../checkpoint/checkpoint.ts";
import { fileIdentity } from "../checkpoint/source_identity.ts";
import type { WorkerStart } from "../messages.ts";
import type { Source } from "../source.ts";
import { checkFiles } from "./block_reader.ts";
import type { EngineHost } from "./engine_host.ts";
import { FileInput } from "./file_input.ts";
import type { Input } from "./input.ts";
import type { Merger } from "./merger.ts";
import type { WorkerGroup } from "./worker_group.ts";

/** What an input is made of. */
interface InputParts {
  readonly position: InputPosition | undefined;
  readonly workers: WorkerGroup;
  readonly merger: Merger;
  readonly host: EngineHost;
  readonly startedAtMs: number;
  readonly openKeysMax: number;
  readonly windowMs: number;
  readonly fail: (error: unknown) => void;
}

/** A source that is known to be there. */
export interface OpenedSource {
  readonly identity: SourceIdentity;
  readonly reading: WorkerStart["reading"];
  /**
   * Makes sure that everything behind a position is still there.
   *
   * @throws {FlagdropError} When it may not be.
   */
  checkPosition?(position: InputPosition, nowMs: number): void;
  makeInput(parts: InputParts): Input;
}

/** Options for {@linkcode openSource}. */
export interface OpenSourceOptions {
  readonly source: Source;
  readonly log: Logger;
  readonly host: EngineHost;
}

/**
 * Makes sure that a source is there, before anything is started.
 *
 * @throws {FlagdropError} When files can't be read or the stream not reached.
 */
export async function openSource({
  source,
  log,
  host,
}: OpenSourceOptions): Promise<OpenedSource> {
  if (source.type === "files") {
    const { paths } = source;
    await checkFiles(paths);
    return {
      identity: {
        type: "files",
        files: await Promise.all(paths.map(fileIdentity)),
      },
      reading: { type: "file" },
      makeInput: ({ position, ...parts }) =>
        new FileInput({
          ...parts,
          clock: parts.host.clock,
          paths,
          position: position?.type === "files" ? position : undefined,
        }),
    };
  }
  // Imported only now: the AWS SDK costs start-up time.
  const { openKinesisStream } = await import("./open_kinesis_stream.ts");
  const { makeInput, ...opened } = await openKinesisStream({
    source,
    log,
    controlPlane: host.controlPlane,
  });
  return {
    ...opened,
    makeInput: ({ position, ...parts }) =>
      makeInput({
        ...parts,
        position: position?.type === "kinesis" ? position : undefined,
      }),
  };
}
