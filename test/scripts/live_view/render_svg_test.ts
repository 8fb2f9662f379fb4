import t from "tap";
import { liveLines } from "../../../scripts/live_view/render_live.ts";
import { renderSvg } from "../../../scripts/live_view/render_svg.ts";
import { piece } from "../../../scripts/live_view/styled_line.ts";
import { sampleStatus } from "../../engine/status/sample_status.ts";

t.test("renderSvg() has every word of the live view", async (t) => {
  const svg = renderSvg(liveLines(sampleStatus(), { columns: 81 }), 80);
  for (const text of ["23,104", "Sun 2016-01-03 11:50", "dr5ru7", "JFK"]) {
    t.match(svg, `>${text}</text>`);
  }
  t.match(svg, /^<svg [^>]+>\n[\s\S]+\n<\/svg>\n$/);
  t.ok(svg.length < 20_000);
});

t.test(
  "renderSvg() draws bars as rectangles, an eighth of a column fine",
  async (t) => {
    const svg = renderSvg([[piece("██▌  ", "cyan")]], 5);
    t.match(svg, 'width="21" height="13" fill="#4cc2d6"');
    t.notMatch(svg, "█");
  },
);

t.test("renderSvg() escapes what would be markup", async (t) => {
  t.match(renderSvg([[piece("<a> & b")]], 10), ">&lt;a&gt; &amp; b</text>");
});
