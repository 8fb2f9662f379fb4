/**
 * Goal: the templates are right by cfn-lint and by cdk-nag's AWS Solutions,
 * and create on a CloudFormation emulator. Method: both from PyPI or npm;
 * ministack, twice with other parameters. It records resources, no instance
 * boots, and it knows no pipelines, volumes, single instances and metric math: those are cut
 * out for it, and seen by cfn-lint alone.
 * Not a part of `npm test`: it installs Python packages.
 */
import { join } from "node:path";
import t from "tap";
import { freePort } from "../e2e/flagdrop.ts";
import { pythonPrograms } from "../helpers/python_environment.ts";
import { attempt, ROOT, run } from "./tools.ts";

t.setTimeout(600_000);

const DEPLOY = join(ROOT, "scripts/deploy");

t.test("cdk-nag has no complaint, and the files are current", async (t) => {
  const script = join(DEPLOY, "make_templates.mjs");
  const { code, output } = await attempt("node", [script, "--check"]);
  t.equal(code, 0, output);
});

t.test("cfn-lint finds no error", async (t) => {
  const lint = join(await pythonPrograms(["cfn-lint==1.58.0"]), "cfn-lint");
  const { output } = await attempt(lint, [
    ...["--format", "parseable", "--template"],
    join(DEPLOY, "build.template.json"),
    join(DEPLOY, "infrastructure.template.json"),
    join(DEPLOY, "flink.template.json"),
  ]);
  const lines = output.split("\n").filter((line) => line !== "");
  t.strictSame(
    lines.filter((line) => /:E\d+:/.test(line)),
    [],
  );
  // Defaults that stand for "none" of a subnet and of a domain's ARN.
  t.strictSame(
    lines.filter((line) => !/:W103[02]:/.test(line)),
    [],
  );
});

interface Created {
  readonly status: string;
  readonly reason?: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, string>>;
  readonly failures: readonly string[];
}

t.test("an emulator creates them, but for what it does not know", async (t) => {
  const programs = await pythonPrograms(["ministack==1.5.33", "boto3"]);
  const port = await freePort();
  const text = await run(join(programs, "python"), [
    ...[join(ROOT, "test/deploy/create_stacks.py"), String(port), DEPLOY],
  ]);
  const found = JSON.parse(text.slice(text.indexOf("{"))) as Readonly<
    Record<string, Created>
  > & {
    readonly alarms: readonly string[];
    readonly domains: readonly string[];
    readonly shards: number;
    readonly application: unknown;
  };
  for (const name of [
    ...["all", "least", "build-without-pipeline"],
    ...["flink", "flink-with-sinks"],
  ]) {
    const { status, failures } = found[name] ?? {};
    t.equal(status, "CREATE_COMPLETE", `${name}: ${failures}`);
  }
  // What it doesn't know; if that changes, more can be created here.
  t.match(found["whole"], {
    status: "REFUSED",
    reason: /\[AWS::EC2::Volume\]/,
  });
  t.match(found["build"], {
    status: "REFUSED",
    reason: /\[AWS::CodePipeline::Pipeline\]/,
  });
  t.equal(found.shards, 8);
  t.ok(found.domains.length >= 1);
  t.equal(found.alarms.length, 16, "five of each engine, three of each Flink");
  t.match(found["flink"]?.outputs, {
    StartCommand: /start-application .*--application-name \S+$/,
    PackageCommand:
      /--sink opensearch:.* s3:\/\/packages\/packages\/flink.zip$/,
  });
  t.match(found["flink-with-sinks"]?.outputs, {
    PackageCommand: /--parallelism 32 .*--sink file:s3:\/\/documents\/flink /,
  });
  t.match(found.application, {
    ApplicationStatus: "READY",
    RuntimeEnvironment: "FLINK-1_20",
    CloudWatchLoggingOptionDescriptions: [{ LogStreamARN: /:log-stream:/ }],
    ApplicationConfigurationDescription: {
      FlinkApplicationConfigurationDescription: {
        ParallelismConfigurationDescription: {
          Parallelism: 32,
          ParallelismPerKPU: 4,
        },
      },
    },
  });
  t.match(found["all"]?.outputs, {
    PageCommand: /--target .*all-engine/,
    ReplayCommand: /--speedup 10080/,
  });
  for (const name of ["Vpc", "SearchDomain", "ReplayTemplate", "ReplayRole"]) {
    t.ok(name in (found["all"]?.resources ?? {}), name);
    t.notOk(name in (found["least"]?.resources ?? {}), `no ${name}`);
  }
});
