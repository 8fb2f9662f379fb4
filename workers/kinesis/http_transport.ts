/**
 * Opens the way to Kinesis over HTTP.
 *
 * @module
 */
import { createDispatcher } from "../../engine/aws/dispatcher.ts";
import { GetRecordsClient } from "./get_records_client.ts";
import type { OpenTransport } from "./transport.ts";

/** GetRecords over connections of its own. */
export const openHttpTransport: OpenTransport = ({
  reading,
  signing,
  clock,
}) => {
  const dispatcher = createDispatcher(reading);
  const transport = new GetRecordsClient({
    endpoint: reading.endpoint,
    region: reading.region,
    streamArn: reading.streamArn,
    dispatcher,
    signing: signing.state,
    repairSigning: (failure) => signing.repair(failure),
    clock,
  });
  return { transport, close: () => dispatcher.destroy() };
};
