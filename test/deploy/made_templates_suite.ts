/**
 * Goal: the committed templates are what the CDK app makes, need nothing of
 * CDK to be deployed, and have what must never be lost in them. Method: the
 * app is run; the files are read.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { RUN_OPTIONS } from "../../engine/flink/managed_package.ts";
import { makeTemplates } from "../../scripts/deploy/app.ts";
import { DEPLOY, ofType, readTemplate } from "../scripts/deploy/template.ts";

const build = readTemplate("build");
const infrastructure = readTemplate("infrastructure");
const flink = readTemplate("flink");

t.test("the committed files are current", async (t) => {
  const made = makeTemplates({ outdir: t.testdir(), isChecked: false });
  t.strictSame(made.map(({ file }) => file).sort(), [
    "build.template.json",
    "flink.template.json",
    "infrastructure.template.json",
  ]);
  for (const { file, text } of made) {
    const isCurrent = readFileSync(join(DEPLOY, file), "utf8") === text;
    t.ok(isCurrent, `${file}: else run npm run templates`);
  }
});

t.test("nothing of CDK is needed, and the console takes them", async (t) => {
  for (const template of [build, infrastructure, flink]) {
    const text = JSON.stringify(template, undefined, 1);
    t.notMatch(text, /cdk-|BootstrapVersion|Custom::/);
    t.ok(text.length < 51_200, "what a request may hold");
    for (const [name, { Description }] of Object.entries(template.Parameters)) {
      t.ok(Description.length > 10, name);
    }
  }
});

t.test("what holds data is encrypted, and kept where it must be", async (t) => {
  const buckets = [build, infrastructure, flink].flatMap((one) =>
    ofType(one, "AWS::S3::Bucket"),
  );
  t.equal(buckets.length, 2);
  for (const [name, { Properties, DeletionPolicy }] of buckets) {
    t.match(
      Properties,
      {
        VersioningConfiguration: { Status: "Enabled" },
        BucketEncryption: Object,
        LifecycleConfiguration: Object,
        PublicAccessBlockConfiguration: { RestrictPublicBuckets: true },
      },
      name,
    );
    t.equal(DeletionPolicy, "Retain");
  }
  t.match(infrastructure.Resources["StateVolume"], {
    DeletionPolicy: "Retain",
    Properties: { Encrypted: true },
  });
  t.match(infrastructure.Resources["Stream"]?.Properties, {
    StreamEncryption: { EncryptionType: "KMS" },
  });
  t.match(infrastructure.Resources["SearchDomain"]?.Properties, {
    EncryptionAtRestOptions: { Enabled: true },
    NodeToNodeEncryptionOptions: { Enabled: true },
    DomainEndpointOptions: { EnforceHTTPS: true },
  });
});

t.test("nothing comes in, and metadata wants a token", async (t) => {
  const groups = ofType(infrastructure, "AWS::EC2::SecurityGroup");
  t.equal(groups.length, 1);
  for (const [, { Properties }] of groups) {
    t.notOk("SecurityGroupIngress" in Properties);
    t.match(Properties["SecurityGroupEgress"], [
      { FromPort: 443, ToPort: 443 },
    ]);
  }
  t.equal(ofType(infrastructure, "AWS::EC2::SecurityGroupIngress").length, 0);
  const launched = ofType(infrastructure, "AWS::EC2::LaunchTemplate");
  t.equal(launched.length, 2);
  for (const [, { Properties }] of launched) {
    t.match(Properties["LaunchTemplateData"], {
      MetadataOptions: { HttpTokens: "required" },
      BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
    });
    t.notMatch(JSON.stringify(Properties), /KeyName/, "no SSH");
  }
});

t.test("one engine, made anew, with time to stop", async (t) => {
  t.match(infrastructure.Resources["EngineGroup"], {
    Properties: {
      MinSize: "1",
      MaxSize: "1",
      LifecycleHookSpecificationList: [
        {
          LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
          HeartbeatTimeout: 120,
          DefaultResult: "CONTINUE",
        },
      ],
    },
    UpdatePolicy: {
      AutoScalingRollingUpdate: { MinInstancesInService: 0 },
    },
  });
  const unit = readFileSync(join(DEPLOY, "service/flagdrop.service"), "utf8");
  const seconds = Number(/TimeoutStopSec=(\d+)/.exec(unit)?.[1]);
  t.ok(seconds < 120 - 20, "the unit stops within the notice");
});

t.test("alarms look at metrics that there are", async (t) => {
  const alarms = ofType(infrastructure, "AWS::CloudWatch::Alarm");
  const names = alarms.map(([name]) => name).sort();
  t.strictSame(names, [
    "CheckpointAlarm",
    "DeadLettersAlarm",
    "IteratorAgeAlarm",
    "LagAlarm",
    "RestartsAlarm",
    "WatermarkAlarm",
  ]);
  const source = readFileSync(join(DEPLOY, "../service/emf_lines.ts"), "utf8");
  const dashboard = JSON.stringify(infrastructure.Resources["Dashboard"]);
  const shown = [...dashboard.matchAll(/\\"Flagdrop\\",\\"(\w+)\\"/g)].map(
    ([, name]) => name ?? "",
  );
  t.ok(shown.length > 15);
  const ours = alarms
    .filter(([, { Properties }]) => Properties["Namespace"] === "Flagdrop")
    .map(([, { Properties }]) => String(Properties["MetricName"]));
  t.equal(ours.length, 5);
  for (const name of [...ours, ...shown]) {
    t.match(source, new RegExp(`(\\b${name}: |"${name}")`), name);
  }
});

t.test("the Flink application runs what the package holds", async (t) => {
  t.match(flink.Resources["Application"]?.Properties, {
    ServiceExecutionRole: { "Fn::GetAtt": ["FlinkRole", "Arn"] },
    ApplicationConfiguration: {
      ApplicationCodeConfiguration: { CodeContentType: "ZIPFILE" },
      EnvironmentProperties: {
        PropertyGroups: [
          {
            PropertyGroupId: RUN_OPTIONS.group,
            PropertyMap: RUN_OPTIONS.properties,
          },
        ],
      },
      FlinkApplicationConfiguration: {
        CheckpointConfiguration: {
          ConfigurationType: "CUSTOM",
          CheckpointingEnabled: true,
          CheckpointInterval: { Ref: "CheckpointIntervalMs" },
        },
        ParallelismConfiguration: {
          ConfigurationType: "CUSTOM",
          AutoScalingEnabled: false,
          Parallelism: { Ref: "Parallelism" },
          ParallelismPerKPU: { Ref: "ParallelismPerKpu" },
        },
      },
      ApplicationSnapshotConfiguration: { SnapshotsEnabled: true },
    },
  });
  t.match(flink.Resources["Logs"]?.Properties, { RetentionInDays: Number });
  t.match(flink.Resources["LoggingOption"]?.Properties, {
    ApplicationName: { Ref: "Application" },
  });
});

/** What the service says it measures, each with its dimensions. */
const FLINK_METRICS: Readonly<Record<string, string>> = {
  millisBehindLatest: "Id,Application,Flow",
  uptime: "Application",
  numberOfFailedCheckpoints: "Application",
  fullRestarts: "Application",
  "GetRecords.IteratorAgeMilliseconds": "StreamName",
};

interface Metric {
  readonly MetricName?: string | { readonly "Fn::If": readonly string[] };
  readonly Dimensions?: readonly { readonly Name: string }[];
}

interface AlarmProperties extends Metric {
  readonly Metrics?: readonly { MetricStat?: { readonly Metric: Metric } }[];
}

t.test("alarms of Flink look at metrics that there are", async (t) => {
  const alarms = ofType(flink, "AWS::CloudWatch::Alarm");
  const seen = alarms.map(([, { Properties }]) => {
    const alarm = Properties as AlarmProperties;
    const inMath = alarm.Metrics?.find(({ MetricStat }) => MetricStat);
    const metric = inMath?.MetricStat?.Metric ?? alarm;
    const { MetricName: named = "", Dimensions = [] } = metric;
    const name = typeof named === "string" ? named : named["Fn::If"][1];
    return [name, Dimensions.map(({ Name }) => Name).join()];
  });
  t.strictSame(Object.fromEntries(seen), FLINK_METRICS);
  t.equal(alarms.length, 5);
  for (const [name, { Properties }] of alarms) {
    t.match(Properties, { AlarmActions: [{ Ref: "AlarmTopic" }] }, name);
  }
});
