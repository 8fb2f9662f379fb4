package flagdrop.peer;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Runs the job in rounds. Arguments: the way (original or tuned), tasks side by side, a folder, and
 * a file for each shard. Each line of the input, "timestamp of the last window" and "true" or
 * "false" for whether documents are wanted, is answered by a line of figures.
 */
public final class Main {
  private static final int NS_PER_MS = 1_000_000;

  /** Tasks of a kind that end in documents: one for each query. */
  private static final int QUERIES = 2;

  private Main() {}

  static Configuration configuration(boolean isOriginal, String folder) {
    Configuration configuration = new Configuration();
    configuration.setString("rest.port", "0");
    configuration.setString("restart-strategy.type", "none");
    configuration.setString("state.backend.type", isOriginal ? "rocksdb" : "hashmap");
    if (isOriginal) {
      configuration.setString("execution.checkpointing.interval", "5s");
      configuration.setString("execution.checkpointing.dir", "file://" + folder + "/checkpoints");
    }
    return configuration;
  }

  private static void start(boolean isOriginal, int parallelism, List<String> rest)
      throws Exception {
    String folder = rest.get(0);
    int shardCount = rest.size() - 1;
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(
            parallelism, configuration(isOriginal, folder));
    env.getConfig().enableObjectReuse();
    if (isOriginal) OriginalJob.build(env, shardCount);
    else TunedJob.build(env, shardCount);
    env.executeAsync("taxi")
        .getJobExecutionResult()
        .whenComplete(
            (result, error) -> {
              if (error != null) error.printStackTrace();
              Runtime.getRuntime().halt(1);
            });
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static String round(long closedMs, int sinks, Path documents) throws Exception {
    boolean isWanted = documents != null;
    Rounds.collect(isWanted);
    Rounds.documents.reset();
    long cpu = cpuNanos();
    long start = System.nanoTime();
    Rounds.open(closedMs, sinks);
    long end = Rounds.awaitEnd();
    cpu = cpuNanos() - cpu;
    if (isWanted) Files.write(documents, Rounds.texts);
    return String.format(
        Locale.ROOT,
        "{\"wallMs\":%.3f,\"cpuMs\":%.3f,\"documents\":%d}",
        (double) (end - start) / NS_PER_MS,
        (double) cpu / NS_PER_MS,
        Rounds.documents.sum());
  }

  public static void main(String[] args) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    int parallelism = Integer.parseInt(args[1]);
    List<String> rest = Arrays.asList(args).subList(2, args.length);
    List<Path> paths = rest.subList(1, rest.size()).stream().map(Path::of).toList();
    start(args[0].equals("original"), parallelism, rest);
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = input.readLine()) != null; ) {
      String[] words = line.split(" ");
      Rounds.load(paths);
      Path documents = Path.of(rest.get(0), "documents.jsonl");
      long closedMs = Long.parseLong(words[0]);
      boolean isWanted = Boolean.parseBoolean(words[1]);
      System.out.println(round(closedMs, parallelism * QUERIES, isWanted ? documents : null));
    }
    Runtime.getRuntime().halt(0);
  }
}
