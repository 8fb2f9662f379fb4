/**
 * The dashboard's page: starts it, and moves between its views.
 *
 * @module
 */
import type { EngineStatus } from "../../status/status.ts";
import type { CityState } from "../city_state.ts";
import {
  ApiError,
  getJson,
  type JobDetails,
  postJson,
  type Schema,
} from "./api.ts";
import { CityView } from "./city_view.ts";
import { say } from "./confirm.ts";
import { byId, setAttribute, setText } from "./dom.ts";
import {
  clockText,
  countText,
  dayText,
  localTimeText,
  shortCount,
} from "./format.ts";
import { JobView } from "./job_view.ts";
import { type Freshness, LiveClient } from "./live_client.ts";
import { mapScene } from "./map_scene.ts";
import { RateHistory } from "./rates.ts";
import { startTheme, theme } from "./theme.ts";

/** When the server was heard of last, and what state the run was in. */
let heardAt = "";
let lastState: EngineStatus["state"] | "none" | undefined;

/** Between two attempts to begin, ms. */
const BEGIN_AGAIN_MS = 2_000;

const rates = new RateHistory();

function freshnessText(freshness: Freshness): string {
  if (freshness === "joining") return "joining…";
  if (freshness === "signed-out") return "signed out";
  if (freshness === "live") {
    return lastState === "none" ? "store only" : "live";
  }
  // A run that was about to end has ended; another may come.
  if (lastState === "stopping" || lastState === "finished") {
    return "stale: the run has ended";
  }
  return heardAt === ""
    ? "stale: nobody answers, trying again…"
    : `stale since ${heardAt}: reconnecting…`;
}

function showFreshness(freshness: Freshness): void {
  if (freshness === "live") heardAt = localTimeText(Date.now());
  const pill = byId("connection");
  setText(pill, freshnessText(freshness));
  setAttribute(pill, "data-freshness", freshness);
  const isOld = freshness === "stale" || freshness === "signed-out";
  document.body.classList.toggle("is-stale", isOld);
}

/** The few figures that stand above both views. */
function showTop(status: EngineStatus | null, city: CityState): void {
  const watermarkMs = status?.watermarkMs ?? city.extent?.toMs ?? null;
  if (watermarkMs !== null) {
    setText(byId("clock-day"), dayText(watermarkMs));
    setText(byId("clock-time"), clockText(watermarkMs));
  }
  byId("reading").hidden = status === null;
  if (status === null) return;
  const { recordsPerSecond } = rates.add(status);
  setText(byId("rate"), `${shortCount(recordsPerSecond)}/s`);
  const total = byId("read-total");
  setText(total, countText(status.counts.read));
  total.setAttribute("data-seq", String(status.nowMs));
}

/** Which view the address names. */
function showView(jobView: JobView): void {
  const name = location.hash === "#job" ? "job" : "city";
  for (const view of ["city", "job"]) {
    byId(`view-${view}`).hidden = view !== name;
    const tab = byId(`tab-${view}`);
    if (view === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  jobView.open(name === "job");
}

/** Asks for the token until it is right. */
function signIn(): Promise<void> {
  const dialog = byId<HTMLDialogElement>("sign-in");
  const field = byId<HTMLInputElement>("token");
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    byId("sign-in-form").onsubmit = (event) => {
      event.preventDefault();
      postJson("/api/session", { token: field.value }).then(
        () => {
          field.value = "";
          dialog.close();
          resolve();
        },
        (error: unknown) =>
          setText(
            byId("sign-in-error"),
            error instanceof Error ? error.message : String(error),
          ),
      );
    };
  });
}

function report(error: unknown): void {
  say(error instanceof Error ? error.message : String(error), "bad");
}

/** The job, after signing in where that is needed. */
async function readSchema(): Promise<Schema> {
  for (;;) {
    try {
      return await getJson<Schema>("/api/results");
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        showFreshness("signed-out");
        await signIn();
        continue;
      }
      showFreshness("stale");
      await new Promise((resolve) => setTimeout(resolve, BEGIN_AGAIN_MS));
    }
  }
}

function startLive(schema: Schema, jobView: JobView) {
  let city: CityView | undefined;
  const live = new LiveClient({
    onState(status, state) {
      lastState = status?.state ?? "none";
      showTop(status, state);
      city?.take(state, status);
      jobView.take(status);
    },
    onFreshness(freshness) {
      showFreshness(freshness);
      if (freshness === "stale") jobView.lost(heardAt);
      if (freshness !== "signed-out") return;
      signIn().then(() => live.rejoin(), report);
    },
    onProblem(problem) {
      const box = byId("problem");
      box.hidden = problem === null;
      if (problem !== null) {
        setText(box, `Results can't be read at present: ${problem}`);
      }
    },
  });
  return {
    live,
    setCity(view: CityView) {
      city = view;
    },
    schema,
  };
}

async function start(): Promise<void> {
  startTheme();
  showFreshness("joining");
  const jobView = new JobView();
  showView(jobView);
  window.addEventListener("hashchange", () => showView(jobView));
  const schema = await readSchema();
  document.title = `Flagdrop · ${schema.job}`;
  const { live, setCity } = startLive(schema, jobView);
  const { tiles, tilesCredit } = await getJson<JobDetails>("/api/job");
  const city = new CityView({
    schema,
    scene: await mapScene(schema),
    tiles: tiles ?? undefined,
    tilesCredit: tilesCredit ?? undefined,
    theme,
    onWatch: (choice) => live.watch(choice),
    onError: report,
  });
  setCity(city);
  startTheme(() => city.restyle());
  // For the test that counts pictures.
  Object.defineProperty(window, "flagdropMap", { get: () => city.map });
}

start().catch(report);
