import t from "tap";
import { Screen } from "../../scripts/screen.ts";
import { MemoryOutput } from "./memory_output.ts";

t.test("Screen.write() goes to the holder while there is one", async (t) => {
  const output = new MemoryOutput();
  const screen = new Screen(output);
  const held: string[] = [];
  screen.write("a\n");
  screen.hold((line) => held.push(line));
  screen.write("b\n");
  screen.release();
  screen.write("c\n");
  t.equal(output.text, "a\nc\n");
  t.strictSame(held, ["b\n"]);
});
