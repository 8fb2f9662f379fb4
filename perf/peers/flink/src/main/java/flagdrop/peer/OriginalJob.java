package flagdrop.peer;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonDeserializer;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.gson.stream.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.StreamSupport;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.WindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.joda.time.DateTime;

/**
 * The job as the original has it: a tree by Gson, then an object with Joda's times; zones as
 * streams of cells; windows that keep their events and walk them when they fire. In its favour, one
 * thing is left out: the original deals every event anew before it takes the watermarks.
 */
final class OriginalJob {
  private OriginalJob() {}

  /** An event of either kind. */
  public abstract static class Event {
    abstract long timestampMs();
  }

  /** A trip. */
  public static class TripEvent extends Event {
    public double pickupLat;
    public double pickupLon;
    public double dropoffLat;
    public double dropoffLon;
    public double totalAmount;
    public DateTime pickupDatetime;
    public DateTime dropoffDatetime;

    @Override
    long timestampMs() {
      return dropoffDatetime.getMillis();
    }
  }

  /** A watermark. */
  public static class WatermarkEvent extends Event {
    public DateTime watermark;

    @Override
    long timestampMs() {
      return watermark.getMillis();
    }
  }

  /** Gson's tree first, then the object that its type asks for. */
  static final class GsonParser implements RecordParser<Event> {
    private static final JsonDeserializer<DateTime> TIME =
        (json, type, context) -> new DateTime(json.getAsString());
    private static final Gson GSON =
        new GsonBuilder()
            .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
            .registerTypeAdapter(DateTime.class, TIME)
            .create();

    @Override
    public Event parse(byte[] bytes, int start, int length) {
      ByteArrayInputStream input = new ByteArrayInputStream(bytes, start, length);
      InputStreamReader reader = new InputStreamReader(input, StandardCharsets.UTF_8);
      JsonElement tree = JsonParser.parseReader(new JsonReader(reader));
      String type = tree.getAsJsonObject().remove("type").getAsString();
      return switch (type) {
        case "watermark" -> GSON.fromJson(tree, WatermarkEvent.class);
        case "trip" -> GSON.fromJson(tree, TripEvent.class);
        default -> throw new IllegalArgumentException("Cannot parse an event of type " + type);
      };
    }
  }

  static void build(StreamExecutionEnvironment env, int shardCount) {
    tally(
        env.fromSource(
            new RoundSource<>(shardCount, new GsonParser()),
            Punctuated.strategy(Event::timestampMs, event -> event instanceof WatermarkEvent),
            "shards",
            TypeInformation.of(Event.class)));
  }

  /** From events with their watermarks to documents. */
  static void tally(DataStream<Event> events) {
    DataStream<TripEvent> trips =
        events
            .filter(event -> event instanceof TripEvent)
            .map(event -> (TripEvent) event)
            .returns(TripEvent.class)
            .filter(
                trip ->
                    Zones.inRange(trip.pickupLat, trip.pickupLon)
                        && Zones.inRange(trip.dropoffLat, trip.dropoffLon))
            .filter(
                trip ->
                    Zones.contain(Zones.NYC, trip.pickupLat, trip.pickupLon)
                        && Zones.contain(Zones.NYC, trip.dropoffLat, trip.dropoffLon));
    pickups(trips);
    durations(trips);
  }

  private static void pickups(DataStream<TripEvent> trips) {
    Documents.end(
        trips
            .map(trip -> Zones.geohash(trip.pickupLat, trip.pickupLon))
            .returns(Types.STRING)
            .keyBy(location -> location, Types.STRING)
            .window(TumblingEventTimeWindows.of(Duration.ofMinutes(10)))
            .apply(new CountPickups(), TypeInformation.of(Documents.PickupCount.class))
            .filter(document -> document.pickupCount >= 2));
  }

  private static void durations(DataStream<TripEvent> trips) {
    KeySelector<Tuple3<String, String, Long>, Tuple2<String, String>> key =
        ride -> Tuple2.of(ride.f0, ride.f1);
    Documents.end(
        trips
            .flatMap(OriginalJob::ride)
            .returns(Types.TUPLE(Types.STRING, Types.STRING, Types.LONG))
            .keyBy(key, Types.TUPLE(Types.STRING, Types.STRING))
            .window(TumblingEventTimeWindows.of(Duration.ofMinutes(10)))
            .apply(new SumDurations(), TypeInformation.of(Documents.TripDuration.class)));
  }

  private static void ride(TripEvent trip, Collector<Tuple3<String, String, Long>> rides) {
    String airport;
    if (Zones.contain(Zones.JFK, trip.dropoffLat, trip.dropoffLon)) airport = "JFK";
    else if (Zones.contain(Zones.LGA, trip.dropoffLat, trip.dropoffLon)) airport = "LGA";
    else return;
    String location = Zones.geohash(trip.pickupLat, trip.pickupLon);
    long minutes =
        new org.joda.time.Duration(trip.pickupDatetime, trip.dropoffDatetime).getStandardMinutes();
    rides.collect(Tuple3.of(location, airport, minutes));
  }

  private static final class CountPickups
      implements WindowFunction<String, Documents.PickupCount, String, TimeWindow> {
    @Override
    public void apply(
        String location,
        TimeWindow window,
        Iterable<String> events,
        Collector<Documents.PickupCount> out) {
      long count = StreamSupport.stream(events.spliterator(), false).count();
      out.collect(new Documents.PickupCount(location, count, window.maxTimestamp()));
    }
  }

  private static final class SumDurations
      implements WindowFunction<
          Tuple3<String, String, Long>,
          Documents.TripDuration,
          Tuple2<String, String>,
          TimeWindow> {
    @Override
    public void apply(
        Tuple2<String, String> key,
        TimeWindow window,
        Iterable<Tuple3<String, String, Long>> events,
        Collector<Documents.TripDuration> out) {
      long count = StreamSupport.stream(events.spliterator(), false).count();
      if (count < 2) return;
      long sum =
          StreamSupport.stream(events.spliterator(), false).mapToLong(ride -> ride.f2).sum();
      out.collect(new Documents.TripDuration(key.f0, key.f1, sum, count, window.maxTimestamp()));
    }
  }
}
