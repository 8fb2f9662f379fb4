/**
 * Goal: systemd hears that the service is ready, lives and stops, in order.
 * Method: a clock turned by hand and notices kept in a list; the real ones,
 * sent by systemd-notify, are the business of the clean root's suite.
 */
import t from "tap";
import { ServiceNotices } from "../../../scripts/service/service_notices.ts";
import { TickingClock } from "./ticking_clock.ts";

function noticed(env: Record<string, string>, fails = false) {
  const clock = new TickingClock();
  const sent: string[][] = [];
  const troubles: unknown[] = [];
  const notices = new ServiceNotices({
    env,
    clock,
    pid: 7,
    status: () => "two\nlines ",
    onTrouble: (error) => troubles.push(error),
    notify: async (assignments) => {
      sent.push([...assignments]);
      if (fails) throw new Error("no such program");
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, sent, troubles, notices, settle };
}

const SOCKET = { NOTIFY_SOCKET: "/run/systemd/notify" };

t.test("ready, alive three times an interval, stopping", async (t) => {
  const env = { ...SOCKET, WATCHDOG_USEC: "60000000", WATCHDOG_PID: "7" };
  const { clock, sent, notices, settle } = noticed(env);
  notices.ready();
  for (let i = 0; i < 3; i++) {
    await settle();
    clock.advance(20_000);
  }
  await settle();
  notices.stopping();
  await notices.close();
  clock.advance(60_000);
  await settle();
  t.strictSame(sent, [
    ["READY=1", "STATUS=two lines"],
    ["WATCHDOG=1", "STATUS=two lines"],
    ["WATCHDOG=1", "STATUS=two lines"],
    ["WATCHDOG=1", "STATUS=two lines"],
    ["STOPPING=1", "STATUS=stopping"],
  ]);
});

t.test(
  "nothing without a socket, no keep-alive without a watchdog",
  async (t) => {
    for (const env of [{}, { WATCHDOG_USEC: "1000" }]) {
      const { sent, notices, clock } = noticed(env);
      notices.ready();
      clock.advance(10_000);
      notices.stopping();
      await notices.close();
      t.strictSame(sent, []);
    }
    const other = { ...SOCKET, WATCHDOG_USEC: "3000000", WATCHDOG_PID: "8" };
    for (const env of [SOCKET, other]) {
      const { sent, notices, clock } = noticed(env);
      notices.ready();
      await notices.close();
      clock.advance(10_000);
      t.equal(sent.length, 1);
    }
  },
);

t.test("trouble is told once", async (t) => {
  const env = { ...SOCKET, WATCHDOG_USEC: "3000000" };
  const { clock, troubles, sent, notices, settle } = noticed(env, true);
  notices.ready();
  await settle();
  clock.advance(1_000);
  await settle();
  await notices.close();
  t.equal(sent.length, 2);
  t.equal(troubles.length, 1);
});
