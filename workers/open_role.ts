/**
 * Makes a thread's role: reading shards, or tallying blocks of files.
 *
 * @module
 */
import { systemClock } from "../engine/clock.ts";
import type { WorkerStart } from "../engine/messages.ts";
import type { OpenRole } from "./worker_loop.ts";

async function loadKinesisRole() {
  const [{ KinesisRole }, { openHttpTransport }] = await Promise.all([
    import("./kinesis/kinesis_role.ts"),
    import("./kinesis/http_transport.ts"),
  ]);
  return { KinesisRole, openHttpTransport };
}

/** Loads a role's code, so that it is there when the role is asked for. */
export async function loadRole(
  reading: WorkerStart["reading"]["type"],
): Promise<void> {
  if (reading === "file") await import("./file/file_role.ts");
  else await loadKinesisRole();
}

/** The role that the coordinator asks for; only its code is loaded. */
export const openRole: OpenRole = async ({ start, post, fail, take }) => {
  if (start.reading.type === "file") {
    const { FileRole } = await import("./file/file_role.ts");
    return new FileRole({ start, post, take, clock: systemClock });
  }
  const { KinesisRole, openHttpTransport } = await loadKinesisRole();
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
