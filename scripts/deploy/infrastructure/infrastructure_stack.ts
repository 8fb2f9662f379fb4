/**
 * The infrastructure template: network, stream, search domain, checkpoint
 * bucket, the engine's group, a replay if wanted, alarms and a dashboard.
 *
 * @module
 */
import { Aws, Fn, type IStackSynthesizer, Stack } from "aws-cdk-lib";
import { CfnLogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { alarms } from "./alarms.ts";
import { checkpointBucket } from "./checkpoint_bucket.ts";
import { dashboard } from "./dashboard.ts";
import { engineGroup, stateVolume } from "./engine_group.ts";
import { network } from "./network.ts";
import { outputs } from "./outputs.ts";
import { declareConditions, declareParameters } from "./parameters.ts";
import { replayInstance } from "./replay_instance.ts";
import { engineProfile, LOG_GROUP_NAME, replayProfile } from "./roles.ts";
import { searchDomain, sinkOf } from "./search_domain.ts";
import { stream } from "./stream.ts";

/** Lines of metrics are small; the metrics made of them stay 15 months. */
const LOG_DAYS = 14;

/** Everything that runs. */
export class InfrastructureStack extends Stack {
  constructor(scope: Construct, id: string, synthesizer: IStackSynthesizer) {
    super(scope, id, {
      synthesizer,
      description:
        "Flagdrop, part 2 of 2: a Kinesis stream, the engine on one instance, and where its documents go",
    });
    const given = declareParameters(this);
    const conditions = declareConditions(this, given);
    const net = network(this, given.network, conditions);
    const taxi = stream(this, given.stream, conditions);
    const domain = searchDomain(this, given.sink, conditions);
    const bucket = checkpointBucket(this);
    const volume = stateVolume(this, given, net);
    new CfnLogGroup(this, "MetricsLogs", {
      logGroupName: Fn.sub(LOG_GROUP_NAME),
      retentionInDays: LOG_DAYS,
    });
    const parts = { given, conditions, stream: taxi, domain, bucket };
    const profile = engineProfile(this, { ...parts, volumeId: volume.ref });
    engineGroup(this, {
      ...{ given, conditions, network: net, profile, volume },
      sink: sinkOf(given.sink, domain, conditions),
    });
    replayInstance(this, {
      ...{ given, conditions, network: net },
      profile: replayProfile(this, { ...parts, volumeId: volume.ref }),
    });
    alarms(this, parts);
    const domainName = Fn.conditionIf(
      conditions.newDomain.logicalId,
      domain.ref,
      Aws.STACK_NAME,
    ).toString();
    dashboard(this, domainName);
    outputs(this, conditions);
  }
}
