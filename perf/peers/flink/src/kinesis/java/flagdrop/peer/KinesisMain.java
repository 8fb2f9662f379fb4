package flagdrop.peer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TimeZone;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.opensearch.sink.Opensearch2SinkBuilder;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.AssignerWithPeriodicWatermarks;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.connectors.kinesis.FlinkKinesisConsumer;
import org.apache.http.HttpHost;
import org.opensearch.action.index.IndexRequest;

/**
 * The job from a Kinesis stream to OpenSearch, by Flink's own connectors. Arguments: the way
 * (original or tuned), tasks side by side, a folder, the stream's endpoint and name, OpenSearch's
 * URL and the prefix of its indices. Runs until it is killed.
 */
public final class KinesisMain {
  private static final int BULK_ACTIONS = 1_000;
  private static final int BULK_INTERVAL_MS = 1_000;

  private KinesisMain() {}

  /** Makes events of records; each shard has a copy of its own. */
  private record Schema<T>(RecordParser<T> parser, Class<T> type)
      implements DeserializationSchema<T> {
    @Override
    public T deserialize(byte[] bytes) {
      return parser.parse(bytes, 0, bytes.length);
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

  /** The connector keeps one for each shard. */
  private static final class ShardWatermarks<T> implements AssignerWithPeriodicWatermarks<T> {
    private final Punctuated.Time<T> time;
    private final Punctuated.IsWatermark<T> isWatermark;
    private long watermarkMs = Long.MIN_VALUE;

    ShardWatermarks(Punctuated.Time<T> time, Punctuated.IsWatermark<T> isWatermark) {
      this.time = time;
      this.isWatermark = isWatermark;
    }

    @Override
    public long extractTimestamp(T event, long before) {
      long timeMs = time.applyAsLong(event);
      if (isWatermark.test(event)) watermarkMs = Math.max(watermarkMs, timeMs);
      return timeMs;
    }

    @Override
    public Watermark getCurrentWatermark() {
      return new Watermark(watermarkMs);
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
      StreamExecutionEnvironment env,
      String[] args,
      Schema<T> schema,
      ShardWatermarks<T> watermarks) {
    FlinkKinesisConsumer<T> consumer =
        new FlinkKinesisConsumer<>(args[4], schema, reading(args[3]));
    consumer.setPeriodicWatermarkAssigner(watermarks);
    return env.addSource(consumer);
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
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(Integer.parseInt(args[1]), configuration);
    env.getConfig().enableObjectReuse();
    Documents.elsewhere = new IntoOpenSearch(args[5], args[6]);
    if (isOriginal) {
      OriginalJob.tally(
          events(
              env,
              args,
              new Schema<>(new OriginalJob.GsonParser(), OriginalJob.Event.class),
              new ShardWatermarks<>(
                  OriginalJob.Event::timestampMs,
                  event -> event instanceof OriginalJob.WatermarkEvent)));
    } else {
      TunedJob.tally(
          events(
              env,
              args,
              // The connector hands records to another thread: an object each.
              new Schema<>(
                  (bytes, start, length) -> new TripParser().parse(bytes, start, length),
                  TripParser.Trip.class),
              new ShardWatermarks<>(trip -> trip.dropoffMs, trip -> trip.isWatermark)));
    }
    env.execute("taxi");
  }
}
