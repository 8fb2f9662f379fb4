/**
 * What lies in a checkpoint store, for a user who looks at it: nothing is
 * owned and nothing is changed.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { decodeCheckpoint } from "./checkpoint_codec.ts";
import type { LeaseOwner } from "./lease_owner.ts";
import type { ObjectStore } from "./object_store.ts";
import {
  decodeHead,
  headFromNames,
  numberOf,
  savepointName,
} from "./store_head.ts";

/** One checkpoint or savepoint. */
export interface CatalogEntry {
  /** As commands and `--from checkpoint:NAME` take it. */
  readonly name: string;
  readonly kind: "checkpoint" | "savepoint";
  readonly object: string;
  readonly bytes: number;
  /** Undefined when it is damaged. */
  readonly checkpoint: Checkpoint | undefined;
  /** What is wrong with it; empty when nothing is. */
  readonly problem: string;
}

/** A store's content. */
export interface Catalog {
  /** Who owns the store; null when nobody does. */
  readonly owner: LeaseOwner | null;
  /** Checkpoints, newest first, then savepoints by name. */
  readonly entries: readonly CatalogEntry[];
}

async function entryOf(
  objects: ObjectStore,
  object: string,
): Promise<CatalogEntry> {
  const savepoint = savepointName(object);
  const base = {
    name: savepoint ?? String(numberOf(object)),
    kind: savepoint === undefined ? "checkpoint" : "savepoint",
    object,
  } as const;
  const bytes = await objects.get(object);
  if (bytes === undefined) {
    return { ...base, bytes: 0, checkpoint: undefined, problem: "missing" };
  }
  try {
    const checkpoint = decodeCheckpoint(bytes, object);
    return { ...base, bytes: bytes.length, checkpoint, problem: "" };
  } catch (error) {
    return {
      ...base,
      bytes: bytes.length,
      checkpoint: undefined,
      problem: errorLine(error),
    };
  }
}

/**
 * Reads everything.
 *
 * @throws {FlagdropError} `FD_STORE` when the store can't be read.
 */
export async function readCatalog(objects: ObjectStore): Promise<Catalog> {
  const read = await objects.readHead();
  const names = await objects.list();
  const head = (read && decodeHead(read.bytes)) ?? headFromNames(names);
  const savepoints = names.filter((name) => savepointName(name) !== undefined);
  const entries: CatalogEntry[] = [];
  for (const object of [...head.checkpoints, ...savepoints.sort()]) {
    entries.push(await entryOf(objects, object));
  }
  return { owner: head.owner, entries };
}

/**
 * Finds one by its name, its number or its object's name.
 *
 * @throws {FlagdropError} `FD_OPTION` when there is none, naming all.
 */
export function findEntry(
  { entries }: Catalog,
  name: string,
  storeName: string,
): CatalogEntry {
  const found = entries.find((one) => one.name === name || one.object === name);
  if (found !== undefined) return found;
  const names = entries.map((one) => one.name).join(", ");
  throw new FlagdropError(
    "FD_OPTION",
    `Cannot find checkpoint "${name}" in "${storeName}": ${names === "" ? "it has none" : `it has ${names}`}`,
    { domain: "user" },
  );
}
