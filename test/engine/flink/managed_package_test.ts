import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { managedPackage } from "../../../engine/flink/managed_package.ts";
import { flinkSql } from "../../../engine/flink/translate.ts";
import { SPEC } from "../../helpers/taxi.ts";

t.test("Python reads the archive and compiles what is in it", async (t) => {
  const folder = t.testdir({});
  const sql = flinkSql(SPEC, { parallelism: 4 });
  const jar = Buffer.from("not really a jar");
  writeFileSync(join(folder, "job.zip"), managedPackage(sql, jar));
  const python = (...args: string[]) =>
    execFileSync("python3", args, { cwd: folder, encoding: "utf8" });
  t.match(python("-m", "zipfile", "-t", "job.zip"), /Done testing/);
  python("-m", "zipfile", "-e", "job.zip", "out");
  python("-m", "py_compile", "out/main.py");
  const read = (name: string) => readFileSync(join(folder, "out", name));
  t.ok(read("lib/connectors.jar").equals(jar));
  t.equal(read("statements.sql").toString(), sql.script);
  const job = JSON.parse(read("statements.json").toString());
  t.same(job.definitions, sql.definitions);
  t.equal(job.inserts.length, 2);
  t.notOk("parallelism.default" in job.settings, "the service has its own");
  t.match(JSON.parse(read("application_properties.json").toString()), [
    { PropertyMap: { python: "main.py", jarfile: "lib/connectors.jar" } },
  ]);
});
