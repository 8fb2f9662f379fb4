package flagdrop.peer;

import java.io.Serializable;

/** Makes an event of a record's bytes. */
interface RecordParser<T> extends Serializable {
  T parse(byte[] bytes, int start, int length);
}
