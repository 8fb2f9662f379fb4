/**
 * The CloudWatch dashboard: what the reference's shows (the stream in and out,
 * the search domain, the instance), and the engine's own metrics.
 *
 * @module
 */
import { Fn } from "aws-cdk-lib";
import { CfnDashboard } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";

type Row = readonly unknown[];

const WIDTH = 12;
const HEIGHT = 6;

const RIGHT = { yAxis: "right" };

function engine(name: string, stat: string, more: object = {}): Row {
  const label = name;
  return [
    "Flagdrop",
    name,
    "Name",
    "${AWS::StackName}",
    { stat, label, ...more },
  ];
}

function kinesis(name: string, stat: string, more: object = {}): Row {
  return ["AWS/Kinesis", name, "StreamName", "${Stream}", { stat, ...more }];
}

const WIDGETS: readonly (readonly [title: string, metrics: readonly Row[]])[] =
  [
    [
      "Into the stream",
      [
        kinesis("IncomingRecords", "Sum"),
        kinesis("WriteProvisionedThroughputExceeded", "Sum", RIGHT),
      ],
    ],
    [
      "Out of the stream",
      [
        kinesis("GetRecords.Records", "Sum"),
        kinesis("GetRecords.IteratorAgeMilliseconds", "Maximum", RIGHT),
        kinesis("GetRecords.IteratorAgeMilliseconds", "p99", RIGHT),
        kinesis("ReadProvisionedThroughputExceeded", "Sum", RIGHT),
      ],
    ],
    [
      "Events",
      [
        engine("EventsRead", "Sum"),
        engine("EventsTallied", "Sum"),
        engine("EventsFiltered", "Sum"),
        engine("EventsLate", "Sum", RIGHT),
        engine("DeadLetters", "Sum", RIGHT),
      ],
    ],
    [
      "Behind, seconds",
      [
        engine("BehindLatest", "Maximum"),
        engine("WatermarkHeld", "Maximum"),
        engine("CheckpointAge", "Maximum"),
        engine("FireDelayP99", "Maximum", RIGHT),
      ],
    ],
    [
      "Documents",
      [
        engine("DocumentsFired", "Sum"),
        engine("DocumentsPending", "Maximum", RIGHT),
        engine("SinkRetries", "Sum", RIGHT),
      ],
    ],
    [
      "Engine",
      [
        engine("Cpu", "Average"),
        engine("Backpressure", "Average"),
        engine("Memory", "Maximum", RIGHT),
        engine("Starts", "Sum", RIGHT),
      ],
    ],
    [
      "Search domain",
      [
        [
          ...["AWS/ES", "SearchableDocuments", "DomainName", "${DomainName}"],
          ...["ClientId", "${AWS::AccountId}"],
        ],
        [
          ...["AWS/ES", "CPUUtilization", "DomainName", "${DomainName}"],
          ...["ClientId", "${AWS::AccountId}", RIGHT],
        ],
      ],
    ],
    [
      "Instance",
      [
        [
          ...["AWS/EC2", "CPUUtilization", "AutoScalingGroupName"],
          ...["${AWS::StackName}-engine"],
        ],
        [
          ...["AWS/EC2", "NetworkIn", "AutoScalingGroupName"],
          ...["${AWS::StackName}-engine", RIGHT],
        ],
      ],
    ],
  ];

/** Makes it. */
export function dashboard(scope: Construct, domainName: string): CfnDashboard {
  const widgets = WIDGETS.map(([title, metrics], i) => ({
    type: "metric",
    x: (i % 2) * WIDTH,
    y: (i >> 1) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: {
      title,
      metrics,
      view: "timeSeries",
      stacked: false,
      period: 60,
      region: "${AWS::Region}",
    },
  }));
  return new CfnDashboard(scope, "Dashboard", {
    dashboardName: Fn.sub("${AWS::StackName}"),
    dashboardBody: Fn.sub(JSON.stringify({ widgets }), {
      DomainName: domainName,
    }),
  });
}
