package flagdrop.peer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Records in memory, a split for each shard. They are parsed in the source's task, where Flink's
 * own connectors deserialize; each split has a watermark of its own.
 */
final class RoundSource<T> implements Source<T, RoundSource.Split, List<RoundSource.Split>> {
  private static final int RECORDS_PER_POLL = 64;

  private final int shardCount;
  private final RecordParser<T> parser;

  RoundSource(int shardCount, RecordParser<T> parser) {
    this.shardCount = shardCount;
    this.parser = parser;
  }

  /** A shard and how far a round of it has been read. */
  static final class Split implements SourceSplit {
    final int shard;
    int next;

    Split(int shard, int next) {
      this.shard = shard;
      this.next = next;
    }

    @Override
    public String splitId() {
      return "shard-" + shard;
    }
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SourceReader<T, Split> createReader(SourceReaderContext context) {
    return new Reader();
  }

  private final class Reader implements SourceReader<T, Split> {
    private final List<Split> splits = new ArrayList<>();
    private final List<SourceOutput<T>> outputs = new ArrayList<>();
    private final CompletableFuture<Void> assigned = new CompletableFuture<>();
    private int round;
    private int unread;
    private int turn;

    @Override
    public void start() {}

    @Override
    public InputStatus pollNext(ReaderOutput<T> output) {
      if (splits.isEmpty()) return InputStatus.NOTHING_AVAILABLE;
      if (unread == 0 && !begin(output)) return InputStatus.NOTHING_AVAILABLE;
      for (int i = 0; i < RECORDS_PER_POLL && unread > 0; i++) {
        if (++turn >= splits.size()) turn = 0;
        Split split = splits.get(turn);
        Rounds.Shard shard = Rounds.shards.get(split.shard);
        int[] ends = shard.ends();
        if (split.next >= ends.length) continue;
        int start = split.next == 0 ? 0 : ends[split.next - 1];
        int length = ends[split.next] - start;
        split.next++;
        outputs.get(turn).collect(parser.parse(shard.bytes(), start, length));
        if (split.next == ends.length) {
          unread--;
          Rounds.shardRead();
        }
      }
      return unread > 0 ? InputStatus.MORE_AVAILABLE : InputStatus.NOTHING_AVAILABLE;
    }

    private boolean begin(ReaderOutput<T> output) {
      if (Rounds.opened() == round) return false;
      round++;
      while (outputs.size() < splits.size()) {
        outputs.add(output.createOutputForSplit(splits.get(outputs.size()).splitId()));
      }
      for (Split split : splits) split.next = 0;
      unread = splits.size();
      return true;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      if (unread > 0) return CompletableFuture.completedFuture(null);
      return assigned.isDone() ? Rounds.after(round) : assigned;
    }

    @Override
    public List<Split> snapshotState(long checkpointId) {
      return splits.stream().map(split -> new Split(split.shard, split.next)).toList();
    }

    @Override
    public void addSplits(List<Split> added) {
      splits.addAll(added);
    }

    @Override
    public void notifyNoMoreSplits() {
      assigned.complete(null);
    }

    @Override
    public void close() {}
  }

  @Override
  public SplitEnumerator<Split, List<Split>> createEnumerator(
      SplitEnumeratorContext<Split> context) {
    return new Enumerator(shardCount, context);
  }

  @Override
  public SplitEnumerator<Split, List<Split>> restoreEnumerator(
      SplitEnumeratorContext<Split> context, List<Split> state) {
    return createEnumerator(context);
  }

  /** Deals the shards to the readers in turn. */
  private record Enumerator(int shardCount, SplitEnumeratorContext<Split> context)
      implements SplitEnumerator<Split, List<Split>> {
    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int reader, String host) {}

    @Override
    public void addSplitsBack(List<Split> splits, int reader) {
      throw new IllegalStateException("A round that failed can't be measured");
    }

    @Override
    public void addReader(int reader) {
      List<Split> splits = new ArrayList<>();
      for (int shard = reader; shard < shardCount; shard += context.currentParallelism()) {
        splits.add(new Split(shard, 0));
      }
      context.assignSplits(new SplitsAssignment<>(Map.of(reader, splits)));
      context.signalNoMoreSplits(reader);
    }

    @Override
    public List<Split> snapshotState(long checkpointId) {
      return List.of();
    }

    @Override
    public void close() {}
  }

  @Override
  public SimpleVersionedSerializer<Split> getSplitSerializer() {
    return new SplitSerializer();
  }

  private static final class SplitSerializer implements SimpleVersionedSerializer<Split> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(Split split) {
      return ByteBuffer.allocate(8).putInt(split.shard).putInt(split.next).array();
    }

    @Override
    public Split deserialize(int version, byte[] bytes) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      return new Split(buffer.getInt(), buffer.getInt());
    }
  }

  /** All splits are assigned at the start: there is nothing to keep. */
  @Override
  public SimpleVersionedSerializer<List<Split>> getEnumeratorCheckpointSerializer() {
    return new SimpleVersionedSerializer<>() {
      @Override
      public int getVersion() {
        return 1;
      }

      @Override
      public byte[] serialize(List<Split> splits) {
        return new byte[0];
      }

      @Override
      public List<Split> deserialize(int version, byte[] bytes) {
        return List.of();
      }
    };
  }
}
