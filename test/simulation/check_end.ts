/** What must be true once a simulated stream has been read to its end. */
import type { EngineStatus } from "../../engine/status/status.ts";
import { referenceOf } from "./reference.ts";
import { isCorrecting } from "./sim_job.ts";
import type { SimRunState } from "./sim_run.ts";
import type { World } from "./world.ts";

/** Compares everything that the runs left behind with the reference. */
export function checkEnd(
  world: World,
  { index, file, deadLetters }: SimRunState,
  status: EngineStatus | undefined,
): void {
  const expected = referenceOf(world.stream, world.choice);
  if ((status?.talliesLeftOut ?? 0) > 0) {
    // Which windows had fired when a shard woke is a matter of timing.
    world.note("records came after an idle time-out");
    for (const id of index.documents.keys()) {
      if (!expected.documents.has(id)) world.violation(`too many: ${id}`);
    }
    return;
  }
  compareMaps(world, index.documents, expected.documents);
  compareMaps(world, lastLines(file.lines), expected.documents);
  const isOnce = !isCorrecting(world.choice);
  if (isOnce && file.lines.length !== expected.documents.size) {
    world.violation(`the file has ${file.lines.length} lines`);
  }
  const dead = [...deadLetters.lines].sort().join(" ");
  if (dead !== [...expected.dead].sort().join(" ")) {
    world.violation(`dead letters are ${dead}, not ${expected.dead.join(" ")}`);
  }
  if (status === undefined) return;
  if (status.deadLetters !== deadLetters.lines.length) {
    world.violation(`the status tells of ${status.deadLetters} dead letters`);
  }
  compareCounts(world, status, expected.counts);
}

/** The last line of each document: a correction comes after what it corrects. */
function lastLines(lines: readonly string[]): Map<string, string> {
  const byId = (line: string): [string, string] => {
    const { _id } = JSON.parse(line) as { _id: string };
    return [_id, line];
  };
  return new Map(lines.map(byId));
}

function compareMaps(
  world: World,
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): void {
  for (const [id, content] of expected) {
    const other = found.get(id);
    if (other !== content) {
      world.violation(`document is ${other ?? "missing"}, not ${content}`);
    }
  }
  for (const [id, content] of found) {
    if (!expected.has(id)) world.violation(`document too many: ${content}`);
  }
}

function compareCounts(
  world: World,
  { counts }: EngineStatus,
  expected: ReturnType<typeof referenceOf>["counts"],
): void {
  const found = {
    read: counts.read,
    tallied: counts.tallied,
    filtered: counts.filtered["amount_range"] ?? 0,
    duplicates: counts.filtered["duplicate"] ?? 0,
    undeclared:
      (counts.filtered["undeclared_kind"] ?? 0) +
      (counts.filtered["watermark_ignored"] ?? 0),
    watermarks: counts.watermarksTaken,
    dead: counts.dead,
    late: counts.late,
    outOfRange: counts.outOfRange,
  };
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    world.violation(
      `counts are ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`,
    );
  }
}
