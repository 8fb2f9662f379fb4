/**
 * Our credentials as a client of the AWS SDK wants them.
 *
 * @module
 */
import type { CredentialsSource } from "./credentials.ts";

/** The shape that clients of the SDK take. */
interface SdkIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration: Date;
}

/** What to give a client as its `credentials`. */
export function sdkCredentials(
  source: CredentialsSource,
): () => Promise<SdkIdentity> {
  return async () => {
    const { accessKeyId, secretAccessKey, sessionToken } =
      await source.current();
    return {
      accessKeyId,
      secretAccessKey,
      // The SDK keeps what doesn't expire; ours are kept fresh elsewhere.
      expiration: new Date(0),
      ...(sessionToken === "" ? {} : { sessionToken }),
    };
  };
}
