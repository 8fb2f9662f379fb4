package flagdrop.peer;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TimeZone;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.opensearch.sink.Opensearch2SinkBuilder;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.connectors.kinesis.FlinkKinesisConsumer;
import org.apache.http.HttpHost;
import org.opensearch.action.index.IndexRequest;

/**
 * The job from a Kinesis stream to OpenSearch, by Flink's own connectors. Arguments: the way
 * (original or tuned), tasks side by side, a folder, the stream's endpoint and name, OpenSearch's
 * URL, the prefix of its indices, and the number of shards. Runs until it is killed.
 */
public final class KinesisMain {
  private static final int BULK_ACTIONS = 1_000;
  private static final int BULK_INTERVAL_MS = 1_000;

  private KinesisMain() {}

  /**
   * Makes events of records; each shard has a copy of its own. The connector's own watermarks forget
   * a shard that has nothing at hand for a moment, and one that has emitted nothing yet: events of
   * either come late. So each copy tells its shard's watermark to all of this process.
   */
  private static final class Schema<T> implements DeserializationSchema<T> {
    private static final Map<Object, Long> WATERMARKS = new ConcurrentHashMap<>();

    private final Class<T> type;
    private final RecordParser<T> parser;
    private final Punctuated.Time<T> time;
    private final Punctuated.IsWatermark<T> isWatermark;

    Schema(
        Class<T> type,
        RecordParser<T> parser,
        Punctuated.Time<T> time,
        Punctuated.IsWatermark<T> isWatermark) {
      this.type = type;
      this.parser = parser;
      this.time = time;
      this.isWatermark = isWatermark;
    }

    /** The least of all shards, once each has one. */
    static void tell(int shardCount, WatermarkOutput output) {
      if (WATERMARKS.size() < shardCount) return;
      output.emitWatermark(new Watermark(Collections.min(WATERMARKS.values())));
    }

    @Override
    public T deserialize(byte[] bytes) {
      T event = parser.parse(bytes, 0, bytes.length);
      if (isWatermark.test(event)) WATERMARKS.merge(this, time.applyAsLong(event), Math::max);
      return event;
    }

    @Override
    public boolean isEndOfStream(T event) {
      return false;
    }

    @Override
    public TypeInformation<T> getProducedType() {
      return TypeInformation.of(type);
    }
  }

  private record Least<T>(int shardCount) implements WatermarkGenerator<T> {
    @Override
    public void onEvent(T event, long timestampMs, WatermarkOutput output) {}

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
      Schema.tell(shardCount, output);
    }
  }

  private static Properties reading(String endpoint) {
    Properties properties = new Properties();
    properties.setProperty("aws.region", "us-east-1");
    properties.setProperty("aws.endpoint", endpoint);
    properties.setProperty("aws.credentials.provider", "BASIC");
    properties.setProperty("aws.credentials.provider.basic.accesskeyid", "none");
    properties.setProperty("aws.credentials.provider.basic.secretkey", "none");
    properties.setProperty("flink.stream.initpos", "TRIM_HORIZON");
    return properties;
  }

  private static <T> DataStream<T> events(
      StreamExecutionEnvironment env, String[] args, Schema<T> schema) {
    int shardCount = Integer.parseInt(args[7]);
    Punctuated.Time<T> time = schema.time;
    return env.addSource(new FlinkKinesisConsumer<>(args[4], schema, reading(args[3])))
        .assignTimestampsAndWatermarks(
            WatermarkStrategy.<T>forGenerator(context -> new Least<>(shardCount))
                .withTimestampAssigner((event, before) -> time.applyAsLong(event)));
  }

  private static IndexRequest request(String prefix, Object document) {
    Map<String, Object> source = new LinkedHashMap<>();
    if (document instanceof Documents.PickupCount pickups) {
      source.put("timestamp", pickups.timestamp);
      source.put("location", pickups.location);
      source.put("pickup_count", pickups.pickupCount);
      return new IndexRequest(prefix + "-pickup_count").id(pickups.id).source(source);
    }
    Documents.TripDuration durations = (Documents.TripDuration) document;
    source.put("timestamp", durations.timestamp);
    source.put("location", durations.location);
    source.put("airport_code", durations.airportCode);
    source.put("sum_trip_duration", durations.sumTripDuration);
    source.put("avg_trip_duration", durations.avgTripDuration);
    return new IndexRequest(prefix + "-trip_duration").id(durations.id).source(source);
  }

  private record IntoOpenSearch(String url, String prefix) implements Documents.End {
    @Override
    public <T> void end(DataStream<T> documents) {
      String prefix = this.prefix;
      documents.sinkTo(
          new Opensearch2SinkBuilder<T>()
              .setHosts(HttpHost.create(url))
              .setBulkFlushMaxActions(BULK_ACTIONS)
              .setBulkFlushInterval(BULK_INTERVAL_MS)
              .<T>setEmitter(
                  (document, context, indexer) -> indexer.add(request(prefix, document)))
              .build());
    }
  }

  public static void main(String[] args) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    boolean isOriginal = args[0].equals("original");
    Configuration configuration = Main.configuration(isOriginal, args[2]);
    configuration.setString("metrics.reporters", "late");
    configuration.setString("metrics.reporter.late.factory.class", LateRecords.Factory.class.getName());
    configuration.setString("metrics.reporter.late.interval", "1 SECONDS");
    configuration.setString("metrics.reporter.late.file", Path.of(args[2], "late").toString());
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(Integer.parseInt(args[1]), configuration);
    env.getConfig().enableObjectReuse();
    Documents.elsewhere = new IntoOpenSearch(args[5], args[6]);
    if (isOriginal) {
      OriginalJob.tally(
          events(
              env,
              args,
              new Schema<>(
                  OriginalJob.Event.class,
                  new OriginalJob.GsonParser(),
                  OriginalJob.Event::timestampMs,
                  event -> event instanceof OriginalJob.WatermarkEvent)));
    } else {
      TunedJob.tally(
          events(
              env,
              args,
              // The connector hands records to another thread: an object each.
              new Schema<>(
                  TripParser.Trip.class,
                  (bytes, start, length) -> new TripParser().parse(bytes, start, length),
                  trip -> trip.dropoffMs,
                  trip -> trip.isWatermark)));
    }
    env.execute("taxi");
  }
}
