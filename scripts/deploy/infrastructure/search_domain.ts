/**
 * The OpenSearch domain, and what is written of it into the engine's file.
 *
 * @module
 */
import { Fn } from "aws-cdk-lib";
import { CfnDomain } from "aws-cdk-lib/aws-opensearchservice";
import type { Construct } from "constructs";
import { accept } from "../policy.ts";
import type { Conditions, Parameters } from "./parameters.ts";

/** The version that the sink is tested against, as the service names it. */
const ENGINE_VERSION = "OpenSearch_2.19";

/**
 * Makes it. It has no policy of its own: only identities of this account that
 * IAM allows to, and nobody without a signature.
 */
export function searchDomain(
  scope: Construct,
  given: Parameters["sink"],
  conditions: Conditions,
): CfnDomain {
  const domain = new CfnDomain(scope, "SearchDomain", {
    engineVersion: ENGINE_VERSION,
    clusterConfig: {
      instanceType: given.type.valueAsString,
      instanceCount: given.count.valueAsNumber,
    },
    ebsOptions: {
      ebsEnabled: true,
      volumeType: "gp3",
      volumeSize: given.volume.valueAsNumber,
    },
    encryptionAtRestOptions: { enabled: true },
    nodeToNodeEncryptionOptions: { enabled: true },
    domainEndpointOptions: {
      enforceHttps: true,
      tlsSecurityPolicy: "Policy-Min-TLS-1-2-PFS-2023-10",
    },
  });
  domain.cfnOptions.condition = conditions.newDomain;
  accept(domain, {
    OS1: "Outside the VPC: a domain inside needs a service-linked role that a template can't make where it exists. It takes signed requests only.",
    OS3: "Not by address: the engine's address changes with each instance, and only this account's roles are let in.",
    OS4: "No dedicated masters: two small data nodes hold tallies that a replay makes again.",
    OS5: "No policy of its own is the narrowest: signed requests of identities that IAM allows to.",
    OS7: "One zone, as the engine: a copy of each shard is on the other node.",
    "OS9[LogExport::SEARCH_SLOW_LOGS]":
      "Searches are those of the dashboard; the domain's own metrics show their time.",
    "OS9[LogExport::INDEX_SLOW_LOGS]":
      "The engine paces itself by how long the domain takes, and logs what it refuses.",
  });
  return domain;
}

/** The value of the engine's `sink`. */
export function sinkOf(
  given: Parameters["sink"],
  domain: CfnDomain,
  conditions: Conditions,
): string {
  return Fn.conditionIf(
    conditions.newDomain.logicalId,
    Fn.join("", ["opensearch:https://", domain.attrDomainEndpoint]),
    Fn.conditionIf(
      conditions.existingDomain.logicalId,
      Fn.join("", ["opensearch:", given.url.valueAsString]),
      "duckdb:/var/lib/flagdrop/taxi.duckdb",
    ),
  ).toString();
}
