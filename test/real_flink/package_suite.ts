/**
 * The archive of `flink package` is run as Managed Service for Apache Flink says
 * that it runs it: unpacked, with the Python file and the jar that its property
 * group names, and Flink's own settings for checkpoints and parallelism. The
 * stream is the local Kinesis'. Not a part of `npm test`, as it installs packages;
 * `.ci/run` calls it.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import {
  FLINK_1_VERSION,
  FLINK_CACHE,
  flinkHome,
} from "../../perf/peers/flink_home.ts";
import { documentsIn } from "../../perf/peers/written_documents.ts";
import { flagdrop, until } from "../e2e/flagdrop.ts";
import { AgedStream } from "./aged_stream.ts";
import { startFlinkCluster } from "./flink_cluster.ts";
import { kinesisConnectorJars } from "./kinesis_connector.ts";
import { chunks, watermarkLine } from "./trip_chunks.ts";
import { sortedDocuments } from "./written_documents.ts";

t.setTimeout(900_000);

const run = promisify(execFile);
const COMMAND_MS_MAX = 240_000;
const WRITTEN_MS_MAX = 60_000;
const SHARDS = 2;
const CHUNKS = chunks(20);

/** What PyFlink's Table API imports; its other packages are for functions. */
const PYTHON_PACKAGES = [
  "py4j==0.10.9.7",
  "cloudpickle==2.2.1",
  "ruamel.yaml==0.18.16",
];

/** A folder with PyFlink's own needs. */
async function pythonPackages(): Promise<string> {
  const folder = join(FLINK_CACHE, "python");
  if (!existsSync(folder)) {
    await run(
      "python3",
      [
        ...["-m", "pip", "install", "--quiet", "--no-deps"],
        ...["--target", folder, ...PYTHON_PACKAGES],
      ],
      { timeout: COMMAND_MS_MAX },
    );
  }
  return folder;
}

/** The properties by which the service is told what of the archive to run. */
function runOptions(folder: string): { python: string; jarfile: string } {
  const [group] = JSON.parse(
    readFileSync(join(folder, "application_properties.json"), "utf8"),
  ) as { PropertyMap: { python: string; jarfile: string } }[];
  if (group === undefined) throw new Error("the archive has no properties");
  return group.PropertyMap;
}

t.test("the archive runs in Flink and writes the same documents", async (t) => {
  const home = await flinkHome(FLINK_1_VERSION);
  const [connector = "", ...libraries] = await kinesisConnectorJars(home);
  const cluster = await startFlinkCluster(t, {
    version: FLINK_1_VERSION,
    jars: libraries,
  });
  const inFolder = (name: string) => join(cluster.folder, name);
  const stream = await AgedStream.start(t, "packed", SHARDS);
  for (const { trips, watermark } of CHUNKS) {
    const lines = Array.from({ length: SHARDS }, (_, shard) => [
      ...trips.filter((_, i) => i % SHARDS === shard),
      watermark,
    ]);
    await stream.put(0, lines);
  }
  const last = watermarkLine(CHUNKS, 60 * 60_000);
  await stream.put(0, new Array<string[]>(SHARDS).fill([last]));
  const ours = await flagdrop(
    [
      ...["run", ...stream.options, "--until-end", "--workers", "2"],
      ...["--sink", `ndjson:${inFolder("ours.ndjson")}`],
    ],
    { cwd: cluster.folder, timeoutMs: COMMAND_MS_MAX },
  );
  t.equal(ours.code, 0, ours.stderr);
  const packed = await flagdrop(
    [
      ...["flink", "package", inFolder("job.zip"), ...stream.options],
      ...["--connector", "kinesis-legacy", "--from", "earliest"],
      ...["--jar", connector, "--sink", `file:${inFolder("theirs")}`],
    ],
    { cwd: cluster.folder, timeoutMs: COMMAND_MS_MAX },
  );
  t.equal(packed.code, 0, packed.stderr);
  const folder = inFolder("unpacked");
  await run("python3", ["-m", "zipfile", "-e", inFolder("job.zip"), folder]);
  const { python, jarfile } = runOptions(folder);
  await run(
    join(home, "bin", "flink"),
    [
      ...["run", "--detached", "-t", "remote"],
      ...["-D", "execution.checkpointing.interval=1s"],
      ...["-D", `parallelism.default=${SHARDS}`],
      ...["--pyExecutable", "python3", "--pyClientExecutable", "python3"],
      ...["--python", join(folder, python)],
      ...["--jarfile", join(folder, jarfile)],
    ],
    {
      timeout: COMMAND_MS_MAX,
      env: {
        PATH: process.env["PATH"],
        HOME: cluster.folder,
        FLINK_CONF_DIR: inFolder("conf"),
        FLINK_LOG_DIR: inFolder("log"),
        PYTHONPATH: `${join(home, "..")}:${await pythonPackages()}`,
        AWS_ACCESS_KEY_ID: "none",
        AWS_SECRET_ACCESS_KEY: "none",
      },
    },
  );
  const whole = documentsIn(inFolder("ours.ndjson"));
  t.ok(whole.size > 300, `${whole.size} documents`);
  await until(
    "Flink has written",
    () => documentsIn(inFolder("theirs")).size >= whole.size,
    WRITTEN_MS_MAX,
  );
  t.strictSame(
    sortedDocuments(inFolder("theirs")),
    sortedDocuments(inFolder("ours.ndjson")),
  );
});
