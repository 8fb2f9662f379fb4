package flagdrop.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the source reads and the sinks tell, round by round. Static, since Flink makes its operators
 * itself; all run in this JVM.
 */
final class Rounds {
  /** One shard's records, each with its line feed: record i ends at ends[i]. */
  record Shard(byte[] bytes, int[] ends) {}

  static volatile List<Shard> shards = List.of();
  static final LongAdder documents = new LongAdder();

  /** The documents' texts while somebody wants them. */
  static volatile Queue<String> texts;

  private static int opened;
  private static CompletableFuture<Void> nextOpened = new CompletableFuture<>();
  private static long closedMs;
  private static int sinksBehind;
  private static int shardsUnread;
  private static long endNanos;

  private Rounds() {}

  /** Reads the files, off the clock. */
  static void load(List<Path> paths) {
    shards = List.of(); // Room for the next ones.
    shards = paths.stream().map(Rounds::read).toList();
  }

  private static Shard read(Path path) {
    try {
      byte[] bytes = Files.readAllBytes(path);
      int count = 0;
      for (byte one : bytes) {
        if (one == '\n') count++;
      }
      int[] ends = new int[count];
      for (int i = 0, record = 0; i < bytes.length; i++) {
        if (bytes[i] == '\n') ends[record++] = i + 1;
      }
      return new Shard(bytes, ends);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets the round be read that closes the windows up to this timestamp. */
  static synchronized void open(long closedMs, int sinks) {
    Rounds.closedMs = closedMs;
    sinksBehind = sinks;
    shardsUnread = shards.size();
    opened++;
    CompletableFuture<Void> waiting = nextOpened;
    nextOpened = new CompletableFuture<>();
    waiting.complete(null);
  }

  /** The number of the round that may be read; 0 before the first. */
  static synchronized int opened() {
    return opened;
  }

  /** Done when a round after this one may be read. */
  static synchronized CompletableFuture<Void> after(int round) {
    return opened > round ? CompletableFuture.completedFuture(null) : nextOpened;
  }

  static synchronized void shardRead() {
    shardsUnread--;
    endIfDone();
  }

  /** A sink has had all that comes before a watermark; whether that ended its round. */
  static synchronized boolean reached(long watermarkMs, int lastRound) {
    if (lastRound >= opened || watermarkMs < closedMs) return false;
    sinksBehind--;
    endIfDone();
    return true;
  }

  private static void endIfDone() {
    if (sinksBehind > 0 || shardsUnread > 0) return;
    endNanos = System.nanoTime();
    Rounds.class.notifyAll();
  }

  /** Waits for the round's end. @return when it was, as {@link System#nanoTime} */
  static synchronized long awaitEnd() throws InterruptedException {
    while (sinksBehind > 0 || shardsUnread > 0) Rounds.class.wait();
    return endNanos;
  }

  static void collect(boolean wanted) {
    texts = wanted ? new ConcurrentLinkedQueue<>() : null;
  }
}
