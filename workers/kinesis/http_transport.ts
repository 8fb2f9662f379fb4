/**
 * Opens the way to Kinesis over HTTP.
 *
 * @module
 */
import type { SecureClientSessionOptions } from "node:http2";
import { rootCertificates } from "node:tls";
import { AnswerBuffers } from "./answer_buffers.ts";
import { GetRecordsClient } from "./get_records_client.ts";
import { Http2Sessions } from "./http2_sessions.ts";
import { openPoster } from "./open_poster.ts";
import type { AuthFailure } from "./signing_state.ts";
import { SubscriptionClient } from "./subscription_client.ts";
import type { OpenTransport } from "./transport.ts";

/** TLS options: the usual authorities and the user's own. */
function http2TlsOptions(caPem: string): SecureClientSessionOptions {
  return caPem === "" ? {} : { ca: [...rootCertificates, caPem] };
}

/** GetRecords, and subscriptions if asked for, over connections of its own. */
export const openHttpTransport: OpenTransport = ({
  reading,
  signing,
  clock,
  answerSlots,
}) => {
  const poster = openPoster(reading);
  const repairSigning = (failure: AuthFailure) => signing.repair(failure);
  const transport = new GetRecordsClient({
    endpoint: reading.endpoint,
    region: reading.region,
    streamArn: reading.streamArn,
    poster,
    signing: signing.state,
    repairSigning,
    clock,
    buffers: new AnswerBuffers(answerSlots),
  });
  if (reading.consumerArn === "") {
    return { transport, close: () => poster.close() };
  }
  const sessions = new Http2Sessions({
    url: new URL(reading.endpoint),
    connect: http2TlsOptions(reading.caPem),
    clock,
  });
  const subscriptions = new SubscriptionClient({
    endpoint: reading.endpoint,
    region: reading.region,
    streamArn: reading.streamArn,
    consumerArn: reading.consumerArn,
    sessions,
    buffers: new AnswerBuffers(),
    signing: signing.state,
    repairSigning,
    clock,
  });
  return {
    transport,
    subscriptions,
    async close() {
      sessions.destroy();
      await poster.close();
    },
  };
};
