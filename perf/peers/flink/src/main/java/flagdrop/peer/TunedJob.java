package flagdrop.peer;

import java.time.Duration;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/**
 * The job by somebody who knows Flink and is in a hurry: one flat object that fastjson2 fills, zones
 * as boxes, windows that keep sums.
 */
final class TunedJob {
  private TunedJob() {}

  static void build(StreamExecutionEnvironment env, int shardCount) {
    tally(
        env.fromSource(
            new RoundSource<>(shardCount, new TripParser()),
            Punctuated.strategy(trip -> trip.dropoffMs, trip -> trip.isWatermark),
            "shards",
            TypeInformation.of(TripParser.Trip.class)));
  }

  /** From events with their watermarks to documents. */
  static void tally(DataStream<TripParser.Trip> events) {
    DataStream<TripParser.Trip> trips =
        events.filter(
            trip ->
                !trip.isWatermark
                    && Zones.contain(Zones.NYC_BOXES, trip.pickupLat, trip.pickupLon)
                    && Zones.contain(Zones.NYC_BOXES, trip.dropoffLat, trip.dropoffLon));
    pickups(trips);
    durations(trips);
  }

  private static void pickups(DataStream<TripParser.Trip> trips) {
    Documents.end(
        trips
            .map(trip -> Zones.geohash(trip.pickupLat, trip.pickupLon))
            .returns(Types.STRING)
            .keyBy(location -> location, Types.STRING)
            .window(TumblingEventTimeWindows.of(Duration.ofMinutes(10)))
            .aggregate(
                new Count(),
                new PickupDocument(),
                Types.LONG,
                Types.LONG,
                TypeInformation.of(Documents.PickupCount.class)));
  }

  private static void durations(DataStream<TripParser.Trip> trips) {
    KeySelector<Tuple3<String, String, Long>, Tuple2<String, String>> key =
        ride -> Tuple2.of(ride.f0, ride.f1);
    TypeInformation<Tuple2<Long, Long>> sums = Types.TUPLE(Types.LONG, Types.LONG);
    Documents.end(
        trips
            .flatMap(TunedJob::ride)
            .returns(Types.TUPLE(Types.STRING, Types.STRING, Types.LONG))
            .keyBy(key, Types.TUPLE(Types.STRING, Types.STRING))
            .window(TumblingEventTimeWindows.of(Duration.ofMinutes(10)))
            .aggregate(
                new Sum(),
                new DurationDocument(),
                sums,
                sums,
                TypeInformation.of(Documents.TripDuration.class)));
  }

  private static void ride(TripParser.Trip trip, Collector<Tuple3<String, String, Long>> rides) {
    String airport;
    if (Zones.contain(Zones.JFK_BOXES, trip.dropoffLat, trip.dropoffLon)) airport = "JFK";
    else if (Zones.contain(Zones.LGA_BOXES, trip.dropoffLat, trip.dropoffLon)) airport = "LGA";
    else return;
    String location = Zones.geohash(trip.pickupLat, trip.pickupLon);
    rides.collect(Tuple3.of(location, airport, (trip.dropoffMs - trip.pickupMs) / 60_000));
  }

  private static final class Count implements AggregateFunction<String, Long, Long> {
    @Override
    public Long createAccumulator() {
      return 0L;
    }

    @Override
    public Long add(String location, Long count) {
      return count + 1;
    }

    @Override
    public Long getResult(Long count) {
      return count;
    }

    @Override
    public Long merge(Long a, Long b) {
      return a + b;
    }
  }

  private static final class PickupDocument
      extends ProcessWindowFunction<Long, Documents.PickupCount, String, TimeWindow> {
    @Override
    public void process(
        String location,
        Context context,
        Iterable<Long> counts,
        Collector<Documents.PickupCount> out) {
      long count = counts.iterator().next();
      if (count < 2) return;
      out.collect(new Documents.PickupCount(location, count, context.window().maxTimestamp()));
    }
  }

  /** Minutes, then trips. */
  private static final class Sum
      implements AggregateFunction<
          Tuple3<String, String, Long>, Tuple2<Long, Long>, Tuple2<Long, Long>> {
    @Override
    public Tuple2<Long, Long> createAccumulator() {
      return Tuple2.of(0L, 0L);
    }

    @Override
    public Tuple2<Long, Long> add(Tuple3<String, String, Long> ride, Tuple2<Long, Long> sum) {
      sum.f0 += ride.f2;
      sum.f1++;
      return sum;
    }

    @Override
    public Tuple2<Long, Long> getResult(Tuple2<Long, Long> sum) {
      return sum;
    }

    @Override
    public Tuple2<Long, Long> merge(Tuple2<Long, Long> a, Tuple2<Long, Long> b) {
      return Tuple2.of(a.f0 + b.f0, a.f1 + b.f1);
    }
  }

  private static final class DurationDocument
      extends ProcessWindowFunction<
          Tuple2<Long, Long>, Documents.TripDuration, Tuple2<String, String>, TimeWindow> {
    @Override
    public void process(
        Tuple2<String, String> key,
        Context context,
        Iterable<Tuple2<Long, Long>> sums,
        Collector<Documents.TripDuration> out) {
      Tuple2<Long, Long> sum = sums.iterator().next();
      if (sum.f1 < 2) return;
      long timestamp = context.window().maxTimestamp();
      out.collect(new Documents.TripDuration(key.f0, key.f1, sum.f0, sum.f1, timestamp));
    }
  }
}
