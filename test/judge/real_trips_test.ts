/**
 * The judge on real trips. The expected figures were counted once by a script
 * in another language with arithmetic of its own.
 */
import t from "tap";
import { Judge, ZONES, type Zones } from "./judge.ts";
import { REAL_TRIPS, skipWithout } from "./real_trips.ts";

// A bound for busy machines; it takes seconds.
t.setTimeout(600_000);

interface Figures {
  readonly tallied: number;
  readonly pickupDocuments: number;
  readonly pickups: number;
  readonly durationDocuments: number;
  readonly minutes: number;
}

function figures(...values: readonly number[]): Figures {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = values;
  return {
    tallied: a,
    pickupDocuments: b,
    pickups: c,
    durationDocuments: d,
    minutes: e,
  };
}

const EXPECTED: readonly Record<Zones, Figures>[] = [
  {
    nyc: figures(45_482, 1_691, 44_871, 3, 144),
    refarch: figures(35_584, 1_299, 35_140, 2, 95),
    boxes: figures(45_354, 1_686, 44_767, 7, 396),
  },
  {
    nyc: figures(98_482, 9_665, 20_842, 5, 394),
    refarch: figures(72_751, 7_018, 15_091, 5, 394),
    boxes: figures(98_179, 9_632, 20_769, 6, 470),
  },
];

for (const [i, file] of REAL_TRIPS.entries()) {
  const skip = skipWithout(file);
  t.test(`Judge.ofCsv() counts ${file.name} right`, { skip }, async (t) => {
    const judge = await Judge.ofCsv(file.path);
    for (const zones of ZONES) {
      const { tallied } = await judge.counts(zones);
      const documents = [...(await judge.documents(zones)).values()];
      const sum = (field: string) =>
        documents.reduce((total, one) => total + Number(one[field] ?? 0), 0);
      const of = (query: string) =>
        documents.filter((one) => one._id.startsWith(query)).length;
      const actual: Figures = {
        tallied,
        pickupDocuments: of("pickup_count"),
        pickups: sum("pickup_count"),
        durationDocuments: of("trip_duration"),
        minutes: sum("sum_trip_duration"),
      };
      t.strictSame(actual, EXPECTED[i]?.[zones], zones);
    }
    judge.close();
  });
}
