/**
 * Parameters of the infrastructure template, with what each costs: on-demand
 * prices of us-east-1 in USD a month of 730 hours, roughly; see README.md.
 *
 * @module
 */
import { CfnCondition, CfnParameter, Fn } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { alarmEmailParameter, numberParameter } from "../parameters.ts";

/** Instance types that may be chosen, by the image that they need. */
const ARM_TYPES = ["c7g.medium", "c7g.large", "c7g.xlarge", "c7g.2xlarge"];
const INTEL_TYPES = ["c7i.large", "c7i.xlarge", "c7i.2xlarge"];

const IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-";

function networkParameters(scope: Construct) {
  return {
    vpc: new CfnParameter(scope, "VpcId", {
      description:
        "An existing VPC; empty for a new one (free: no NAT, an internet gateway and S3's gateway endpoint)",
      default: "",
      allowedPattern: "|vpc-[0-9a-f]+",
    }),
    subnet: new CfnParameter(scope, "SubnetId", {
      description:
        "With an existing VPC: a subnet of it with a way to the internet or to the endpoints of Kinesis, S3, SSM, CloudWatch Logs and Auto Scaling",
      default: "",
      allowedPattern: "|subnet-[0-9a-f]+",
    }),
    cidr: new CfnParameter(scope, "VpcCidr", {
      description: "Addresses of a new VPC, /16 to /24",
      default: "10.0.0.0/16",
      allowedPattern: "(\\d{1,3}\\.){3}\\d{1,3}/(1[6-9]|2[0-4])",
    }),
    availabilityZone: new CfnParameter(scope, "AvailabilityZone", {
      description:
        "Zone of the engine and its volume; empty for the region's first. With an existing subnet: the subnet's zone",
      default: "",
      allowedPattern: "|[a-z]{2}(-[a-z]+)+-\\d+[a-z]",
    }),
    hopLimit: numberParameter(scope, "MetadataHopLimit", {
      description:
        "Hops of an answer of the metadata service (IMDSv2 only); 2 when the engine runs in a container",
      default: 1,
      minValue: 1,
      maxValue: 2,
    }),
  };
}

function streamParameters(scope: Construct) {
  return {
    mode: new CfnParameter(scope, "StreamMode", {
      description:
        "PROVISIONED, or ON_DEMAND (some 29 a month for the stream, plus 0.08 a GB in and 0.04 a GB out)",
      default: "PROVISIONED",
      allowedValues: ["PROVISIONED", "ON_DEMAND"],
    }),
    shards: numberParameter(scope, "ShardCount", {
      description:
        "Shards when provisioned; each takes 1 MB or 1,000 records a second, and costs 11 a month. The Flink reference has 32",
      default: 8,
      minValue: 1,
      maxValue: 500,
    }),
    retention: numberParameter(scope, "RetentionHours", {
      description:
        "How long records can be read again; above 24 a shard costs 15 more a month",
      default: 24,
      minValue: 24,
      maxValue: 8760,
    }),
    consumer: new CfnParameter(scope, "ConsumerName", {
      description:
        "Read by enhanced fan-out as this consumer; empty for polling. Costs 11 a month and shard, and 0.013 a GB",
      default: "",
      allowedPattern: "|[a-zA-Z0-9_.-]{1,128}",
    }),
  };
}

function sinkParameters(scope: Construct) {
  return {
    sink: new CfnParameter(scope, "Sink", {
      description:
        "opensearch: a new domain; existing: OpenSearchUrl; duckdb: a store on the engine's volume",
      default: "opensearch",
      allowedValues: ["opensearch", "existing", "duckdb"],
    }),
    url: new CfnParameter(scope, "OpenSearchUrl", {
      description:
        "With Sink existing: https address of a domain, signed as es",
      default: "",
      allowedPattern: "|https://[\\w.-]+",
    }),
    domainArn: new CfnParameter(scope, "OpenSearchArn", {
      description: "With Sink existing: the domain's ARN",
      default: "",
      allowedPattern: "|arn:[\\w-]+:es:[\\w-]+:\\d{12}:domain/[\\w-]+",
    }),
    type: new CfnParameter(scope, "OpenSearchInstanceType", {
      description:
        "Data nodes: t3.small.search 26, m7g.large.search 99, r7g.large.search 122 a month each. The reference has m4.large",
      default: "m7g.large.search",
    }),
    count: numberParameter(scope, "OpenSearchInstanceCount", {
      description: "Data nodes of the new domain",
      default: 2,
      minValue: 1,
      maxValue: 20,
    }),
    volume: numberParameter(scope, "OpenSearchVolumeGib", {
      description: "Disk of each data node; gp3, 0.12 a GiB and month",
      default: 10,
      minValue: 10,
      maxValue: 3072,
    }),
  };
}

function engineParameters(scope: Construct) {
  const type = {
    description:
      "c7g.medium 26, c7g.large 53, c7i.large 65, c7g.xlarge 106 a month. The reference has 3 c4.xlarge and a master",
    default: "c7g.large",
    allowedValues: [...ARM_TYPES, ...INTEL_TYPES],
  };
  const image = "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>";
  return {
    packageBucket: new CfnParameter(scope, "PackageBucket", {
      description: "The build template's output",
      allowedPattern: "[a-z0-9.-]{3,63}",
    }),
    packageKey: new CfnParameter(scope, "PackageKey", {
      description: "The package for the instances' architecture",
      default: "packages/flagdrop-arm64.tar.gz",
    }),
    type: new CfnParameter(scope, "InstanceType", type),
    market: new CfnParameter(scope, "Market", {
      description:
        "on-demand, or spot: some 60 % less; replaced within minutes when AWS takes it back, and nothing is lost",
      default: "on-demand",
      allowedValues: ["on-demand", "spot"],
    }),
    workers: numberParameter(scope, "Workers", {
      description: "Worker threads: one a core",
      default: 2,
      minValue: 1,
      maxValue: 64,
    }),
    zones: new CfnParameter(scope, "Zones", {
      description: "nyc; refarch: the reference's own, with its gaps; boxes",
      default: "nyc",
      allowedValues: ["nyc", "refarch", "boxes"],
    }),
    volume: numberParameter(scope, "StateVolumeGib", {
      description:
        "The engine's own disk, kept when instance and stack go; gp3, 0.08 a GiB and month. The duckdb store lies on it",
      default: 20,
      minValue: 8,
      maxValue: 4096,
    }),
    armImage: new CfnParameter(scope, "ArmImage", {
      type: image,
      description: "Amazon Linux 2023 for c7g",
      default: `${IMAGE}arm64`,
    }),
    intelImage: new CfnParameter(scope, "IntelImage", {
      type: image,
      description: "Amazon Linux 2023 for c7i",
      default: `${IMAGE}x86_64`,
    }),
    replay: new CfnParameter(scope, "ReplayInstance", {
      description: "yes: an instance that puts trips into the stream",
      default: "no",
      allowedValues: ["yes", "no"],
    }),
    replayType: new CfnParameter(scope, "ReplayInstanceType", {
      ...type,
      description:
        "The replay's instance, of the package's architecture; the reference has an m4.4xlarge (584 a month)",
    }),
    replayBucket: new CfnParameter(scope, "ReplayBucket", {
      description: "Bucket of recorded trips to replay; empty: generated",
      default: "",
      allowedPattern: "|[a-z0-9.-]{3,63}",
    }),
    replayPrefix: new CfnParameter(scope, "ReplayPrefix", {
      description: "What their keys begin with",
      default: "",
      allowedPattern: "[\\w./=-]*",
    }),
    speedup: numberParameter(scope, "ReplaySpeedup", {
      description: "Event time against real time; the reference's default",
      default: 10080,
      minValue: 1,
    }),
  };
}

function watchParameters(scope: Construct) {
  return {
    email: alarmEmailParameter(scope, "Who hears of alarms; empty for nobody"),
    lag: numberParameter(scope, "LagSecondsMax", {
      description: "How far behind the stream's tip is an alarm, seconds",
      default: 300,
      minValue: 30,
    }),
    held: numberParameter(scope, "WatermarkHeldSecondsMax", {
      description: "How long the watermark may stand still, seconds",
      default: 600,
      minValue: 60,
    }),
    shardMetrics: new CfnParameter(scope, "ShardMetrics", {
      description:
        "yes: two metrics for each shard, 0.60 a month and shard (the engine's own 23: some 7)",
      default: "no",
      allowedValues: ["yes", "no"],
    }),
  };
}

/** All parameters. */
export type Parameters = ReturnType<typeof declareParameters>;

/** Declares all parameters. */
export function declareParameters(scope: Construct) {
  return {
    network: networkParameters(scope),
    stream: streamParameters(scope),
    sink: sinkParameters(scope),
    engine: engineParameters(scope),
    watch: watchParameters(scope),
  };
}

/** What is made, and what is left away. */
export type Conditions = ReturnType<typeof declareConditions>;

/** Declares all conditions. */
export function declareConditions(scope: Construct, given: Parameters) {
  const { network, stream, sink, engine, watch } = given;
  const when = (id: string, parameter: CfnParameter, value: string) =>
    new CfnCondition(scope, id, {
      expression: Fn.conditionEquals(parameter.valueAsString, value),
    });
  const isGiven = (id: string, parameter: CfnParameter) =>
    new CfnCondition(scope, id, {
      expression: Fn.conditionNot(
        Fn.conditionEquals(parameter.valueAsString, ""),
      ),
    });
  const isArm = (id: string, parameter: CfnParameter) =>
    new CfnCondition(scope, id, {
      expression: Fn.conditionOr(
        ...ARM_TYPES.map((type) =>
          Fn.conditionEquals(parameter.valueAsString, type),
        ),
      ),
    });
  return {
    newVpc: when("NewVpc", network.vpc, ""),
    hasZone: isGiven("HasZone", network.availabilityZone),
    isProvisioned: when("IsProvisioned", stream.mode, "PROVISIONED"),
    hasConsumer: isGiven("HasConsumer", stream.consumer),
    newDomain: when("NewDomain", sink.sink, "opensearch"),
    existingDomain: when("ExistingDomain", sink.sink, "existing"),
    isSpot: when("IsSpot", engine.market, "spot"),
    engineIsArm: isArm("EngineIsArm", engine.type),
    replayIsArm: isArm("ReplayIsArm", engine.replayType),
    hasReplay: when("HasReplay", engine.replay, "yes"),
    hasReplayBucket: isGiven("HasReplayBucket", engine.replayBucket),
    hasEmail: isGiven("HasEmail", watch.email),
    hasShardMetrics: when("HasShardMetrics", watch.shardMetrics, "yes"),
  };
}
