/**
 * Makes a thread's role: reading shards, or tallying blocks of files.
 *
 * @module
 */
import { systemClock } from "../engine/clock.ts";
import type { OpenRole } from "./worker_loop.ts";

/** The role that the coordinator asks for; only its code is loaded. */
export const openRole: OpenRole = async ({ start, post, fail, take }) => {
  if (start.reading.type === "file") {
    const { FileRole } = await import("./file/file_role.ts");
    return new FileRole({ start, post, clock: systemClock });
  }
  const { KinesisRole } = await import("./kinesis/kinesis_role.ts");
  const { openHttpTransport } = await import("./kinesis/http_transport.ts");
  return new KinesisRole({
    start,
    reading: start.reading,
    post,
    fail,
    take,
    clock: systemClock,
    random: Math.random,
    openTransport: openHttpTransport,
  });
};
