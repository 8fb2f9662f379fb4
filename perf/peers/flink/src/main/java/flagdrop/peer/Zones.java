package flagdrop.peer;

import ch.hsr.geohash.BoundingBox;
import ch.hsr.geohash.GeoHash;
import ch.hsr.geohash.WGS84Point;
import java.util.ArrayList;
import java.util.List;

/** The zones of the preset "nyc", as the original asks for them and as numbers. */
final class Zones {
  static final List<GeoHash> NYC = around("dr72");
  static final List<GeoHash> JFK = around("dr5x0z");
  static final List<GeoHash> LGA = lga();
  static final double[] NYC_BOXES = boxes(NYC);
  static final double[] JFK_BOXES = boxes(JFK);
  static final double[] LGA_BOXES = boxes(LGA);

  private Zones() {}

  /** A cell and its eight neighbours. */
  private static List<GeoHash> around(String cell) {
    GeoHash centre = GeoHash.fromGeohashString(cell);
    List<GeoHash> cells = new ArrayList<>(List.of(centre.getAdjacent()));
    cells.add(centre);
    return cells;
  }

  private static List<GeoHash> lga() {
    List<GeoHash> cells = around("dr5rzjx");
    cells.add(GeoHash.fromGeohashString("dr5ryy"));
    cells.add(GeoHash.fromGeohashString("dr5rzn"));
    return cells;
  }

  private static double[] boxes(List<GeoHash> cells) {
    double[] boxes = new double[cells.size() * 4];
    int i = 0;
    for (GeoHash cell : cells) {
      BoundingBox box = cell.getBoundingBox();
      boxes[i++] = box.getMinLat();
      boxes[i++] = box.getMaxLat();
      boxes[i++] = box.getMinLon();
      boxes[i++] = box.getMaxLon();
    }
    return boxes;
  }

  /** The original's way. */
  static boolean contain(List<GeoHash> zone, double lat, double lon) {
    return zone.stream().anyMatch(cell -> cell.contains(new WGS84Point(lat, lon)));
  }

  /** The same, tuned. */
  static boolean contain(double[] boxes, double lat, double lon) {
    for (int i = 0; i < boxes.length; i += 4) {
      if (lat >= boxes[i] && lat <= boxes[i + 1] && lon >= boxes[i + 2] && lon <= boxes[i + 3]) {
        return true;
      }
    }
    return false;
  }

  static String geohash(double lat, double lon) {
    return GeoHash.geoHashStringWithCharacterPrecision(lat, lon, 6);
  }

  static boolean inRange(double lat, double lon) {
    return Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  }
}
