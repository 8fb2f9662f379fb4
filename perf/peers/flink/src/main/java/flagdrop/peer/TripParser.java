package flagdrop.peer;

import com.alibaba.fastjson2.JSONReader;
import com.alibaba.fastjson2.util.Fnv;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Reads what the job needs of a record into one object that it uses again and again. */
final class TripParser implements RecordParser<TripParser.Trip> {
  private static final long TYPE = Fnv.hashCode64("type");
  private static final long TRIP = Fnv.hashCode64("trip");
  private static final long WATERMARK = Fnv.hashCode64("watermark");
  private static final long PICKUP_LAT = Fnv.hashCode64("pickup_lat");
  private static final long PICKUP_LON = Fnv.hashCode64("pickup_lon");
  private static final long DROPOFF_LAT = Fnv.hashCode64("dropoff_lat");
  private static final long DROPOFF_LON = Fnv.hashCode64("dropoff_lon");
  private static final long PICKUP_DATETIME = Fnv.hashCode64("pickup_datetime");
  private static final long DROPOFF_DATETIME = Fnv.hashCode64("dropoff_datetime");
  private static final long DAY_MS = 86_400_000;

  /** A trip; or a watermark, whose time is the drop-off's. */
  public static final class Trip {
    public boolean isWatermark;
    public double pickupLat;
    public double pickupLon;
    public double dropoffLat;
    public double dropoffLon;
    public long pickupMs;
    public long dropoffMs;
  }

  private transient Trip trip;

  @Override
  public Trip parse(byte[] bytes, int start, int length) {
    if (trip == null) trip = new Trip();
    long type = 0;
    try (JSONReader reader = JSONReader.of(bytes, start, length, StandardCharsets.US_ASCII)) {
      reader.nextIfObjectStart();
      while (!reader.nextIfObjectEnd()) {
        long name = reader.readFieldNameHashCode();
        if (name == TYPE) type = reader.readValueHashCode();
        else if (name == PICKUP_LAT) trip.pickupLat = reader.readDoubleValue();
        else if (name == PICKUP_LON) trip.pickupLon = reader.readDoubleValue();
        else if (name == DROPOFF_LAT) trip.dropoffLat = reader.readDoubleValue();
        else if (name == DROPOFF_LON) trip.dropoffLon = reader.readDoubleValue();
        else if (name == PICKUP_DATETIME) trip.pickupMs = timeMs(reader.readString());
        else if (name == DROPOFF_DATETIME || name == WATERMARK) {
          trip.dropoffMs = timeMs(reader.readString());
        } else reader.skipValue();
      }
    }
    trip.isWatermark = type == WATERMARK;
    if (type != TRIP && type != WATERMARK) throw new IllegalArgumentException("unknown type");
    return trip;
  }

  /** A time of the form 2016-01-01T00:00:00.000Z; others by Java's own way. */
  private static long timeMs(String text) {
    boolean isUsual =
        text.length() == 24
            && text.charAt(23) == 'Z'
            && text.charAt(4) == '-'
            && text.charAt(10) == 'T'
            && text.charAt(13) == ':';
    if (!isUsual) return Instant.parse(text).toEpochMilli();
    long days = days(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10));
    int seconds =
        digits(text, 11, 13) * 3_600 + digits(text, 14, 16) * 60 + digits(text, 17, 19);
    return days * DAY_MS + seconds * 1_000L + digits(text, 20, 23);
  }

  private static int digits(String text, int from, int to) {
    int value = 0;
    for (int i = from; i < to; i++) value = value * 10 + text.charAt(i) - '0';
    return value;
  }

  /** Days since 1970; years begin in March, so that leap days come last. */
  private static long days(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400;
    int yearOfEra = y - era * 400;
    int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    return era * 146_097L + dayOfEra - 719_468;
  }
}
