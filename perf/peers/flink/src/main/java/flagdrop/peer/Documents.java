package flagdrop.peer;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.annotations.SerializedName;
import java.util.Queue;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** The documents, and the end of the job: each is serialized and dropped. */
final class Documents {
  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .create();

  private Documents() {}

  /** Trips that began in a cell. */
  public static class PickupCount {
    @SerializedName("_id")
    public String id;

    public String query = "pickup_count";
    public long timestamp;
    public String location;
    public long pickupCount;

    public PickupCount() {}

    PickupCount(String location, long pickupCount, long timestamp) {
      this.id = "pickup_count|" + timestamp + "|" + location;
      this.timestamp = timestamp;
      this.location = location;
      this.pickupCount = pickupCount;
    }
  }

  /** Minutes of trips from a cell to an airport. */
  public static class TripDuration {
    @SerializedName("_id")
    public String id;

    public String query = "trip_duration";
    public long timestamp;
    public String location;
    public String airportCode;
    public long sumTripDuration;
    public double avgTripDuration;

    public TripDuration() {}

    TripDuration(String location, String airportCode, long sum, long count, long timestamp) {
      this.id = "trip_duration|" + timestamp + "|" + location + "|" + airportCode;
      this.timestamp = timestamp;
      this.location = location;
      this.airportCode = airportCode;
      this.sumTripDuration = sum;
      this.avgTripDuration = (double) sum / count;
    }
  }

  /** Another end of the job. */
  interface End {
    <T> void end(DataStream<T> documents);
  }

  /** Where documents go instead of being dropped; null for nowhere. */
  static End elsewhere;

  static <T> void end(DataStream<T> documents) {
    if (elsewhere != null) {
      elsewhere.end(documents);
      return;
    }
    documents
        .transform("documents", Types.STRING, new Serialize<T>())
        .sinkTo(new DiscardingSink<>());
  }

  /** Serializes, and tells when a watermark has come as far as this. */
  private static final class Serialize<T> extends AbstractStreamOperator<String>
      implements OneInputStreamOperator<T, String> {
    private transient int round;

    Serialize() {
      chainingStrategy = ChainingStrategy.ALWAYS;
    }

    @Override
    public void processElement(StreamRecord<T> element) {
      String text = GSON.toJson(element.getValue());
      Rounds.documents.increment();
      Queue<String> texts = Rounds.texts;
      if (texts != null) texts.add(text);
      output.collect(new StreamRecord<>(text));
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
      super.processWatermark(mark);
      if (Rounds.reached(mark.getTimestamp(), round)) round++;
    }
  }
}
