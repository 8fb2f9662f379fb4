package flagdrop.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;
import org.apache.flink.metrics.reporter.Scheduled;

/** Writes to a file how many records Flink's windows have dropped as late, of all of them. */
public final class LateRecords implements MetricReporter, Scheduled {
  private static final String COUNTER = "numLateRecordsDropped";

  private final Set<Counter> counters = ConcurrentHashMap.newKeySet();
  private Path file;

  /** Flink finds it by META-INF/services. */
  public static final class Factory implements MetricReporterFactory {
    @Override
    public MetricReporter createMetricReporter(Properties properties) {
      return new LateRecords();
    }
  }

  @Override
  public void open(MetricConfig config) {
    file = Path.of(config.getString("file", "late"));
  }

  @Override
  public void close() {}

  @Override
  public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
    if (name.equals(COUNTER) && metric instanceof Counter counter) counters.add(counter);
  }

  /** A task that has ended stays counted. */
  @Override
  public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {}

  @Override
  public void report() {
    long late = counters.stream().mapToLong(Counter::getCount).sum();
    try {
      Files.writeString(file, Long.toString(late));
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
