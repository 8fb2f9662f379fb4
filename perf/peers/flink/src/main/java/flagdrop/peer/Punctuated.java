package flagdrop.peer;

import java.io.Serializable;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;

/** Watermarks that are events among the events. */
final class Punctuated {
  private Punctuated() {}

  /** Time of an event. */
  interface Time<T> extends ToLongFunction<T>, Serializable {}

  /** Whether an event is a watermark. */
  interface IsWatermark<T> extends Predicate<T>, Serializable {}

  static <T> WatermarkStrategy<T> strategy(Time<T> time, IsWatermark<T> isWatermark) {
    return WatermarkStrategy.<T>forGenerator(context -> new Generator<>(isWatermark))
        .withTimestampAssigner((event, before) -> time.applyAsLong(event));
  }

  private record Generator<T>(IsWatermark<T> isWatermark) implements WatermarkGenerator<T> {
    @Override
    public void onEvent(T event, long timestampMs, WatermarkOutput output) {
      if (isWatermark.test(event)) output.emitWatermark(new Watermark(timestampMs));
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {}
  }
}
