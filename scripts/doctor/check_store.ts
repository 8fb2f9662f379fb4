/**
 * The checkpoint store: whether objects can be written, read and deleted in
 * it, and whose it is. The checkpoints themselves are not touched.
 *
 * @module
 */
import type { ObjectStore } from "../../engine/checkpoint/object_store.ts";
import { decodeHead } from "../../engine/checkpoint/store_head.ts";
import { type Finding, failed, ok, wrong } from "./finding.ts";

const PROBE = Buffer.from("flagdrop doctor\n");

async function probe(objects: ObjectStore, name: string): Promise<void> {
  try {
    await objects.put(name, PROBE);
    const read = await objects.get(name);
    if (read?.equals(PROBE) !== true) throw new Error("it reads back wrong");
  } finally {
    await objects.remove(name);
  }
}

/**
 * Checks a store.
 *
 * @param open What opens it.
 * @param tag Makes the probe's name unique.
 */
export async function checkStore(
  open: () => Promise<ObjectStore>,
  tag: string,
): Promise<Finding> {
  const check = "checkpoints";
  let objects: ObjectStore | undefined;
  try {
    objects = await open();
    const names = await objects.list();
    const read = await objects.readHead();
    // `.partial`: whatever a doctor that is killed leaves, a run takes away.
    await probe(objects, `doctor-${tag}.partial`);
    const head = read && decodeHead(read.bytes);
    if (read !== undefined && head === undefined && names.length === 0) {
      return wrong(check, `"${objects.name}": its head is damaged`, {
        fix: "name another place, or delete what is in this one",
        code: "FD_STORE",
      });
    }
    const owner = head?.owner;
    const used =
      owner == null
        ? "in use by nobody"
        : `in use, or left behind, by process ${owner.pid} on ${owner.hostname}`;
    const count = head?.checkpoints.length ?? 0;
    return ok(check, `"${objects.name}": ${count} kept, ${used}`);
  } catch (error) {
    return failed(check, error);
  } finally {
    await objects?.close();
  }
}
