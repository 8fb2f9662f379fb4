import { EventEmitter } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { pino } from "pino";
import t from "tap";
import { reloadWorkers } from "../../scripts/reload_workers.ts";

t.test("reloadWorkers() sets what the file says at each SIGHUP", async (t) => {
  const hangUps = new EventEmitter();
  const counts: number[] = [];
  const answers = [4, new Error("Cannot read it"), undefined, 2];
  const end = reloadWorkers({
    hangUps,
    log: pino({ level: "silent" }),
    engine: {
      setWorkers: async (count) => {
        counts.push(count);
        return { before: 1, count };
      },
    },
    read: async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  for (let i = 0; i < 4; i++) {
    hangUps.emit("SIGHUP");
    await turn();
  }
  t.same(counts, [4, 2], "a file that is wrong changes nothing");
  end();
  t.equal(hangUps.listenerCount("SIGHUP"), 0);
});
