/**
 * How to reach an AWS service: one value made from the command line and used
 * by everything that sends requests.
 *
 * @module
 */
import type { CredentialsSource } from "./credentials.ts";

/** Where a service is and how to authenticate there. */
export interface AwsConnection {
  readonly region: string;
  /** Absolute address, such as `https://kinesis.eu-west-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly credentials: CredentialsSource;
  /** Further certificate authorities, PEM; empty for none. */
  readonly caPem: string;
}

/** The public endpoint of Kinesis in a region. */
export function kinesisEndpoint(region: string): string {
  const suffix = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : "amazonaws.com";
  return `https://kinesis.${region}.${suffix}`;
}
