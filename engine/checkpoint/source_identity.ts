/**
 * Whether a checkpoint belongs to the source of this run.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { FlagdropError } from "../errors.ts";
import type { Checkpoint, FileIdentity, SourceIdentity } from "./checkpoint.ts";
import { FILE_HEAD_BYTES } from "./limits.ts";

/** Size and first bytes of a file. */
export async function fileIdentity(path: string): Promise<FileIdentity> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, FILE_HEAD_BYTES));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const hash = createHash("sha256").update(head.subarray(0, bytesRead));
    return { path, sizeBytes: size, head: hash.digest("hex") };
  } finally {
    await file.close();
  }
}

function sourceText(source: SourceIdentity): string {
  return source.type === "kinesis"
    ? `stream ${source.streamArn}, made ${new Date(source.creationTimeMs).toISOString()}`
    : source.files
        .map(({ path, sizeBytes }) => `${path} (${sizeBytes} bytes)`)
        .join(", ");
}

/**
 * Makes sure that a checkpoint is of this job and source.
 *
 * @throws {FlagdropError} `FD_STORE` when it is not; one line that names both.
 */
export function checkBelongs(
  checkpoint: Checkpoint,
  storeName: string,
  run: { readonly jobHash: string; readonly source: SourceIdentity },
): void {
  const refuse = (what: string) =>
    new FlagdropError(
      "FD_STORE",
      `Cannot go on from the checkpoint in "${storeName}" as it is of ${what}`,
      { domain: "user" },
    );
  if (JSON.stringify(checkpoint.source) !== JSON.stringify(run.source)) {
    throw refuse(
      `another source (${sourceText(checkpoint.source)}, not ${sourceText(run.source)}): give another --checkpoint`,
    );
  }
  if (checkpoint.jobHash !== run.jobHash) {
    throw refuse(
      `another job ("${checkpoint.jobName}" ${checkpoint.jobHash.slice(0, 12)}, not ${run.jobHash.slice(0, 12)}): give another --checkpoint, or --on-job-change adapt`,
    );
  }
}
