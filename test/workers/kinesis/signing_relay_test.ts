import t from "tap";
import type { WorkerMessage } from "../../../engine/messages.ts";
import { SigningRelay } from "../../../workers/kinesis/signing_relay.ts";
import { testCredentials } from "../../helpers/credentials.ts";

t.test(
  "SigningRelay.repair() asks the coordinator and waits for its answer",
  async (t) => {
    const posted: WorkerMessage[] = [];
    const relay = new SigningRelay(2, (message) => posted.push(message));
    t.notOk(relay.ready);
    relay.take({
      type: "credentials",
      credentials: testCredentials(0),
      clockSkewMs: 0,
    });
    t.ok(relay.ready);
    let repaired = false;
    const repair = relay
      .repair({ kind: "clock", serverMs: 5, message: "expired" })
      .then(() => {
        repaired = true;
      });
    t.match(posted, [{ type: "auth_refused", epoch: 2, serverMs: 5 }]);
    await Promise.resolve();
    t.notOk(repaired);
    relay.take({
      type: "credentials",
      credentials: testCredentials(1),
      clockSkewMs: 9,
    });
    await repair;
    t.match(relay.state, {
      clockSkewMs: 9,
      credentials: { accessKeyId: "key-1" },
    });
  },
);
