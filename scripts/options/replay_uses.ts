/**
 * When the options of `flagdrop replay` have an effect.
 *
 * @module
 */
import { sourcesOf } from "./replay_inputs.ts";
import type { ReplaySourceOptions } from "./replay_source.ts";
import type { OptionUse } from "./unused_options.ts";

/** What {@linkcode ReplaySourceOptions} make of each other. */
export function replayUses(options: ReplaySourceOptions): OptionUse[] {
  const sources = sourcesOf(options);
  return [
    {
      options: ["seed", "start"],
      isUsed: sources.includes("generator"),
      problem: "with what is read: it is for --source generator, leave it away",
    },
    {
      options: [
        ...["format", "timestampField", "timestampFormat", "timeZone"],
        ...["columns", "zoneTable"],
      ],
      isUsed: sources.some((one) => one !== "generator"),
      problem: "with --source generator: it is for what is read, leave it away",
    },
    {
      options: ["bucketRegion", "s3Endpoint", "signRequest"],
      isUsed: sources.some((one) => one.startsWith("s3:")),
      problem: "without a bucket: give --source s3://BUCKET/PREFIX",
    },
  ];
}
