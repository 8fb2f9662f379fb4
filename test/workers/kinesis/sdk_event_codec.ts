/** The AWS SDK's own reader and writer of event stream messages. */
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { quietSdk } from "../../../engine/aws/quiet_sdk.ts";

/** A header as the SDK has it. */
export interface SdkHeader {
  readonly type: string;
  readonly value: unknown;
}

/** A message as the SDK has it. */
export interface SdkMessage {
  readonly headers: Readonly<Record<string, SdkHeader>>;
  readonly body: Uint8Array;
}

interface SdkCodec {
  encode(message: SdkMessage): Uint8Array;
  decode(bytes: Uint8Array): SdkMessage;
}

/** Taken out of a client: the package itself is none of our dependencies. */
export function sdkEventCodec(): SdkCodec {
  quietSdk();
  const { config } = new KinesisClient({
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  const { universalMarshaller } = config.eventStreamMarshaller as unknown as {
    readonly universalMarshaller: { readonly eventStreamCodec: SdkCodec };
  };
  return universalMarshaller.eventStreamCodec;
}
