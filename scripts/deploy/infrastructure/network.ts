/**
 * Where the instances stand: a VPC of one public subnet, or an existing one.
 * Nothing can be reached from outside; SSM is the way in.
 *
 * @module
 */

import type { CfnResource } from "aws-cdk-lib";
import { Aws, Fn } from "aws-cdk-lib";
import {
  CfnInternetGateway,
  CfnRoute,
  CfnRouteTable,
  CfnSecurityGroup,
  CfnSubnet,
  CfnSubnetRouteTableAssociation,
  CfnVPC,
  CfnVPCEndpoint,
  CfnVPCGatewayAttachment,
} from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";
import { accept } from "../policy.ts";
import type { Conditions, Parameters } from "./parameters.ts";

/** Where instances are put. */
export interface Network {
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly securityGroup: CfnSecurityGroup;
}

/** The parts of a new VPC; each exists only with it. */
function newVpc(
  scope: Construct,
  given: Parameters["network"],
  { conditions, zone }: { conditions: Conditions; zone: string },
) {
  const tags = [{ key: "Name", value: Aws.STACK_NAME }];
  const own = <T extends CfnResource>(resource: T): T => {
    resource.cfnOptions.condition = conditions.newVpc;
    return resource;
  };
  const vpc = own(
    new CfnVPC(scope, "Vpc", {
      cidrBlock: given.cidr.valueAsString,
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags,
    }),
  );
  accept(vpc, {
    VPC7: "No flow logs: two instances without a way in; they would cost more than the engine's metrics. Switch them on for the VPC where a rule asks for it.",
  });
  const vpcId = vpc.ref;
  const gateway = own(new CfnInternetGateway(scope, "Gateway", { tags }));
  const attached = own(
    new CfnVPCGatewayAttachment(scope, "GatewayAttachment", {
      vpcId,
      internetGatewayId: gateway.ref,
    }),
  );
  const table = own(new CfnRouteTable(scope, "RouteTable", { vpcId, tags }));
  const route = own(
    new CfnRoute(scope, "Route", {
      routeTableId: table.ref,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: gateway.ref,
    }),
  );
  route.addResourceDependency(attached);
  const subnet = own(
    new CfnSubnet(scope, "Subnet", {
      vpcId,
      availabilityZone: zone,
      cidrBlock: Fn.select(0, Fn.cidr(given.cidr.valueAsString, 4, "8")),
      // The way to Kinesis and SSM without a NAT gateway (33 USD a month).
      mapPublicIpOnLaunch: true,
      tags,
    }),
  );
  own(
    new CfnSubnetRouteTableAssociation(scope, "SubnetRoutes", {
      subnetId: subnet.ref,
      routeTableId: table.ref,
    }),
  );
  own(
    new CfnVPCEndpoint(scope, "S3Endpoint", {
      vpcId,
      vpcEndpointType: "Gateway",
      serviceName: Fn.sub("com.amazonaws.${AWS::Region}.s3"),
      routeTableIds: [table.ref],
    }),
  );
  return { vpcId, subnetId: subnet.ref };
}

/** Makes or takes the network. */
export function network(
  scope: Construct,
  given: Parameters["network"],
  conditions: Conditions,
): Network {
  const zone = Fn.conditionIf(
    conditions.hasZone.logicalId,
    given.availabilityZone.valueAsString,
    Fn.select(0, Fn.getAzs()),
  ).toString();
  const made = newVpc(scope, given, { conditions, zone });
  const either = (ours: string, theirs: string) =>
    Fn.conditionIf(conditions.newVpc.logicalId, ours, theirs).toString();
  const securityGroup = new CfnSecurityGroup(scope, "InstanceSecurityGroup", {
    groupDescription: "Nothing in; out by TLS only",
    vpcId: either(made.vpcId, given.vpc.valueAsString),
    securityGroupEgress: [
      {
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        cidrIp: "0.0.0.0/0",
        description: "Kinesis, S3, OpenSearch, SSM, CloudWatch",
      },
    ],
  });
  return {
    subnetId: either(made.subnetId, given.subnet.valueAsString),
    availabilityZone: zone,
    securityGroup,
  };
}
