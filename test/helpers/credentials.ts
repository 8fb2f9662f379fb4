/** Credentials for tests that never leave this process. */
import type {
  AwsCredentials,
  CredentialsSource,
} from "../../engine/aws/credentials.ts";

/** A key pair with a number in it, so that they can be told apart. */
export function testCredentials(number: number): AwsCredentials {
  return {
    accessKeyId: `key-${number}`,
    secretAccessKey: "secret",
    sessionToken: "",
    expiresAtMs: Number.POSITIVE_INFINITY,
  };
}

/** A source whose refreshes are counted and give another pair each time. */
export function testCredentialsSource(): CredentialsSource & {
  readonly refreshes: number;
} {
  let present = testCredentials(0);
  let refreshes = 0;
  return {
    get refreshes() {
      return refreshes;
    },
    current: async () => present,
    refresh: async () => {
      present = testCredentials(++refreshes);
      return present;
    },
  };
}
