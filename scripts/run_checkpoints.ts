/**
 * What `flagdrop checkpoints` does once its options are read.
 *
 * @module
 */
import type { LeaseOwner } from "../engine/checkpoint/lease_owner.ts";
import type { ObjectStore } from "../engine/checkpoint/object_store.ts";
import {
  openCheckpointStore,
  openObjects,
} from "../engine/checkpoint/open_store.ts";
import {
  type Catalog,
  type CatalogEntry,
  findEntry,
  readCatalog,
} from "../engine/checkpoint/store_catalog.ts";
import { machineHost } from "../engine/coordinator/engine_host.ts";
import { FlagdropError } from "../engine/errors.ts";
import type { FlushedTallies } from "../engine/messages.ts";
import type { CheckpointsRequest } from "./commands/checkpoints.ts";
import { s3ConnectionFrom } from "./options/connection.ts";

const TITLES = ["NAME", "KIND", "TAKEN", "READ", "OPEN KEYS", "SIZE", "STATE"];

const KIB = 1024;

function sizeText(bytes: number): string {
  const kib = bytes / KIB;
  return kib < KIB ? `${kib.toFixed(1)} KiB` : `${(kib / KIB).toFixed(1)} MiB`;
}

function keyCount({ sections }: FlushedTallies): number {
  return sections.reduce((sum, { rowCount }) => sum + rowCount, 0);
}

/** One entry as data; columns of tallies are left out. */
function summaryOf(entry: CatalogEntry) {
  const { name, kind, object, bytes, checkpoint, problem } = entry;
  if (checkpoint === undefined) return { name, kind, object, bytes, problem };
  const { merger, input, ...rest } = checkpoint;
  const { windows, sinks, ...state } = merger;
  return {
    name,
    kind,
    object,
    bytes,
    ...rest,
    ...state,
    openWindows: windows.sections.length,
    openKeys: keyCount(windows),
    sinks: sinks.map(({ pending, ...sink }) => ({
      ...sink,
      pendingDocuments: keyCount(pending),
    })),
    input,
  };
}

function row(entry: CatalogEntry): string[] {
  const { name, kind, bytes, checkpoint } = entry;
  const size = sizeText(bytes);
  if (checkpoint === undefined) {
    return [name, kind, "-", "-", "-", size, "damaged"];
  }
  const { takenAtMs, merger, finished } = checkpoint;
  return [
    name,
    kind,
    new Date(takenAtMs).toISOString(),
    merger.counts.read.toLocaleString("en-US"),
    keyCount(merger.windows).toLocaleString("en-US"),
    size,
    finished ? "finished" : "open",
  ];
}

/** Rows as columns, all but the last padded. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = TITLES.map((_, i) =>
    Math.max(...rows.map((cells) => cells[i]?.length ?? 0)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function ownerLine(owner: LeaseOwner | null): string {
  return owner === null
    ? "in use by nobody"
    : `in use, or left behind, by process ${owner.pid} on ${owner.hostname}`;
}

function list({ place, options, context }: CheckpointsRequest, found: Catalog) {
  const { owner, entries } = found;
  const text = options.json
    ? JSON.stringify(
        { store: place, owner, checkpoints: entries.map(summaryOf) },
        undefined,
        2,
      )
    : entries.length === 0
      ? `no checkpoints in "${place}"`
      : `${table([TITLES, ...entries.map(row)])}\n${ownerLine(owner)}`;
  context.stdout.write(`${text}\n`);
}

/** `name: value` for each field; what is nested goes on one line. */
function show({ options, context }: CheckpointsRequest, entry: CatalogEntry) {
  const summary = summaryOf(entry);
  const lines = Object.entries(summary).map(([name, value]) => {
    if (name.endsWith("AtMs")) {
      return `${name}: ${new Date(Number(value)).toISOString()}`;
    }
    return `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`;
  });
  const text = options.json
    ? JSON.stringify(summary, undefined, 2)
    : lines.join("\n");
  context.stdout.write(`${text}\n`);
}

async function remove(
  { place, options, context }: CheckpointsRequest,
  objects: ObjectStore,
  entry: CatalogEntry,
): Promise<void> {
  if (entry.kind === "savepoint") {
    await objects.remove(entry.object);
  } else {
    // The newest one decides where a run goes on: it must not be running.
    const { clock, random } = machineHost;
    const { log, signal } = context;
    const s3 = () => s3ConnectionFrom(options);
    const surroundings = { clock, random, log, signal, s3 };
    const store = await openCheckpointStore(place, surroundings);
    try {
      await store.forget(entry.object);
    } finally {
      await store.close();
    }
  }
  context.stdout.write(`deleted ${entry.kind} ${entry.name}\n`);
}

/**
 * Lists, shows or deletes.
 *
 * @throws {FlagdropError} When the store or the checkpoint can't be used.
 */
export async function runCheckpoints(
  request: CheckpointsRequest,
): Promise<void> {
  const { action, place, name, options } = request;
  if ((name === undefined) !== (action === "list")) {
    throw new FlagdropError(
      "FD_OPTION",
      action === "list"
        ? `Cannot list "${name}" alone: use show`
        : `Cannot ${action} without a name: give one that list shows`,
      { domain: "user" },
    );
  }
  const objects = await openObjects(place, () => s3ConnectionFrom(options));
  try {
    const catalog = await readCatalog(objects);
    if (name === undefined) {
      list(request, catalog);
      return;
    }
    const entry = findEntry(catalog, name, place);
    if (action === "show") show(request, entry);
    else await remove(request, objects, entry);
  } finally {
    await objects.close();
  }
}
