/**
 * Small parts of IAM documents, and findings of cdk-nag that are accepted.
 *
 * @module
 */
import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** One statement. */
export interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** Allows actions on resources. */
export function allow(
  actions: readonly string[],
  resource: unknown,
  condition?: unknown,
): Statement {
  return {
    Effect: "Allow",
    Action: actions,
    Resource: resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

/** A policy document. */
export function document(statements: readonly unknown[]): object {
  return { Version: "2012-10-17", Statement: statements };
}

/** Who may take a role: one service of AWS, if need be under a condition. */
export function assumedBy(service: string, condition?: object): object {
  return document([
    {
      Effect: "Allow",
      Principal: { Service: `${service}.amazonaws.com` },
      Action: "sts:AssumeRole",
      ...(condition === undefined ? {} : { Condition: condition }),
    },
  ]);
}

/** Refuses whatever comes without TLS. */
export function onlyTls(action: string, resources: unknown): object {
  return {
    Effect: "Deny",
    Principal: "*",
    Action: action,
    Resource: resources,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}

/** Accepts findings of cdk-nag; the reason goes into its report. */
export function accept(
  construct: IConstruct,
  reasons: Readonly<Record<string, string>>,
): void {
  for (const [rule, reason] of Object.entries(reasons)) {
    const id = `AwsSolutions-${rule}`;
    Validations.of(construct).acknowledge({ id, reason });
  }
}
