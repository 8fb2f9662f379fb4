/**
 * Goal: each role may do what its instance was seen to do, and nothing else,
 * on its own stack's things alone. Method: the template's policies, resolved
 * with made-up values, against `recorded_calls.json`; `calls_suite.ts` records
 * the calls of engine, doctor and replay anew and compares them with the file.
 * What Flink calls was not recorded, but read: `expected_calls.json`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DEPLOY, readTemplate, type Template } from "./template.ts";

type Json = string | readonly Json[] | { readonly [name: string]: Json };

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: Json;
  readonly Condition?: Json;
}

type Calls = Readonly<Record<string, readonly string[]>>;

function callsOf(file: string): Calls {
  return JSON.parse(readFileSync(join(DEPLOY, file), "utf8")) as Calls;
}

const CALLS: Calls = {
  ...callsOf("infrastructure/recorded_calls.json"),
  ...callsOf("flink/expected_calls.json"),
};

/** What parameters and resources are taken to be. */
const VALUES: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws",
  "AWS::Region": "eu-west-1",
  "AWS::AccountId": "111122223333",
  "AWS::StackName": "taxi",
  "Stream.Arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/taxi",
  "SearchDomain.Arn": "arn:aws:es:eu-west-1:111122223333:domain/taxi",
  "CheckpointBucket.Arn": "arn:aws:s3:::taxi-checkpoints",
  "ArtifactBucket.Arn": "arn:aws:s3:::taxi-artifacts",
  "BuildProject.Arn": "arn:aws:codebuild:eu-west-1:111122223333:project/taxi",
  StateVolume: "vol-0123",
  BuildLogs: "build-logs",
  ConsumerName: "flagdrop",
  ReplayBucket: "trips",
  ReplayPrefix: "2016/",
  PackageBucket: "taxi-artifacts",
  PackageKey: "packages/flagdrop-arm64.tar.gz",
  OpenSearchArn: "arn:aws:es:eu-west-1:111122223333:domain/theirs",
  StreamArn: "arn:aws:kinesis:eu-west-1:111122223333:stream/taxi",
  OutputBucket: "taxi-documents",
  OutputPrefix: "flink/taxi",
  Logs: "flink-logs",
  LogStream: "flink-stream",
  ConnectionArn:
    "arn:aws:codeconnections:eu-west-1:111122223333:connection/abc",
};

function sampleOf(name: string): string {
  const value = VALUES[name];
  if (value === undefined) throw new Error(`no value for ${name}`);
  return value;
}

/** An intrinsic function's value; conditions hold, so all there may be is. */
function resolved(json: Json): string {
  if (typeof json === "string") return json;
  if (Array.isArray(json)) throw new Error("a list where a text should be");
  const [[name, value] = ["", ""]] = Object.entries(json);
  const parts = value as readonly Json[];
  switch (name) {
    case "Ref":
      return sampleOf(value as string);
    case "Fn::GetAtt":
      return sampleOf(parts.join("."));
    case "Fn::Join":
      return (parts[1] as readonly Json[])
        .map(resolved)
        .join(parts[0] as string);
    case "Fn::Sub":
      return (value as string).replaceAll(/\$\{([^}]+)\}/g, (_, one: string) =>
        sampleOf(one),
      );
    default:
      throw new Error(`what is ${name}?`);
  }
}

function statementsOf(template: Template, role: string): Statement[] {
  const { Policies } = (template.Resources[role]?.Properties ?? {}) as {
    Policies: { PolicyDocument: { Statement: Json[] } }[];
  };
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).map(
    (statement) => {
      const given = (statement as Record<string, Json[]>)["Fn::If"];
      return (given === undefined
        ? statement
        : given[1]) as unknown as Statement;
    },
  );
}

/** Whether a policy's pattern takes a resource. */
function takes(pattern: string, resource: string): boolean {
  const text = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*");
  return new RegExp(`^${text}$`).test(resource);
}

function isAllowed(
  statements: readonly Statement[],
  action: string,
  resource: string,
): boolean {
  return statements.some(
    (one) =>
      [one.Action].flat().includes(action) &&
      [one.Resource]
        .flat()
        .some((pattern) => takes(resolved(pattern as Json), resource)),
  );
}

const infrastructure = readTemplate("infrastructure");
const build = readTemplate("build");
const flink = readTemplate("flink");

const ROLES = [
  {
    template: infrastructure,
    role: "EngineRole",
    lists: ["engine", "engineInstance", "sessions"],
  },
  {
    template: infrastructure,
    role: "ReplayRole",
    lists: ["replay", "replaySource", "replayInstance", "sessions"],
  },
  { template: build, role: "BuildRole", lists: ["build"] },
  { template: build, role: "PipelineRole", lists: ["pipeline"] },
  {
    template: flink,
    role: "FlinkRole",
    lists: ["flinkSource", "flinkService", "flinkFiles", "flinkSearch"],
  },
];

for (const { template, role, lists } of ROLES) {
  t.test(`${role} may do what is called, and nothing beyond`, async (t) => {
    const statements = statementsOf(template, role);
    const wanted = new Set(lists.flatMap((name) => CALLS[name] ?? []));
    const given = new Set(statements.flatMap(({ Action }) => Action));
    t.strictSame([...given].sort(), [...wanted].sort());
    for (const { Action, Resource, Effect } of statements) {
      t.equal(Effect, "Allow");
      const isOfSessions = [Action]
        .flat()
        .every((one) => one.startsWith("ssmmessages:"));
      for (const one of [Resource].flat()) {
        const isAny = resolved(one as Json) === "*";
        t.equal(isAny, isOfSessions, `${Action} on ${JSON.stringify(one)}`);
      }
    }
  });
}

t.test("roles of these templates are all there are", async (t) => {
  for (const template of [infrastructure, build, flink]) {
    for (const [name, { Type, Properties }] of Object.entries(
      template.Resources,
    )) {
      if (Type === "AWS::IAM::Role") {
        t.ok(ROLES.some(({ role }) => role === name));
        t.notOk("ManagedPolicyArns" in Properties, "no policies of AWS' own");
      }
      t.not(Type, "AWS::IAM::Policy");
    }
  }
});

const ACCOUNT = "eu-west-1:111122223333";

t.test("each call is allowed on its own resource alone", async (t) => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ...(CALLS["engine"] ?? [])
      .filter((call) => /^kinesis:(List|Get|DescribeStreamS)/.test(call))
      .map(
        (call) =>
          [
            "EngineRole",
            call,
            `arn:aws:kinesis:${ACCOUNT}:stream/taxi`,
            `arn:aws:kinesis:${ACCOUNT}:stream/taxi2`,
          ] as const,
      ),
    [
      "EngineRole",
      "kinesis:SubscribeToShard",
      `arn:aws:kinesis:${ACCOUNT}:stream/taxi/consumer/flagdrop:1730000000`,
      `arn:aws:kinesis:${ACCOUNT}:stream/taxi/consumer/other:1730000000`,
    ],
    [
      "EngineRole",
      "s3:PutObject",
      "arn:aws:s3:::taxi-checkpoints/checkpoints/head.json",
      "arn:aws:s3:::taxi-checkpoints/other",
    ],
    [
      "EngineRole",
      "s3:GetObject",
      "arn:aws:s3:::taxi-artifacts/packages/flagdrop-arm64.tar.gz",
      "arn:aws:s3:::taxi-artifacts/packages/other",
    ],
    [
      "EngineRole",
      "es:ESHttpPost",
      `arn:aws:es:${ACCOUNT}:domain/taxi/_bulk`,
      `arn:aws:es:${ACCOUNT}:domain/taxi2/_bulk`,
    ],
    [
      "EngineRole",
      "autoscaling:CompleteLifecycleAction",
      `arn:aws:autoscaling:${ACCOUNT}:autoScalingGroup:1a:autoScalingGroupName/taxi-engine`,
      `arn:aws:autoscaling:${ACCOUNT}:autoScalingGroup:1a:autoScalingGroupName/web`,
    ],
    [
      "EngineRole",
      "ec2:AttachVolume",
      `arn:aws:ec2:${ACCOUNT}:volume/vol-0123`,
      `arn:aws:ec2:${ACCOUNT}:volume/vol-9999`,
    ],
    [
      "ReplayRole",
      "kinesis:PutRecords",
      `arn:aws:kinesis:${ACCOUNT}:stream/taxi`,
      `arn:aws:kinesis:${ACCOUNT}:stream/taxi2`,
    ],
    [
      "ReplayRole",
      "s3:GetObject",
      "arn:aws:s3:::trips/2016/01.json.gz",
      "arn:aws:s3:::trips/2017/01.json.gz",
    ],
    ["ReplayRole", "s3:ListBucket", "arn:aws:s3:::trips", "arn:aws:s3:::trip"],
  ];
  for (const [role, action, own, other] of cases) {
    const statements = statementsOf(infrastructure, role);
    t.ok(isAllowed(statements, action, own), `${action} on ${own}`);
    t.notOk(isAllowed(statements, action, other), `${action} on ${other}`);
  }
});

t.test("Flink reaches one stream, package, log and sink", async (t) => {
  const statements = statementsOf(flink, "FlinkRole");
  const logs = `arn:aws:logs:${ACCOUNT}:log-group`;
  const cases: readonly (readonly [string, string, string])[] = [
    ...(CALLS["flinkSource"] ?? []).map(
      (call) =>
        [
          call,
          `arn:aws:kinesis:${ACCOUNT}:stream/taxi`,
          `arn:aws:kinesis:${ACCOUNT}:stream/taxi2`,
        ] as const,
    ),
    [
      "s3:GetObjectVersion",
      "arn:aws:s3:::taxi-artifacts/packages/flagdrop-arm64.tar.gz",
      "arn:aws:s3:::taxi-artifacts/packages/other",
    ],
    [
      "s3:PutObject",
      "arn:aws:s3:::taxi-documents/flink/taxi/pickup_count/part-0",
      "arn:aws:s3:::taxi-documents/flink/taxi2/part-0",
    ],
    ["s3:ListBucket", "arn:aws:s3:::taxi-documents", "arn:aws:s3:::taxi"],
    [
      "logs:PutLogEvents",
      `${logs}:flink-logs:log-stream:flink-stream`,
      `${logs}:flink-logs:log-stream:other`,
    ],
    [
      "es:ESHttpPost",
      `arn:aws:es:${ACCOUNT}:domain/theirs/_bulk`,
      `arn:aws:es:${ACCOUNT}:domain/theirs2/_bulk`,
    ],
  ];
  for (const [action, own, other] of cases) {
    t.ok(isAllowed(statements, action, own), `${action} on ${own}`);
    t.notOk(isAllowed(statements, action, other), `${action} on ${other}`);
  }
  // Without a bucket and a domain it may write nowhere.
  const Policies = flink.Resources["FlinkRole"]?.Properties["Policies"];
  const text = JSON.stringify(Policies);
  t.equal(text.match(/"Fn::If":\["HasOutput"/g)?.length, 2);
  t.equal(text.match(/"Fn::If":\["HasDomain"/g)?.length, 1);
  t.match(flink.Resources["FlinkRole"]?.Properties, {
    AssumeRolePolicyDocument: {
      Statement: [
        {
          Principal: { Service: "kinesisanalytics.amazonaws.com" },
          Condition: { StringEquals: { "aws:SourceAccount": Object } },
        },
      ],
    },
  });
});

t.test("a replayed bucket is listed under its prefix alone", async (t) => {
  const listing = statementsOf(infrastructure, "ReplayRole").filter(
    ({ Action }) => Action.includes("s3:ListBucket"),
  );
  t.equal(listing.length, 1);
  t.strictSame(listing[0]?.Condition, {
    StringEquals: { "s3:prefix": { Ref: "ReplayPrefix" } },
  });
  const script = JSON.stringify(infrastructure.Resources["ReplayTemplate"]);
  t.match(script, /--source \$\{ReplaySource\} /);
  t.match(script, /"s3:\/\/\$\{ReplayBucket\}\/\$\{ReplayPrefix\} --resume /);
});

t.test("the instance's own calls stand in its script", async (t) => {
  const script = JSON.stringify(
    infrastructure.Resources["EngineTemplate"],
  ).replaceAll("\\n", "\n");
  t.match(script, /aws ec2 attach-volume/);
  t.match(script, /aws autoscaling set-instance-health/);
  t.match(script, /aws s3 cp/);
  const called = [...script.matchAll(/\baws ([a-z0-9]+) ([a-z-]+)/g)].map(
    ([, service, verb]) => `${service} ${verb}`,
  );
  t.strictSame([...new Set(called)].sort(), [
    "autoscaling set-instance-health",
    "ec2 attach-volume",
    "s3 cp",
  ]);
  // Only this stack's instances get the volume.
  const attaching = statementsOf(infrastructure, "EngineRole").filter(
    ({ Action }) => Action.includes("ec2:AttachVolume"),
  );
  t.match(attaching[1]?.Condition, {
    StringEquals: {
      "aws:ResourceTag/FlagdropStack": { Ref: "AWS::StackName" },
    },
  });
});
