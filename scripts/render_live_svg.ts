/**
 * Makes the README's picture of the live view from a running engine:
 * `node dist/scripts/render_live_svg.js http://127.0.0.1:8787 > FILE.svg`.
 *
 * @module
 */
import type { EngineStatus } from "../engine/status/status.ts";
import { liveLines } from "./live_view/render_live.ts";
import { renderSvg } from "./live_view/render_svg.ts";

const COLUMNS = 84;
const ROWS = 26;

const [url = "http://127.0.0.1:8787"] = process.argv.slice(2);
const answer = await fetch(new URL("/api/status", url));
const status = (await answer.json()) as EngineStatus;
const lines = liveLines(status, { columns: COLUMNS + 1, rows: ROWS, url });
process.stdout.write(renderSvg(lines, COLUMNS));
